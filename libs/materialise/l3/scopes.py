"""Which of a router's devices are in one address scope. Pure; the rules are Neutron's (agent/l3/router_info.py)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from libs.materialise.l3.desired import View
from libs.materialise.l3.objects import Device, Scopes


def scopes(view: View, outside: Device | None, inside: Iterable[Device]) -> Scopes:
    """Networks without an address scope are in one with each other; from that, too, guests leave translated."""
    inner = list(inside)
    devices = [*([outside] if outside else []), *inner]
    networks = {one.port_id: one.network_id for one in view.router.interfaces}
    if view.router.gateway is not None:
        networks[view.router.gateway.port_id] = view.router.gateway.network_id
    four, six = ({one.name: _scope(view, networks[one.port_id], version) for one in devices} for version in (4, 6))
    own = four[outside.name] if outside else ""
    return Scopes(_apart(four), _apart(six), tuple(sorted(one.name for one in inner if own and four[one.name] == own)))


def _scope(view: View, network_id: str, ip_version: int) -> str:
    """The network's address scope, empty for none."""
    network = view.networks.get(network_id)
    return (network.address_scope(ip_version) if network else None) or ""


def _apart(scope_of: Mapping[str, str]) -> tuple[tuple[str, ...], ...]:
    """The devices {name: scope} by scope; none when there is nothing to keep apart."""
    found: dict[str, list[str]] = {}
    for name in sorted(scope_of):
        found.setdefault(scope_of[name], []).append(name)
    return tuple(sorted(tuple(one) for one in found.values())) if len(found) > 1 else ()
