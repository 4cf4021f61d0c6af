"""Resources out of facts: one fold that commit, rebuild and the feeds share, so that they cannot differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from libs.decider import fold
from libs.eventlog.protocol import Recorded
from libs.events import Event
from libs.network import (
    address_group,
    address_scope,
    agent,
    flavor,
    floatingip,
    network,
    port,
    quota,
    rbac_policy,
    router,
    security_group,
    security_group_rule,
    subnet,
    subnetpool,
    topology,
)
from libs.network.world import Resource

_EVOLVE: Mapping[str, Callable[[Any, Any], Any]] = {
    "network": network.evolve,
    "subnet": subnet.evolve,
    "port": port.evolve,
    "agent": agent.evolve,
    "router": router.evolve,
    "floatingip": floatingip.evolve,
    "security_group": security_group.evolve,
    "security_group_rule": security_group_rule.evolve,
    "address_group": address_group.evolve,
    "rbac_policy": rbac_policy.evolve,
    "quota": quota.evolve,
    "topology": topology.evolve,
    "subnetpool": subnetpool.evolve,
    "address_scope": address_scope.evolve,
    "flavor": flavor.evolve_flavor,
    "service_profile": flavor.evolve_profile,
}


_NOBODYS = ("agent", "quota", "topology", "rbac_policy", "subnetpool", "address_scope", "flavor", "service_profile")
"""Kinds whose facts no host needs."""


def stream_of(kind: str, id: str) -> str:
    """`port-<id>`; kind is one of `libs.network.kinds`."""
    return f"{kind}-{id}"


def kind_and_id(stream: str) -> tuple[str, str]:
    """("port", "<id>") of `port-<id>`."""
    kind, _, id = stream.partition("-")
    return kind, id


def scope_of(resource: Resource) -> str:
    """Whose facts go together to hosts: the id of the network (of a floating IP: its external one), router, security group (of a
    rule: its group) or address group that a stream belongs to for ever; empty for what no host needs to know."""
    kind, id = kind_and_id(resource.stream)
    if kind in ("network", "router", "security_group", "address_group"):
        return id
    if kind == "security_group_rule":
        return str(resource.state.security_group_id)
    if kind == "floatingip":
        return str(resource.state.floating_network_id)
    return "" if kind in _NOBODYS else str(resource.state.network_id)


def seconds(at: str) -> str:
    """`2026-11-22T15:30:00.123456Z` as `2026-11-22T15:30:00Z`, the API's precision."""
    return f"{at[:19]}Z"


def apply_events(resource: Resource | None, stream: str, events: Iterable[Event], at: str) -> Resource | None:
    """The resource after further facts of its stream that happened at `at`; None once it has ended.

    Raises KeyError for a stream of unknown kind, TypeError for a fact that does not belong to it.
    """
    facts = tuple(events)
    evolve = _EVOLVE[kind_and_id(stream)[0]]
    state = fold(evolve, None if resource is None else resource.state, facts)
    if state is None:
        return None
    now = seconds(at)
    before, created = (0, now) if resource is None else (resource.version, resource.created_at)
    return Resource(
        stream, before + len(facts), created, now if facts or resource is None else resource.updated_at, state
    )


def fold_recorded(
    recorded: Iterable[Recorded], resources: Mapping[str, Resource | None] | None = None
) -> dict[str, Resource | None]:
    """{stream: resource, or None once ended} of every stream in `resources` or `recorded`, facts in order of position."""
    out = dict(resources or {})
    for one in recorded:
        out[one.stream] = apply_events(out.get(one.stream), one.stream, (one.event,), one.meta["at"])
    return out
