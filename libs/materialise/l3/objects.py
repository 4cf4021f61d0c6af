"""What running one router puts on a host, as values; and how these things are named. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from libs.materialise.l3.advert import Advert
from libs.materialise.namespaces import namespace_name

NAMESPACE_PREFIX = "qrouter-"
INSIDE, OUTSIDE = "qr-", "qg-"  # how devices are named, by where they lead


@dataclass(frozen=True, slots=True)
class Place:
    """The host that runs routers. folder: absolute, holds a folder per router."""

    host: str
    folder: str
    namespace_suffix: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """A port of the router: a veth whose `tap` end is plugged into the switch and whose `name` end is in the namespace.

    addresses: CIDRs in order, without those of floating IPs."""

    port_id: str
    tap: str
    name: str
    mac: str
    mtu: int
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class Route:
    """destination: a CIDR; gateway empty for on-link."""

    destination: str
    gateway: str
    device: str


@dataclass(frozen=True, slots=True)
class Scopes:
    """Between which devices nothing passes: their names by address scope, each scope's in order, for IPv4 and IPv6; empty when all
    are in one. routed: those inside whose guests leave untranslated, since the external network is in their IPv4 address scope."""

    four: tuple[tuple[str, ...], ...] = ()
    six: tuple[tuple[str, ...], ...] = ()
    routed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Nat:
    """How addresses are translated. floating {floating address: fixed address}. gateway: the router's own IPv4 address outside, empty
    for none; snat: guests without a floating IP leave under it. scopes: what passes at all."""

    gateway: str = ""
    snat: bool = False
    floating: Mapping[str, str] = field(default_factory=dict)
    scopes: Scopes = Scopes()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Everything that must be there for one router. on: whether it forwards at all. floatingips {floating IP's id: (floating
    address, fixed address)} that work by way of it. refused: why values were left out, for the log."""

    router_id: str
    namespace: str
    folder: str
    on: bool
    devices: tuple[Device, ...]
    routes: tuple[Route, ...]
    nat: Nat
    adverts: tuple[Advert, ...]
    floatingips: Mapping[str, tuple[str, str]]
    refused: tuple[str, ...] = ()

    @property
    def outside(self) -> Device | None:
        """The gateway's device."""
        return next((one for one in self.devices if one.name.startswith(OUTSIDE)), None)

    @property
    def taps(self) -> frozenset[str]:
        """The switch's ends."""
        return frozenset(one.tap for one in self.devices)

    def addresses(self, device: Device) -> tuple[str, ...]:
        """All of the device's CIDRs, those of floating IPs too."""
        if device != self.outside:
            return device.addresses
        return (*device.addresses, *(f"{floating}/32" for floating in self.nat.floating))


def namespace_of(router_id: str, place: Place) -> str:
    """`qrouter-<router_id><suffix>`."""
    return namespace_name(NAMESPACE_PREFIX, router_id, place.namespace_suffix)


def folder_of(namespace: str, place: Place) -> str:
    """The folder of the router with that namespace; named like it, so that lab hosts may share one state folder."""
    return f"{place.folder}/{namespace}"


def sysctls(on: bool) -> list[tuple[str, str]]:
    """The namespace's: it forwards when on; it answers ARP for an address only where it is, and knows no martian sources."""
    flag = "1" if on else "0"
    return [  # ip_forward first: a change of it resets others
        ("net.ipv4.ip_forward", flag),
        ("net.ipv6.conf.all.forwarding", flag),
        ("net.ipv4.conf.all.arp_ignore", "1"),
        ("net.ipv4.conf.all.arp_announce", "2"),
        ("net.ipv4.conf.all.rp_filter", "2"),
    ]
