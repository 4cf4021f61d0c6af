"""Ports: create."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from libs.commands import CreatePorts, NewPort
from libs.errors import invalid_input
from libs.network.deciders.default_groups import made_defaults
from libs.network.deciders.making import PortPlan, made, making_questions, plans, port_needs
from libs.network.deciders.port_security import wants_default
from libs.network.deciders.reading import existing
from libs.network.network import Network
from libs.network.world import Decision, Question, World

MAX_PROFILE = 4095
"""Characters of a binding profile's JSON, as in Neutron."""


def creation_needs(command: CreatePorts, world: World) -> tuple[str, ...]:
    """The networks, then their subnets and those that the callers named."""
    return tuple(dict.fromkeys(stream for new in command.ports for stream in port_needs(new, world)))


def _plans(command: CreatePorts, world: World) -> tuple[PortPlan, ...]:
    return plans(((new, _network(new, world)) for new in command.ports), world)


def _network(new: NewPort, world: World) -> Network:
    """The network. Raises 404, and 400 for a profile that is too large."""
    network: Network = existing(world, "network", new.network_id).state
    check_profile(new.profile)
    return network


def check_profile(profile: Mapping[str, Any]) -> None:
    """Refuse a binding profile that is too large or holds a number that JSON has not (`1e999`). Raises 400."""
    try:
        size = len(json.dumps(profile, allow_nan=False)) if profile else 0
    except ValueError:
        raise invalid_input("binding:profile holds a number that is not finite") from None
    if size > MAX_PROFILE:
        raise invalid_input("binding:profile value too large")


def creation_questions(command: CreatePorts, world: World) -> tuple[Question, ...]:
    """MACs, addresses and bindings that callers left open."""
    return tuple(question for plan in _plans(command, world) for question in making_questions(plan))


def create(command: CreatePorts, world: World) -> Decision:
    """All ports or none. Raises 404, 403, 400, and what a question's answer refuses (409 no address left)."""
    planned = _plans(command, world)
    changes = tuple(made(plan, world) for plan in planned)
    secured = (one.new.project_id for one in planned if wants_default(one.new, one.network))
    return Decision((*made_defaults(secured, world), *changes), touched=tuple(one.stream for one in changes))
