"""A port's extra DHCP options: what a wish makes of them. Rules: Neutron's db/extradhcpopt_db.py, with limits of our own."""

from __future__ import annotations

from collections.abc import Iterable

from libs.commands import WantedDhcpOption
from libs.errors import invalid_input
from libs.model import DhcpOption
from libs.network.dhcp_options import MAX_BYTES, MAX_OPTIONS, code_of, coded


def merged(present: tuple[DhcpOption, ...], wanted: Iterable[WantedDhcpOption]) -> tuple[DhcpOption, ...]:
    """The options after these wishes: a named one is set, or taken away by None; others stay as they are. Raises 400."""
    options = {(one.name, one.ip_version): one for one in present}
    named = set()
    for wish in wanted:
        key = (wish.name, wish.ip_version)
        if key in named:
            raise invalid_input(f"extra_dhcp_opts names {wish.name} twice")
        named.add(key)
        if wish.value is None:
            options.pop(key, None)
        else:
            options[key] = _checked(DhcpOption(wish.name, wish.value, wish.ip_version))
    out = tuple(options.values())
    if named:
        _check_all(out)
    return out


def _checked(option: DhcpOption) -> DhcpOption:
    try:
        coded(option)
    except ValueError as error:
        raise invalid_input(f"extra_dhcp_opts {option.name[:64]!r}: {error}") from None
    return option


def _check_all(options: tuple[DhcpOption, ...]) -> None:
    """Together they are not too many, not too large, and none is there under its name and under its number."""
    if len(options) > MAX_OPTIONS:
        raise invalid_input(f"more than {MAX_OPTIONS} extra_dhcp_opts on a port")
    if sum(len(one.name.encode()) + len(one.value.encode()) for one in options) > MAX_BYTES:
        raise invalid_input(f"extra_dhcp_opts of more than {MAX_BYTES} bytes on a port")
    codes = [(code_of(one.name, one.ip_version), one.ip_version) for one in options]
    for one, code in zip(options, codes, strict=True):
        if codes.count(code) > 1:
            raise invalid_input(f"extra_dhcp_opts hold option {one.name} under another name too")
