"""Which ports a subnet serves, as neutron_lib reads it: device owners, or the beginning of one."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError

from libs.errors import Refusal, bad_request
from services.api.schemas.fields import shown, to_text

TYPES = 50
"""The most service types that a subnet may have."""

_BEGINNINGS = ("network:", "neutron:", "compute:")


def to_service_types(value: Any) -> tuple[str, ...]:
    """A list of device owners without doubles; nothing at all is none. Raises Refusal 400."""
    if not value:
        return ()
    if not isinstance(value, list):
        raise bad_request("Subnet service types must be a list.")
    if len(value) > TYPES:
        raise ValidationError(f"More than {TYPES} service types")
    return tuple(dict.fromkeys(_service_type(one) for one in value))


def _service_type(value: Any) -> str:
    if not isinstance(value, str):
        text = f"Subnet service type {shown(value)} is not a string."
        raise Refusal(400, "InvalidInputSubnetServiceType", text)
    if not value.startswith(_BEGINNINGS):
        text = f"Subnet service type {shown(value)} does not correspond to a valid device owner."
        raise Refusal(400, "InvalidSubnetServiceType", text)
    return str(to_text(value))
