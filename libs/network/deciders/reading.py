"""Reading a World: what was asked for, or the refusal that its absence means."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from libs.errors import Refusal, not_found, revision_mismatch
from libs.eventlog.protocol import Change
from libs.events import Event
from libs.network.network import Network
from libs.network.resources import scope_of, stream_of
from libs.network.subnet import Subnet
from libs.network.world import Decision, Question, Resource, World

A = TypeVar("A")


def found(world: World, kind: str, id: str) -> Resource | None:
    """A resource that was read; None when it does not exist or was not read yet."""
    return world.resources.get(stream_of(kind, id))


def existing(world: World, kind: str, id: str) -> Resource:
    """A resource that must exist. Raises 404."""
    resource = found(world, kind, id)
    if resource is None:
        raise not_found(kind, id)
    return resource


def network_at(world: World, id: str) -> Network | None:
    """The network, as far as it was read."""
    resource = found(world, "network", id)
    return None if resource is None else resource.state


def subnets_of(world: World, network: Network) -> tuple[Subnet, ...]:
    """The network's subnets in order, those that were read."""
    resources = (found(world, "subnet", id) for id in network.subnet_ids)
    return tuple(one.state for one in resources if one is not None)


def ports_at(world: World, ids: Iterable[str]) -> tuple[Resource, ...]:
    """Those of the ports that exist."""
    return tuple(one for one in (found(world, "port", id) for id in ids) if one is not None)


def answer(world: World, question: Question, kind: type[A]) -> A:
    """The answer to a question. Raises the Refusal that it may be, TypeError when it is of another kind."""
    given = world.answers[question]
    if isinstance(given, Refusal):
        raise given
    if not isinstance(given, kind):
        raise TypeError(f"{type(given).__name__} does not answer {type(question).__name__}")
    return given


def check_revision(resource: Resource, expected: int | None) -> None:
    """Raises 412 when the caller named another revision."""
    if expected is not None and expected != resource.version:
        raise revision_mismatch(expected, resource.version)


def change(resource: Resource, events: Iterable[Event], ends: bool = False) -> Change:
    """Further facts of what was read."""
    return Change(resource.stream, resource.version, tuple(events), scope_of(resource), ends)


def changing(resource: Resource, events: Iterable[Event]) -> Decision:
    """The decision of an update of one resource; no events: it is answered as it is."""
    facts = tuple(events)
    return Decision((change(resource, facts),) if facts else (), touched=(resource.stream,))
