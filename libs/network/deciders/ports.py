"""Ports: create, delete, and what agents report of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from libs.commands import CreatePorts, NewPort
from libs.errors import forbidden, invalid_input
from libs.eventlog.protocol import Change
from libs.events import PortCreated, PortEvent
from libs.model import Binding, FixedIp
from libs.network.deciders.access import owns, visible_network
from libs.network.deciders.binding import bound
from libs.network.deciders.reading import (
    answer,
    existing,
    network_at,
    subnets_of,
)
from libs.network.deciders.wishes import (
    Wishes,
    allocated,
    automatic,
    check_automatic,
    choosable,
    chosen,
    sorted_wishes,
    wished_mac,
)
from libs.network.network import Network
from libs.network.resources import stream_of
from libs.network.subnet import Subnet
from libs.network.world import ChooseAddresses, ChooseBinding, ChooseMac, Decision, Question, World

MAX_PROFILE = 4095
"""Characters of a binding profile's JSON, as in Neutron."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """One wished port among what was read."""

    new: NewPort
    network: Network
    subnets: tuple[Subnet, ...]
    wishes: Wishes
    addresses: ChooseAddresses | None


def creation_needs(command: CreatePorts, world: World) -> tuple[str, ...]:
    """The networks, then their subnets and those that the callers named."""
    out: dict[str, None] = {}
    for new in command.ports:
        out[stream_of("network", new.network_id)] = None
        network = network_at(world, new.network_id)
        if network is not None:
            named = [wish.subnet_id for wish in new.fixed_ips or () if wish.subnet_id]
            out.update(dict.fromkeys(stream_of("subnet", id) for id in (*network.subnet_ids, *named)))
    return tuple(out)


def _plans(command: CreatePorts, world: World) -> tuple[_Plan, ...]:
    given: dict[str, tuple[FixedIp, ...]] = {}
    wished = []
    for new in command.ports:
        network = _usable_network(new, world)
        subnets = subnets_of(world, network)
        wishes = sorted_wishes(new.fixed_ips, network, subnets, new.device_owner, world)
        given[network.id] = (*given.get(network.id, ()), *wishes.given)
        wished.append((new, network, subnets, wishes))
    return tuple(
        _Plan(new, network, subnets, wishes, _address_question(new, network, wishes, given[network.id], world))
        for new, network, subnets, wishes in wished
    )


def _usable_network(new: NewPort, world: World) -> Network:
    """The network, when the caller may put such a port on it. Raises 404, 403, 400."""
    network: Network = visible_network(world, new.network_id).state
    check_profile(new.profile)
    if owns(world.context.actor, network.project_id):
        return network
    if not network.shared:
        raise forbidden("rule:create_port")
    if new.mac_address is not None:
        raise forbidden("rule:create_port:mac_address")
    if any(wish.ip_address is not None for wish in new.fixed_ips or ()):
        raise forbidden("rule:create_port:fixed_ips:ip_address")
    if new.device_owner.startswith("network:"):
        raise forbidden("rule:create_port:device_owner")
    return network


def check_profile(profile: Mapping[str, Any]) -> None:
    """Refuse a binding profile that is too large or holds a number that JSON has not (`1e999`). Raises 400."""
    try:
        size = len(json.dumps(profile, allow_nan=False)) if profile else 0
    except ValueError:
        raise invalid_input("binding:profile holds a number that is not finite") from None
    if size > MAX_PROFILE:
        raise invalid_input("binding:profile value too large")


def _address_question(
    new: NewPort, network: Network, wishes: Wishes, taken: tuple[FixedIp, ...], world: World
) -> ChooseAddresses | None:
    """What ipam is to choose; addresses that callers of the same request named are not to be proposed."""
    if not wishes.asks:
        return None
    read = tuple((id, existing(world, "subnet", id).version) for id in network.subnet_ids)
    return ChooseAddresses(new.port_id, network.id, new.mac_address, read, wishes.open, taken)


def _binding_question(plan: _Plan) -> ChooseBinding:
    return ChooseBinding(plan.new.port_id, plan.new.host, plan.network.segment, plan.new.vnic_type)


def creation_questions(command: CreatePorts, world: World) -> tuple[Question, ...]:
    """MACs, addresses and bindings that callers left open."""
    out: list[Question] = []
    for plan in _plans(command, world):
        if plan.new.mac_address is None:
            out.append(ChooseMac(plan.new.port_id))
        if plan.addresses is not None:
            out.append(plan.addresses)
        if plan.new.host:
            out.append(_binding_question(plan))
    return tuple(out)


def create(command: CreatePorts, world: World) -> Decision:
    """All ports or none. Raises 404, 403, 400, and what a question's answer refuses (409 no address left)."""
    changes = tuple(
        Change(stream_of("port", plan.new.port_id), 0, _creation(plan, world), plan.network.id)
        for plan in _plans(command, world)
    )
    return Decision(changes, touched=tuple(one.stream for one in changes))


def _creation(plan: _Plan, world: World) -> tuple[PortEvent, ...]:
    new = plan.new
    mac = answer(world, ChooseMac(new.port_id), str) if new.mac_address is None else wished_mac(new.mac_address)
    check_automatic(plan.wishes.given, plan.subnets, mac, new.device_owner)
    own = automatic(plan.subnets, mac, new.device_owner)
    proposed = chosen(plan.addresses, choosable(plan.subnets, new.device_owner), world)
    created = PortCreated(
        port_id=new.port_id,
        network_id=new.network_id,
        project_id=new.project_id,
        name=new.name,
        description=new.description,
        mac_address=mac,
        admin_state_up=new.admin_state_up,
        device_id=new.device_id,
        device_owner=new.device_owner,
        vnic_type=new.vnic_type,
        profile=new.profile,
        ip_allocation="none" if new.fixed_ips == () else "immediate",
    )
    return (
        created,
        *allocated(new.port_id, dict.fromkeys((*plan.wishes.given, *proposed, *own))),
        *_attachment(plan, world),
    )


def _attachment(plan: _Plan, world: World) -> tuple[PortEvent, ...]:
    if not plan.new.host:
        return ()
    place = answer(world, _binding_question(plan), Binding)
    return (bound(plan.new.port_id, plan.network.id, plan.new.host, "", 1, place),)
