"""IP protocols by name and number, as security group rules name them. Pure.

Source: neutron_lib.constants.IP_PROTOCOL_MAP; names are IANA's, `icmpv6` is the older name of `ipv6-icmp`.
"""

from __future__ import annotations

from collections.abc import Mapping

NUMBERS: Mapping[str, int] = {
    "ah": 51,
    "dccp": 33,
    "egp": 8,
    "esp": 50,
    "gre": 47,
    "hopopt": 0,
    "icmp": 1,
    "igmp": 2,
    "ip": 0,
    "ipip": 4,
    "ipv6-encap": 41,
    "ipv6-frag": 44,
    "ipv6-icmp": 58,
    "icmpv6": 58,
    "ipv6-nonxt": 59,
    "ipv6-opts": 60,
    "ipv6-route": 43,
    "ospf": 89,
    "pgm": 113,
    "rsvp": 46,
    "sctp": 132,
    "tcp": 6,
    "udp": 17,
    "udplite": 136,
    "vrrp": 112,
}
"""{name: number}"""

WITH_PORTS: Mapping[str, int] = {name: NUMBERS[name] for name in ("dccp", "sctp", "tcp", "udp", "udplite")}
"""{name: number} of those that have ports."""

ICMP, ICMPV6 = 1, 58
ONLY_IPV6 = frozenset((41, 44, 58, 59, 60, 43))
"""Numbers of protocols that make sense in IPv6 alone."""


def number_of(protocol: str) -> int:
    """The number of a protocol given by name or number. Raises ValueError for what is neither."""
    return NUMBERS[protocol] if protocol in NUMBERS else int(protocol)


def shown_protocol(protocol: str | None, ethertype: str) -> str | None:
    """`protocol` as a rule shows it: the ICMP of IPv6 under its own name or number, whichever was sent."""
    if ethertype == "IPv6" and protocol in ("icmp", "icmpv6"):
        return "ipv6-icmp"
    if ethertype == "IPv6" and protocol == str(ICMP):
        return str(ICMPV6)
    return protocol
