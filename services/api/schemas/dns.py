"""DNS names as they may be sent. Source: neutron_lib.api.validators.dns."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError

from libs.errors import invalid_input
from libs.network.dns import FQDN_SIZE, flaw
from services.api.schemas.fields import shown

_BELOW, _ABOVE = FQDN_SIZE - 3, FQDN_SIZE - 2  # room for a domain above, for a name below


def to_dns_name(value: Any) -> str:
    """A port's: in lower case; empty for none. Whether it fits the domain is said where that is known."""
    name = _lower(value)
    _check(name)
    return name


def to_floating_dns_name(value: Any) -> str:
    """A floating IP's: one that is not whole; empty for none."""
    name = _lower(value)
    if name.endswith("."):
        raise ValidationError(f"'{shown(name)}' is a FQDN. It should be a relative domain name")
    _check(name)
    if len(name) > _BELOW:
        raise _too_long(name, "domain name")
    return name


def to_dns_domain(value: Any) -> str:
    """A domain, whole; empty for none."""
    name = _lower(value)
    if name and not name.endswith("."):
        raise ValidationError(f"'{shown(name)}' is not a FQDN")
    _check(name)
    if len(name) > _ABOVE:
        raise _too_long(name, "sub-domain")
    return name


def _too_long(name: str, what: str) -> ValidationError:
    return ValidationError(
        f"'{name}' contains {len(name)} characters. Adding a {what} will cause it to exceed the maximum length of a FQDN"
        f" of '{FQDN_SIZE}'"
    )


def _lower(value: Any) -> str:
    if not isinstance(value, str):
        raise invalid_input(f"Input value {shown(value)} must be string type")
    return value.lower()


def _check(name: str) -> None:
    wrong = flaw(name) if name else ""
    if wrong:
        raise ValidationError(f"'{shown(name)}' not a valid PQDN or FQDN. Reason: {wrong}")
