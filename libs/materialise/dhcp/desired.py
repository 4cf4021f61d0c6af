"""What one host's DHCP should be, kept up to date event by event; each event says which keys it made dirty. Pure.

Events of one stream come in order; streams may interleave in any way, and what was taken in before does nothing when it comes again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from libs.chain import is_foreign
from libs.eventlog.protocol import Recorded
from libs.materialise.dhcp.model import BIRTHS, STEPS, Network, Port, Subnet, Thing
from libs.model import DHCP_OWNER, ROUTER_INTERFACE_OWNER

Key = tuple[str, str]  # (network_id, port_id), port_id empty for the network as a whole
_ENDED_KEPT = 10_000
_OF_THE_NETWORK = (DHCP_OWNER, ROUTER_INTERFACE_OWNER)  # whose ports change what all guests are told


@dataclass(frozen=True, slots=True)
class View:
    """One network with all that is on it: subnets by id, `ports` {port_id: Port}."""

    network: Network
    subnets: tuple[Subnet, ...]
    ports: Mapping[str, Port]


@dataclass(slots=True)
class _Scope:
    """What is held of one network; `streams` {stream: version taken in}."""

    network: Network | None = None
    subnets: dict[str, Subnet] = field(default_factory=dict)
    ports: dict[str, Port] = field(default_factory=dict)
    streams: dict[str, int] = field(default_factory=dict)


class Desired:
    """The networks of one host's feed."""

    def __init__(self) -> None:
        self._scopes: dict[str, _Scope] = {}
        self._homes: dict[str, str] = {}  # {stream: network_id}
        self._held: frozenset[str] | None = None
        self._ended: dict[str, None] = {}  # the last streams that ended: a late copy must not revive them

    @property
    def networks(self) -> frozenset[str]:
        """Ids of the networks that anything is known of."""
        return frozenset(self._scopes)

    def view(self, network_id: str) -> View | None:
        """The network as it is now, None when it does not exist."""
        scope = self._scopes.get(network_id)
        if scope is None or scope.network is None:
            return None
        subnets = tuple(scope.subnets[one] for one in sorted(scope.subnets))
        return View(scope.network, subnets, scope.ports)

    def forget(self, networks: Iterable[str] | None = None) -> frozenset[Key]:
        """Drop these networks (None: all) with everything on them; their events will come anew. Returns the dirty keys."""
        chosen = list(self._scopes) if networks is None else [one for one in networks if one in self._scopes]
        for network_id in chosen:
            for stream in self._scopes.pop(network_id).streams:
                self._homes.pop(stream, None)
        self._ended.clear()
        return frozenset((network_id, "") for network_id in chosen)

    def held(self, scopes: frozenset[str]) -> None:
        """The host is in these scopes; ports of other networks, known by their groups, are ignored from now on."""
        self._held = scopes

    def take(self, recorded: Recorded) -> frozenset[Key]:
        """Take in one event; returns the dirty keys, none for what does not concern DHCP."""
        kind = type(recorded.event)
        if kind in BIRTHS:
            return self._born(recorded)
        step, network_id = STEPS.get(kind), self._homes.get(recorded.stream)
        if step is None or network_id is None:
            return frozenset()
        scope = self._scopes[network_id]
        before = self._thing(scope, recorded.stream)
        if before is None or recorded.version <= scope.streams[recorded.stream]:
            return frozenset()
        return self._put(network_id, recorded, before, step(before, recorded.event))

    def _born(self, recorded: Recorded) -> frozenset[Key]:
        is_old = recorded.stream in self._homes or recorded.stream in self._ended
        if is_old or (self._held is not None and is_foreign(recorded, self._held)):
            return frozenset()
        thing = BIRTHS[type(recorded.event)](None, recorded.event)
        assert thing is not None
        self._homes[recorded.stream] = thing.network_id
        self._scopes.setdefault(thing.network_id, _Scope())
        return self._put(thing.network_id, recorded, None, thing)

    def _put(self, network_id: str, recorded: Recorded, before: Thing | None, after: Thing | None) -> frozenset[Key]:
        scope, stream = self._scopes[network_id], recorded.stream
        shelf, id = self._shelf(scope, stream)
        if after is None:
            shelf.pop(id, None)
            scope.streams.pop(stream, None)
            self._homes.pop(stream, None)
            self._end(stream)
        else:
            shelf[id] = after
            scope.streams[stream] = recorded.version
        if isinstance(before or after, Network):
            scope.network = shelf.get(id)  # type: ignore[assignment]
        if scope.network is None and not scope.streams:
            del self._scopes[network_id]
        return _dirty(network_id, before, after)

    def _end(self, stream: str) -> None:
        self._ended[stream] = None
        if len(self._ended) > _ENDED_KEPT:
            del self._ended[next(iter(self._ended))]

    @staticmethod
    def _shelf(scope: _Scope, stream: str) -> tuple[dict[str, Thing], str]:
        kind, _, id = stream.partition("-")
        if kind == "network":
            return ({id: scope.network} if scope.network else {}), id
        return (scope.subnets if kind == "subnet" else scope.ports), id  # type: ignore[return-value]

    def _thing(self, scope: _Scope, stream: str) -> Thing | None:
        shelf, id = self._shelf(scope, stream)
        return shelf.get(id)


def _dirty(network_id: str, before: Thing | None, after: Thing | None) -> frozenset[Key]:
    """A guest's port touches its own files alone; anything else may touch the whole network."""
    if before == after:
        return frozenset()
    ports = [one for one in (before, after) if isinstance(one, Port)]
    if ports and all(port.device_owner not in _OF_THE_NETWORK for port in ports):
        return frozenset({(network_id, ports[0].port_id)})
    return frozenset({(network_id, "")})
