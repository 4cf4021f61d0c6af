"""What the log says about the routers of one host, kept up to date event by event; each event says which keys it made dirty. Pure.

Events of one stream come in order; streams may interleave in any way, and what was taken in before does nothing when it comes again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from libs.eventlog.protocol import Recorded
from libs.materialise.l3.streams import Change, Streams
from libs.model import ROUTER_GATEWAY_OWNER, ROUTER_INTERFACE_OWNER, is_uuid
from libs.network.floatingip import FloatingIp
from libs.network.network import Network
from libs.network.port import Port
from libs.network.router import Router
from libs.network.subnet import Subnet

GUESTS = "guests"  # the part of a router that is whom it knows inside
Key = tuple[str, str]  # (router_id, part), part empty for the router as a whole
_OWNERS = (ROUTER_INTERFACE_OWNER, ROUTER_GATEWAY_OWNER)
_GUEST_OWNERS = ("compute:", "baremetal:")


@dataclass(frozen=True, slots=True)
class View:
    """One router with all it is joined to: its own ports, networks, and the subnets on them, by id; floating IPs in order of id."""

    router: Router
    ports: Mapping[str, Port]
    networks: Mapping[str, Network]
    subnets: Mapping[str, Subnet]
    floatingips: tuple[FloatingIp, ...]


class Desired:
    """The routers of one host's feed."""

    def __init__(self) -> None:
        self._streams = Streams()
        self._joined: dict[str, set[str]] = {}  # {network_id: routers on it}
        self._members: dict[tuple[str, str], set[str]] = {}  # {(kind, network_id): subnets or ports on it}
        self._floating: dict[str, set[str]] = {}  # {router_id: floating IPs by way of it}

    @property
    def ports(self) -> frozenset[str]:
        """Ids of the ports that anything is known of."""
        return frozenset(self._streams.things["port"])

    @property
    def routers(self) -> frozenset[str]:
        """Ids of the routers that anything is known of."""
        return frozenset(self._streams.things["router"])

    def view(self, router_id: str) -> View | None:
        """The router as it is now, None when it does not exist."""
        things = self._streams.things
        router: Router | None = things["router"].get(router_id)
        if router is None:
            return None
        networks = _networks(router)
        subnet_ids = {id for one in networks for id in self._members.get(("subnet", one), ())}
        return View(
            router,
            {id: things["port"][id] for id in router.port_ids if id in things["port"]},
            {id: things["network"][id] for id in networks if id in things["network"]},
            {id: things["subnet"][id] for id in sorted(subnet_ids)},
            tuple(things["floatingip"][id] for id in sorted(self._floating.get(router_id, ()))),
        )

    def guests(self, router_id: str) -> dict[str, tuple[str, str]]:
        """{fixed address: (instance id, project id)} of the servers on the subnets that the router is attached to. Those addresses
        are unique there; another subnet of the same network may hold them a second time."""
        things = self._streams.things
        router: Router | None = things["router"].get(router_id)
        if router is None:
            return {}
        subnets = {one.subnet_id for one in router.interfaces}
        networks = {one.network_id for one in router.interfaces}
        found: dict[str, tuple[str, str]] = {}
        for port_id in sorted({id for one in networks for id in self._members.get(("port", one), ())}):
            port: Port = things["port"][port_id]
            if is_uuid(port.device_id) and port.device_owner.startswith(_GUEST_OWNERS):
                told = (port.device_id, port.project_id)
                found |= {one.ip_address: told for one in port.fixed_ips if one.subnet_id in subnets}
        return found

    def forget(self, scopes: Iterable[str] | None = None) -> frozenset[Key]:
        """Drop these networks and routers (None: all); their events will come anew. Returns the dirty keys."""
        return frozenset(key for change in self._streams.forget(scopes) for key in self._changed(change))

    def held(self, scopes: frozenset[str]) -> None:
        """The host is in these scopes; ports of other networks, known by their groups, are ignored from now on."""
        self._streams.held(scopes)

    def take(self, recorded: Recorded) -> frozenset[Key]:
        """Take in one event; returns the dirty keys, none for what does not concern routers."""
        change = self._streams.take(recorded)
        return self._changed(change) if change is not None else frozenset()

    def _changed(self, change: Change) -> frozenset[Key]:
        keys = {
            key for state in (change.before, change.after) if state is not None for key in self._keys(change, state)
        }
        for shelf, place in self._places(change.kind, change.before):
            shelf[place].discard(change.id)
            if not shelf[place]:
                del shelf[place]
        for shelf, place in self._places(change.kind, change.after):
            shelf.setdefault(place, set()).add(change.id)
        return frozenset(keys)

    def _places(self, kind: str, state: Any) -> list[tuple[dict[Any, set[str]], Any]]:
        """(index, key) under which it is found; nothing for what is not there."""
        if state is None:
            return []
        if kind == "router":
            return [(self._joined, network_id) for network_id in _networks(state)]
        if kind in ("subnet", "port"):
            return [(self._members, (kind, state.network_id))]
        if kind == "floatingip" and state.target is not None:
            return [(self._floating, state.target.router_id)]
        return []

    def _keys(self, change: Change, state: Any) -> set[Key]:
        """What a thing that is, or was, like this makes dirty."""
        if change.kind == "router":
            return {(change.id, "")}
        if change.kind == "floatingip":
            return {(state.target.router_id, "")} if state.target is not None else set()
        if change.kind != "port":
            return {
                (id, "") for id in self._joined.get(change.id if change.kind == "network" else state.network_id, ())
            }
        if _told(change.before) == _told(change.after):
            return set()
        if state.device_owner in _OWNERS:
            return {(state.device_id, "")}
        return {(id, GUESTS) for id in self._joined.get(state.network_id, ())}


def _networks(router: Router) -> list[str]:
    """Ids of the networks it is on, the external one first."""
    outside = [router.gateway.network_id] if router.gateway else []
    return list(dict.fromkeys([*outside, *(one.network_id for one in router.interfaces)]))


def _told(port: Port | None) -> object:
    """What of a port matters to a router."""
    if port is None:
        return None
    return port.mac_address, port.device_owner, port.device_id, port.project_id, port.fixed_ips
