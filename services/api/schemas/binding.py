"""A port's further bindings (binding-extended)."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError

from services.api.schemas.fields import ReadOnly, Value, one_of, shown, to_text
from services.api.schemas.form import Form
from services.api.schemas.lists import to_profile
from services.api.schemas.port import VNIC_TYPES


def to_host_name(value: Any) -> str:
    """A host's name, not empty."""
    host = to_text(value)
    if not host.strip():
        raise ValidationError(f"'{shown(value)}' Blank strings are not permitted")
    return host


class BindingSchema(Schema):
    """Every attribute of a binding; read-only ones can never be sent."""

    host = Value(to_host_name, required=True)
    vif_type = ReadOnly()
    vif_details = ReadOnly()
    vnic_type = Value(one_of(*VNIC_TYPES))
    profile = Value(to_profile)
    status = ReadOnly()
    project_id = Value(to_text, put=False)


FORM = Form("binding", BindingSchema)
