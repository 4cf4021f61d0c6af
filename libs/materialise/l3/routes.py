"""A router's routes beside those to its own subnets, which the kernel makes. Pure; the rules are Neutron's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netaddr import IPAddress, IPNetwork

from libs.materialise.checked import Unrepresentable, checked_cidr, checked_ip
from libs.materialise.l3.desired import View
from libs.materialise.l3.objects import Device, Route

_ANY = {4: "0.0.0.0/0", 6: "::/0"}
_Links = Sequence[tuple[IPNetwork, str]]  # (subnet, the device that leads to it)


def routes(view: View, outside: Device | None, inside: Iterable[Device], refused: list[str]) -> tuple[Route, ...]:
    """By destination: the external network's other subnets (on-link), the default by its gateway, and over these the user's own, of
    which the last one for a destination counts. What could not be reached is left out."""
    links = [(IPNetwork(cidr).cidr, one.name) for one in inside for cidr in one.addresses]
    found = {}
    if outside is not None:
        found = {one.destination: one for one in _outward(view, outside, links, refused)}
        links += [(IPNetwork(cidr).cidr, outside.name) for cidr in outside.addresses]
    reached = [*links, *((IPNetwork(one.destination), one.device) for one in found.values() if not one.gateway)]
    found |= {one.destination: one for one in _extra(view, reached, links, refused)}
    return tuple(sorted(found.values()))


def _outward(view: View, outside: Device, inside: _Links, refused: list[str]) -> Iterable[Route]:
    """On-link routes to what is on the external network, and a default route for each IP version."""
    gateway = view.router.gateway
    assert gateway is not None
    own = {one.subnet_id for one in gateway.fixed_ips}
    defaults: set[int] = set()
    for subnet in view.subnets.values():
        if subnet.network_id != gateway.network_id:
            continue
        try:
            network = checked_cidr(subnet.cidr, subnet.ip_version)
            via = checked_ip(subnet.gateway_ip, subnet.ip_version) if subnet.gateway_ip else ""
        except Unrepresentable as error:
            refused.append(f"subnet {subnet.id!r}: {error}")
            continue
        if subnet.id not in own:
            if not any(network in one or one in network for one, _ in inside):
                yield Route(str(network), "", outside.name)
        elif via and network.version not in defaults:
            defaults.add(network.version)
            if IPAddress(via) not in network and not IPAddress(via).is_link_local():
                yield Route(str(IPNetwork(via)), "", outside.name)
            yield Route(_ANY[network.version], via, outside.name)


def _extra(view: View, reached: _Links, own: _Links, refused: list[str]) -> Iterable[Route]:
    """The user's own routes."""
    for one in view.router.routes:
        version = 6 if ":" in one.destination else 4
        try:
            destination, nexthop = checked_cidr(one.destination, version), checked_ip(one.nexthop, version)
        except Unrepresentable as error:
            refused.append(f"route to {one.destination!r}: {error}")
            continue
        device = next((device for network, device in reached if IPAddress(nexthop) in network), None)
        if device is None or any(destination == network for network, _ in own):
            refused.append(f"route to {destination} by {nexthop}: not to be reached on any subnet of the router")
            continue
        yield Route(str(destination), nexthop, device)
