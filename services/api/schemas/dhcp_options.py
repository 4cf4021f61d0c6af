"""extra_dhcp_opts of a port. Source: neutron_lib.api.definitions.extra_dhcp_opt; what a value may be is the decision's."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError

from libs.commands import WantedDhcpOption
from libs.network.dhcp_options import MAX_NAME, MAX_OPTIONS, MAX_VALUE
from services.api.schemas.fields import shown, text, to_ip_version

_KEYS = {"opt_name", "opt_value", "ip_version"}
_to_name, _to_value = text(MAX_NAME), text(MAX_VALUE)


def to_dhcp_options(value: Any) -> tuple[WantedDhcpOption, ...]:
    """Wishes for options; null is none. A null as opt_value takes the option away."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise ValidationError(f"'{shown(value)}' is not a list")
    if len(value) > 2 * MAX_OPTIONS:  # a change may take as many away as it adds
        raise ValidationError(f"More than {2 * MAX_OPTIONS} extra_dhcp_opts")
    return tuple(_wanted(one) for one in value)


def _wanted(one: Any) -> WantedDhcpOption:
    if not isinstance(one, dict):
        raise ValidationError(f"'{shown(one)}' is not a dictionary")
    if one.keys() - _KEYS or not one.keys() >= {"opt_name", "opt_value"}:
        raise ValidationError(
            f"Validation of dictionary's keys failed. Expected keys: {sorted(_KEYS)} Provided keys: {shown(sorted(one))}"
        )
    name = _to_name(one["opt_name"])
    if not name.strip():
        raise ValidationError(f"'{shown(name)}' Blank strings are not permitted")
    value = None if one["opt_value"] is None else _to_value(one["opt_value"])
    return WantedDhcpOption(name, value, to_ip_version(one.get("ip_version", 4)))
