"""Networks: create, update."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from libs.commands import CreateNetworks, NewNetwork, UpdateNetwork
from libs.errors import invalid_input, mtu_too_small
from libs.eventlog.protocol import Change
from libs.events import (
    NetworkAdminStateChanged,
    NetworkCreated,
    NetworkDefaultChanged,
    NetworkDescribed,
    NetworkDnsDomainChanged,
    NetworkEvent,
    NetworkMtuChanged,
    NetworkPortSecurityChanged,
    NetworkRenamed,
)
from libs.model import Segment
from libs.network.deciders.network_access import concerned, opened, policies, policy_streams, said
from libs.network.deciders.network_use import unused
from libs.network.deciders.reading import answer, changing, check_revision, existing, network_at
from libs.network.deciders.subnet_rules import MIN_MTU, MIN_MTU_V6
from libs.network.network import Network
from libs.network.rbac_policy import EXTERNAL, SHARED
from libs.network.resources import stream_of
from libs.network.world import ChooseSegment, Decision, Question, SegmentChoice, World


def _segment_questions(command: CreateNetworks) -> tuple[ChooseSegment, ...]:
    """One for each network; numbers that some of them ask for are not proposed to the others."""
    given = tuple(
        Segment(one.network_type, one.physical_network, one.segmentation_id)
        for one in command.networks
        if one.network_type and one.segmentation_id is not None
    )
    return tuple(
        ChooseSegment(
            one.network_id,
            one.network_type,
            one.physical_network,
            one.segmentation_id,
            given if one.segmentation_id is None else (),
        )
        for one in command.networks
    )


def creation_questions(command: CreateNetworks, world: World) -> tuple[Question, ...]:
    """A segment for each, also for given ones: topology checks them and knows their MTU."""
    return _segment_questions(command)


def create(command: CreateNetworks, world: World) -> Decision:
    """All networks or none. Raises 400 for an MTU that does not fit."""
    changes = []
    touched = []
    for new, question in zip(command.networks, _segment_questions(command), strict=True):
        facts = (_created(new, answer(world, question, SegmentChoice)), *_opened(new))
        touched.append(stream_of("network", new.network_id))
        changes.append(Change(touched[-1], 0, facts, new.network_id))
        changes.extend(policies(facts, new.project_id, world))
    return Decision(tuple(changes), touched=tuple(touched))


def _opened(new: NewNetwork) -> Iterator[NetworkEvent]:
    """Who may use it from the start; an external one may be the default from the start, too."""
    if new.shared:
        yield opened(new.network_id, SHARED, 0)
    if new.external:
        yield opened(new.network_id, EXTERNAL, 0)
    if new.external and new.is_default:
        yield NetworkDefaultChanged(new.network_id, True)


def _created(new: NewNetwork, choice: SegmentChoice) -> NetworkCreated:
    return NetworkCreated(
        network_id=new.network_id,
        project_id=new.project_id,
        name=new.name,
        description=new.description,
        admin_state_up=new.admin_state_up,
        shared=new.shared,
        external=new.external,
        mtu=_fitting_mtu(new.mtu, choice.mtu),
        network_type=choice.segment.network_type,
        physical_network=choice.segment.physical_network,
        segmentation_id=choice.segment.segmentation_id,
        availability_zone_hints=new.availability_zone_hints,
        port_security=new.port_security,
        dns_domain=new.dns_domain,
    )


def _fitting_mtu(wanted: int | None, largest: int) -> int:
    """The wanted MTU (0 or None: the largest that the segment carries), in bytes. Raises 400."""
    if not wanted:
        return largest
    if wanted > largest:
        raise invalid_input(f"Requested MTU is too big, maximum is {largest}")
    if wanted < MIN_MTU:
        raise invalid_input(f"Requested MTU is too small, minimum is {MIN_MTU}")
    return wanted


def _mtu_question(network: Network) -> ChooseSegment:
    segment = network.segment
    return ChooseSegment(network.id, segment.network_type, segment.physical_network, segment.segmentation_id)


def update_needs(command: UpdateNetwork, world: World) -> tuple[str, ...]:
    """The network, then the policies that may go."""
    stream, network = stream_of("network", command.network_id), network_at(world, command.network_id)
    return (stream,) if network is None else (stream, *policy_streams(network, concerned(command.changes)))


def update_questions(command: UpdateNetwork, world: World) -> tuple[Question, ...]:
    """How large an MTU its segment carries, when that matters."""
    network: Network = existing(world, "network", command.network_id).state
    changes_mtu = "mtu" in command.changes and command.changes["mtu"] != network.mtu
    return (_mtu_question(network),) if changes_mtu else ()


def update(command: UpdateNetwork, world: World) -> Decision:
    """Say what changed. Raises 404, 403, 412, 400 and 409 for an MTU; unsharing is guarded against others' ports and subnets,
    being external no longer against routers and floating IPs."""
    resource = existing(world, "network", command.network_id)
    check_revision(resource, command.if_revision)
    network: Network = resource.state
    access = tuple(said(network, resource.version, command.changes))
    events = (*_plain_changes(network, command.changes), *access, *_mtu_changes(network, command.changes, world))
    decision = changing(resource, events)
    changes = (*decision.changes, *policies(access, network.project_id, world))
    return replace(decision, changes=changes, guards=tuple(unused(network, access)))


def _plain_changes(network: Network, changes: Mapping[str, Any]) -> Iterator[NetworkEvent]:
    wanted = {name: value for name, value in changes.items() if name != "mtu" and getattr(network, name) != value}
    if "name" in wanted:
        yield NetworkRenamed(network.id, network.name, wanted["name"])
    if "description" in wanted:
        yield NetworkDescribed(network.id, network.description, wanted["description"])
    if "dns_domain" in wanted:
        yield NetworkDnsDomainChanged(network.id, network.dns_domain, wanted["dns_domain"])
    if "admin_state_up" in wanted:
        yield NetworkAdminStateChanged(network.id, wanted["admin_state_up"])
    if "port_security" in wanted:
        yield NetworkPortSecurityChanged(network.id, wanted["port_security"])


def _mtu_changes(network: Network, changes: Mapping[str, Any], world: World) -> Iterator[NetworkEvent]:
    if "mtu" not in changes or changes["mtu"] == network.mtu:
        return
    mtu = _fitting_mtu(changes["mtu"], answer(world, _mtu_question(network), SegmentChoice).mtu)
    if mtu < MIN_MTU_V6 and any(":" in one.cidr for one in network.subnets):
        raise mtu_too_small(network.id, MIN_MTU_V6)
    if mtu != network.mtu:
        yield NetworkMtuChanged(network.id, network.mtu, mtu)
