"""RBAC policies. Source: neutron/extensions/rbac.py of Neutron 29; policies about QoS are not served."""

from __future__ import annotations

import uuid
from typing import Any

from marshmallow import Schema

from libs.commands import NewRbacPolicy
from libs.errors.rbac_policy import bad_object_type, bad_target
from libs.network.rbac_policy import ACTIONS, EVERYBODY
from services.api.schemas.fields import ReadOnly, Value, shown, text, to_text, to_uuid
from services.api.schemas.form import Form


def to_object_type(value: Any) -> str:
    """A kind that can be shared. Raises Refusal 400."""
    kind = value.strip().lower() if isinstance(value, str) else ""
    if kind not in ACTIONS:
        raise bad_object_type(shown(value))
    return str(kind)


def to_target(value: Any) -> str:
    """A project's id, in any of the spellings of a UUID, or `*`. Raises Refusal 400."""
    target = str(text()(value))
    try:
        if target != EVERYBODY:
            uuid.UUID(target)
    except ValueError:
        raise bad_target(shown(value)) from None
    return target


class RbacPolicySchema(Schema):
    """Every attribute of an RBAC policy."""

    id = ReadOnly()
    tenant_id = Value(to_text, put=False)
    project_id = Value(to_text, put=False)
    object_type = Value(to_object_type, required=True, put=False)
    object_id = Value(to_uuid, required=True, put=False)
    action = Value(to_text, required=True, put=False)
    target_project = Value(to_target, data_key="target_tenant", required=True)


FORM = Form("rbac_policy", RbacPolicySchema)


def new_rbac_policy(id: str, project_id: str, sent: dict[str, Any]) -> NewRbacPolicy:
    """One policy to make."""
    rest = {name: value for name, value in sent.items() if name not in ("tenant_id", "project_id")}
    return NewRbacPolicy(id, project_id, **rest)
