"""Subnet pools: core attributes, address-scope's and the standard attributes; bodies of their actions."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError

from libs.commands import NewSubnetPool
from libs.errors import bad_request
from libs.model import canonical_cidr
from services.api.schemas.fields import (
    ReadOnly,
    Value,
    shown,
    to_bool,
    to_name,
    to_natural,
    to_text,
    to_uuid_or_none,
)
from services.api.schemas.form import Form, refused

PREFIXES = 1000
"""The most prefixes that a request may name."""


def to_prefixes(value: Any) -> tuple[str, ...]:
    """A list of CIDRs, without doubles; host bits are no mistake and are cleared later, with the merging."""
    if not isinstance(value, list):
        raise ValidationError(f"'{shown(value)}' is not a list")
    if len(value) > PREFIXES:
        raise ValidationError(f"More than {PREFIXES} prefixes")
    seen: dict[str, None] = {}
    for one in value:
        if isinstance(one, str) and one in seen:
            raise ValidationError(f"Duplicate items in the list: '{shown(one)}'")
        seen[_prefix(one)] = None
    return tuple(seen)


def _prefix(value: Any) -> str:
    try:
        return canonical_cidr(value if isinstance(value, str) and len(value) <= 64 else "")
    except ValueError:
        raise ValidationError(f"'{shown(value)}' is not a valid IP subnet") from None


def to_given_name(value: Any) -> str:
    """A name that says something."""
    name = to_name(value) if isinstance(value, str) and value.strip() else to_text(value)
    if not name.strip():
        raise ValidationError(f"'{shown(value)}' Blank strings are not permitted")
    return name


class SubnetPoolSchema(Schema):
    """Every attribute of a subnet pool; read-only ones can never be sent."""

    id = ReadOnly()
    name = Value(to_given_name, required=True)
    tenant_id = Value(to_text, put=False)
    project_id = Value(to_text, put=False)
    prefixes = Value(to_prefixes, required=True)
    default_quota = Value(to_natural)
    ip_version = ReadOnly()
    default_prefixlen = Value(to_natural)
    min_prefixlen = Value(to_natural)
    max_prefixlen = Value(to_natural)
    is_default = Value(to_bool)
    shared = Value(to_bool, put=False)
    address_scope_id = Value(to_uuid_or_none)
    description = Value(to_text)
    created_at = ReadOnly()
    updated_at = ReadOnly()
    revision_number = ReadOnly()
    tags = ReadOnly()


FORM = Form("subnetpool", SubnetPoolSchema)


def new_subnetpool(id: str, project_id: str, sent: dict[str, Any]) -> NewSubnetPool:
    """One subnet pool to make."""
    rest = {name: value for name, value in sent.items() if name not in ("tenant_id", "project_id")}
    return NewSubnetPool(subnetpool_id=id, project_id=project_id, **rest)


def to_changed_prefixes(body: Any) -> tuple[str, ...]:
    """The prefixes of `{"prefixes": [..]}`. Raises Refusal 400."""
    prefixes = body.get("prefixes") if isinstance(body, dict) else None
    if not prefixes or not isinstance(prefixes, list):
        raise bad_request("Request body contains invalid data")
    try:
        return to_prefixes(prefixes)
    except ValidationError as error:
        raise refused(error, "prefixes") from None
