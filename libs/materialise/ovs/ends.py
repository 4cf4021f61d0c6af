"""What another host's agent tells of its tunnel end, looked at before it is believed: that host may be in bad hands. Pure."""

from __future__ import annotations

from ipaddress import ip_address

from libs.model import canonical_ip, canonical_mac


def tunnel_address(told: object) -> str:
    """The address in its canonical form; empty when it is none that a tunnel could go to."""
    try:
        address = canonical_ip(told) if isinstance(told, str) else ""
    except ValueError:
        return ""
    if not address:
        return ""
    ip = ip_address(address)
    return "" if ip.is_multicast or ip.is_loopback or ip.is_unspecified else address


def tunnel_mac(told: object) -> str:
    """The MAC in its canonical form; empty when it is none."""
    try:
        return canonical_mac(told) if isinstance(told, str) else ""
    except ValueError:
        return ""
