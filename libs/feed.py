"""What servers and agents say to each other over the bus: the message shapes, both ways. Pure.

Server to host: exchange `nl.events` (topic), key `host.<token>`; one ordered feed per host, read by each agent of the host.
Agent to server: exchange `ask.<user>` (fanout, the agent's own), from there to `nl.requests` and one queue; the answer goes to the
agent's own queue through the default exchange. The queue is named as the broker user: `agent-<ovs|dhcp|l3>.<token>`.

Receiver's rule: position <= mine: old, drop. prev <= mine: take in. prev > mine or another log or epoch: gap, ask with `fetch`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from libs.eventlog.protocol import Recorded

EVENTS_EXCHANGE, REQUESTS_EXCHANGE = "nl.events", "nl.requests"
MEMBERS = "members-"
"""Before a security group's id: the scope of its member ports; the id alone is the scope of the group and its rules."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A part of one host's feed, or the answer to a Fetch.

    prev: last position sent to that host before. position: the host has everything up to here when this is taken in.
    entered: networks that are new to the host; forget what you hold of them, `events` has all their live facts from the start.
    left: networks to forget. events: whole facts by position, each once (scopes: the host's networks, their subnets, ports and
    floating IPs; the routers that run there, each a scope by its own id and named among the networks; the security groups of its
    ports, with their rules; the member ports (`members_of`) of the groups that those rules name, and the address groups; and the
    agents of hosts that share a network). Of a member port come PortCreated and its other facts that matter to those who let its
    group pass, from the start whenever it comes into the group, last the one by which it leaves it.
    full: forget everything first. part/parts: a long answer comes in several messages, in order.
    request: the id of the Fetch that this answers, empty for the feed itself.
    """

    log_id: str
    epoch: int
    prev: int
    position: int
    events: tuple[Recorded, ...] = ()
    entered: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    full: bool = False
    request: str = ""
    part: int = 1
    parts: int = 1


@dataclass(frozen=True, slots=True)
class Hello:
    """An agent is up: who it is. The server answers nothing; host and type must fit the user."""

    host: str
    agent_type: str
    binary: str
    availability_zone: str
    configurations: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Alive:
    """Heartbeat, every report_interval_seconds. position: applied up to here. load: {networks, ports, ...} for scheduling."""

    position: int
    load: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PortReport:
    """One port's wiring; generation: of the PortBound fact that it was (un)wired for."""

    port_id: str
    generation: int
    wired: bool
    reason: str = "unplugged"


@dataclass(frozen=True, slots=True)
class Wiring:
    """What changed, or (complete) every port of the host that is wired now: ports bound to the host and not named are not wired.
    after, upto: it is complete only for ids above `after` and not above `upto` (empty: no bound), so that many fit into several
    messages; ports are in order of id then."""

    ports: tuple[PortReport, ...]
    complete: bool = False
    after: str = ""
    upto: str = ""


@dataclass(frozen=True, slots=True)
class Fetch:
    """What happened after `after` in my scopes? networks: those I hold. after 0: everything (answer is full)."""

    request: str
    after: int
    networks: tuple[str, ...] = ()
    log_id: str = ""
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class Drift:
    """The kernel differed from what is desired and was repaired: {object: count}."""

    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class FloatingIpReport:
    """Whether a floating IP works by way of this router, for this fixed address; reason says what failed, empty: it was taken away
    (a router that is switched off)."""

    floatingip_id: str
    router_id: str
    fixed_ip_address: str
    working: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Routing:
    """Of an L3 agent: what changed, or (complete) every floating IP of the host's routers that was made to work or failed:
    those not named do not work. after, upto: it is complete only for ids above `after` and not above `upto` (empty: no bound), so
    that many fit into several messages; floatingips are in order of id then."""

    floatingips: tuple[FloatingIpReport, ...]
    complete: bool = False
    after: str = ""
    upto: str = ""


AgentMessage = Hello | Alive | Wiring | Routing | Fetch | Drift


_TOLD_AT_ONCE = 500  # ports or floating IPs in one message, well below its 256 KiB
_Told = TypeVar("_Told", PortReport, FloatingIpReport)


def members_of(group_id: str) -> str:
    """The scope of a security group's member ports."""
    return MEMBERS + group_id


def parts_of(message: Wiring | Routing | None) -> tuple[Wiring | Routing, ...]:
    """A report in as many messages as it takes; together they say the same. None for nothing to tell."""
    match message:
        case Wiring(ports, complete):
            return tuple(Wiring(*part) for part in _parts(ports, complete, lambda one: one.port_id))
        case Routing(floatingips, complete):
            return tuple(Routing(*part) for part in _parts(floatingips, complete, lambda one: one.floatingip_id))
    return ()


def _parts(
    told: tuple[_Told, ...], complete: bool, id_of: Callable[[_Told], str]
) -> list[tuple[tuple[_Told, ...], bool, str, str]]:
    """[(what a part tells, complete, after, upto)]."""
    if len(told) <= _TOLD_AT_ONCE:
        return [(told, complete, "", "")]
    in_order: list[_Told] = sorted(told, key=id_of)
    chunks: list[tuple[_Told, ...]] = [
        tuple(in_order[at : at + _TOLD_AT_ONCE]) for at in range(0, len(in_order), _TOLD_AT_ONCE)
    ]
    bounds = ["", *(id_of(chunk[-1]) if complete else "" for chunk in chunks[:-1]), ""]
    return [(chunk, complete, bounds[at], bounds[at + 1]) for at, chunk in enumerate(chunks)]
