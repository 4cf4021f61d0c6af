"""Address scopes."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema

from libs.commands import NewAddressScope
from services.api.schemas.fields import ReadOnly, Value, to_bool, to_ip_version, to_name, to_text
from services.api.schemas.form import Form


class AddressScopeSchema(Schema):
    """Every attribute of an address scope; read-only ones can never be sent."""

    id = ReadOnly()
    name = Value(to_name)
    tenant_id = Value(to_text, put=False)
    project_id = Value(to_text, put=False)
    shared = Value(to_bool)
    ip_version = Value(to_ip_version, required=True, put=False)


FORM = Form("address_scope", AddressScopeSchema)


def new_address_scope(id: str, project_id: str, sent: dict[str, Any]) -> NewAddressScope:
    """One address scope to make."""
    rest = {name: value for name, value in sent.items() if name not in ("tenant_id", "project_id")}
    return NewAddressScope(address_scope_id=id, project_id=project_id, **rest)
