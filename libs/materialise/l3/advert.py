"""What a router advertises on its IPv6 interfaces, as values and as radvd's configuration. Pure; the rules are Neutron's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SLAAC, STATELESS, STATEFUL = "slaac", "dhcpv6-stateless", "dhcpv6-stateful"
_INTERVAL = (30, 100)  # seconds between two unasked advertisements


@dataclass(frozen=True, slots=True, order=True)
class Prefix:
    """An on-link prefix; autonomous: guests make their address on it themselves."""

    cidr: str
    autonomous: bool


@dataclass(frozen=True, slots=True)
class Advert:
    """One interface's advertisement. managed: guests ask DHCPv6 for an address; other: for the rest. Make it of checked values."""

    device: str
    mtu: int
    managed: bool
    other: bool
    prefixes: tuple[Prefix, ...]
    rdnss: tuple[str, ...] = ()


def text_of(adverts: Iterable[Advert]) -> str:
    """radvd's configuration, empty for no adverts."""
    return "\n".join("\n".join(_lines(one)) + "\n" for one in adverts)


def _lines(advert: Advert) -> list[str]:
    lines = [f"interface {advert.device}", "{", "    AdvSendAdvert on;"]
    lines += [f"    MinRtrAdvInterval {_INTERVAL[0]};", f"    MaxRtrAdvInterval {_INTERVAL[1]};"]
    lines += [f"    AdvLinkMTU {advert.mtu};"]
    lines += [f"    AdvManagedFlag {_flag(advert.managed)};", f"    AdvOtherConfigFlag {_flag(advert.other)};"]
    for prefix in advert.prefixes:
        lines += [f"    prefix {prefix.cidr}", "    {"]
        lines += ["        AdvOnLink on;", f"        AdvAutonomous {_flag(prefix.autonomous)};", "    };"]
    if advert.rdnss:
        lines += [f"    RDNSS {' '.join(advert.rdnss)}", "    {", "    };"]
    return [*lines, "};"]


def _flag(value: bool) -> str:
    return "on" if value else "off"
