"""From a plan to messages: the pure half of the relay's and of a Fetch's answer. libs.feed holds the contract."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from libs.eventlog.protocol import LogIdentity, Recorded
from libs.feed import Feed
from services.topology.scopes import FeedPlan

MAX_FACTS = 400  # well below 256 KiB of JSON, the limit of a message (SECURITY.md section 5)


def message(
    identity: LogIdentity,
    prev: int,
    position: int,
    plan: FeedPlan,
    scopes: Mapping[str, Sequence[Recorded]],
    agents: Mapping[str, Sequence[Recorded]],
    ports: Mapping[str, Sequence[Recorded]] = MappingProxyType({}),
) -> Feed:
    """One host's message up to `position`. scopes: {scope entered: all its facts}; agents: {host: its agents' facts}; ports:
    {stream of a port that came into a group: its facts}."""
    facts = merged(
        plan.events,
        *(scopes.get(scope, ()) for scope in plan.entered),
        *(agents.get(host, ()) for host in plan.meets),
        *(ports.get(stream, ()) for stream in plan.ports),
    )
    facts = tuple(map(for_hosts, facts))
    return Feed(identity.log_id, identity.epoch, prev, position, facts, plan.entered, plan.left)


BECKON = Feed("", 0, 0, 0)
"""A message of no log: who gets it has a gap, and so says hello and fetches."""


def nudge(identity: LogIdentity, position: int) -> Feed:
    """A message without facts whose `prev` makes a host that is behind `position` fetch what it lacks."""
    return Feed(identity.log_id, identity.epoch, position, position)


def for_hosts(fact: Recorded) -> Recorded:
    """The fact without who asked for it: a hypervisor need not know, and it is half of the bytes."""
    if fact.meta.keys() == {"request_id"}:
        return fact
    return replace(fact, meta={"request_id": fact.meta.get("request_id", "")})


def merged(*parts: Iterable[Recorded]) -> tuple[Recorded, ...]:
    """Facts of several sources, each once, by position."""
    found = {fact.position: fact for part in parts for fact in part}
    return tuple(found[position] for position in sorted(found))
