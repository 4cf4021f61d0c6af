"""Address groups: core attributes and the standard attributes."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError

from libs.commands import NewAddressGroup
from libs.errors import bad_request
from services.api.schemas.fields import ReadOnly, Value, text, to_name, to_text
from services.api.schemas.form import Form, refused
from services.api.schemas.security_values import to_subnets


class AddressGroupSchema(Schema):
    """Every attribute of an address group; read-only ones can never be sent."""

    id = ReadOnly()
    name = Value(to_name)
    description = Value(text(1024))
    tenant_id = Value(to_text, put=False)
    project_id = Value(to_text, put=False)
    addresses = Value(to_subnets, put=False)
    created_at = ReadOnly()
    updated_at = ReadOnly()
    revision_number = ReadOnly()


FORM = Form("address_group", AddressGroupSchema)


def new_address_group(id: str, project_id: str, sent: dict[str, Any]) -> NewAddressGroup:
    """One address group to make."""
    rest = {name: value for name, value in sent.items() if name not in ("tenant_id", "project_id")}
    return NewAddressGroup(id, project_id, **rest)


def to_addresses(body: Any) -> tuple[str, ...]:
    """The CIDRs of `{"addresses": [..]}`, bare or inside `address_group`. Raises Refusal 400."""
    inner = body.get("address_group", body) if isinstance(body, dict) else None
    if not isinstance(inner, dict) or not inner.get("addresses"):
        raise bad_request("Body contains invalid data")
    extra = inner.keys() - {"addresses"}
    if extra:
        raise bad_request(f"Unrecognized attribute(s) '{', '.join(sorted(map(str, extra)))[:1000]}'")
    try:
        return to_subnets(inner["addresses"])
    except ValidationError as error:
        raise refused(error, "addresses") from None
