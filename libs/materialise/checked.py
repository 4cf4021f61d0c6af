"""Values as generated text may hold them: checked by type, canonical, or refused. Pure."""

from __future__ import annotations

from netaddr import IPAddress, IPNetwork

from libs.model import canonical_cidr, canonical_ip, canonical_mac, is_uuid


class Unrepresentable(ValueError):
    """A value that no line can hold safely."""


def checked_ip(text: object, ip_version: int = 0) -> str:
    """A canonical address of that version (0: any). Raises Unrepresentable."""
    try:
        address = canonical_ip(text)  # type: ignore[arg-type]
    except ValueError as error:
        raise Unrepresentable(str(error)) from None
    if ip_version and IPAddress(address).version != ip_version:
        raise Unrepresentable(f"'{address}' is not an IPv{ip_version} address")
    return address


def checked_cidr(text: object, ip_version: int) -> IPNetwork:
    """A network of that version. Raises Unrepresentable."""
    try:
        network = IPNetwork(canonical_cidr(text))  # type: ignore[arg-type]
    except ValueError as error:
        raise Unrepresentable(str(error)) from None
    if network.version != ip_version:
        raise Unrepresentable(f"'{network}' is not an IPv{ip_version} subnet")
    return network


def checked_mac(text: object) -> str:
    """A canonical unicast MAC. Raises Unrepresentable."""
    try:
        return canonical_mac(text)  # type: ignore[arg-type]
    except ValueError as error:
        raise Unrepresentable(str(error)) from None


def checked_id(text: object) -> str:
    """A lower-case UUID, fit for a file or namespace name. Raises Unrepresentable."""
    if not is_uuid(text):
        raise Unrepresentable(f"{text!r} is not an id")
    return str(text)
