"""The policies of an object that ends, end with it. Networks know theirs (`network_access`); this is for the other kinds."""

from __future__ import annotations

from collections.abc import Iterator

from libs.eventlog.protocol import Change, NoneRefers
from libs.network.deciders.network_access import ended
from libs.network.resources import stream_of
from libs.network.world import Find, Need, World


def _of(object_id: str) -> Find:
    return Find("rbac_policy", "object_id", object_id, rare=True)


def policy_needs(object_id: str, world: World) -> tuple[Need, ...]:
    """The object's policies; most have none, so that at first nobody looks."""
    wanted = _of(object_id)
    return (wanted, *(stream_of("rbac_policy", id) for id in world.found.get(wanted, ())))


def policies_ended(object_id: str, world: World) -> Iterator[Change]:
    """The ends of those that there are."""
    for id in world.found.get(_of(object_id), ()):
        yield from ended(id, world)


def no_other_policy(object_id: str, world: World) -> NoneRefers:
    """Guard: nobody made another meanwhile."""
    return NoneRefers("rbac_policy", "object_id", object_id, besides=world.found.get(_of(object_id), ()))
