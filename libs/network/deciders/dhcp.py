"""Which DHCP agents serve a network: the fact and the agent's own port, made and removed in one commit."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from libs.commands import ScheduleDhcp, UnscheduleDhcp, WantedAddress
from libs.errors import Refusal, is_exhaustion
from libs.eventlog.protocol import Change
from libs.events import (
    AddressReleased,
    NetworkDhcpScheduled,
    NetworkDhcpUnscheduled,
    NetworkEvent,
    PortCreated,
    PortDeleted,
    PortEvent,
)
from libs.model import DHCP_OWNER, Binding, FixedIp
from libs.network.deciders.binding import bound
from libs.network.deciders.reading import answer, change, existing, network_at, ports_at, subnets_of
from libs.network.deciders.wishes import allocated, automatic, choosable, chosen
from libs.network.network import DhcpServer, Network
from libs.network.port import Port
from libs.network.resources import stream_of
from libs.network.world import ChooseAddresses, ChooseBinding, ChooseMac, Decision, Question, Resource, World


def dhcp_device_id(host: str, network_id: str) -> str:
    """The device_id of a host's DHCP port on a network, as in Neutron (common/utils.py, get_dhcp_agent_device_id)."""
    return f"dhcp{uuid.uuid5(uuid.NAMESPACE_DNS, host)}-{network_id}"


def port_removal(resource: Resource) -> Change:
    """A port's end: its addresses released, then the port deleted."""
    port: Port = resource.state
    released = (AddressReleased(port.id, one.subnet_id, one.ip_address) for one in port.fixed_ips)
    deleted = PortDeleted(
        port.id, port.network_id, port.project_id, port.mac_address, port.host, port.device_id, port.device_owner
    )
    return change(resource, (*released, deleted), ends=True)


def _served(network: Network, agent_id: str) -> DhcpServer | None:
    return next((one for one in network.dhcp if one.agent_id == agent_id), None)


def scheduling_needs(command: ScheduleDhcp, world: World) -> tuple[str, ...]:
    """The network, then its subnets and the port of the agent that is replaced."""
    stream, network = stream_of("network", command.network_id), network_at(world, command.network_id)
    if network is None:
        return (stream,)
    lost = _served(network, command.replaces)
    ports = (stream_of("port", lost.port_id),) if lost else ()
    return (stream, *(stream_of("subnet", id) for id in network.subnet_ids), *ports)


def _lost_ports(command: ScheduleDhcp, world: World, network: Network) -> tuple[Resource, ...]:
    """The port of the agent that is replaced, if both still are."""
    lost = _served(network, command.replaces)
    return ports_at(world, (lost.port_id,)) if lost else ()


def _taken_over(command: ScheduleDhcp, world: World, network: Network) -> tuple[FixedIp, ...]:
    """What guests know the lost server by (DNS server, next hop of metadata) and must not have to learn anew."""
    served = {one.id for one in subnets_of(world, network) if one.enable_dhcp and not one.is_automatic}
    ports = _lost_ports(command, world, network)
    return tuple(one for port in ports for one in port.state.fixed_ips if one.subnet_id in served)


def _address_questions(command: ScheduleDhcp, world: World, network: Network) -> tuple[ChooseAddresses, ...]:
    """One for each subnet with DHCP, so that a full one leaves the others theirs; on SLAAC subnets the MAC makes the address, and
    what is taken over needs no choice."""
    subnets = subnets_of(world, network)
    held = {one.subnet_id for one in _taken_over(command, world, network)}
    wanted = (
        WantedAddress(one.id) for one in subnets if one.enable_dhcp and not one.is_automatic and one.id not in held
    )
    read = tuple((one.id, existing(world, "subnet", one.id).version) for one in subnets)
    return tuple(ChooseAddresses(command.port_id, network.id, None, read, (one,)) for one in wanted)


def _proposed(command: ScheduleDhcp, world: World, network: Network) -> tuple[FixedIp, ...]:
    """An address on each subnet that has one left. Raises any other Refusal of ipam's, and that one when no subnet has any left."""
    subnets, refused = choosable(subnets_of(world, network), DHCP_OWNER), list[Refusal]()
    out = list(_taken_over(command, world, network))
    for question in _address_questions(command, world, network):
        try:
            out.extend(chosen(question, subnets, world))
        except Refusal as refusal:
            if not is_exhaustion(refusal):
                raise
            refused.append(refusal)
    if refused and not out and not any(one.is_automatic for one in subnets_of(world, network)):
        raise refused[0]
    return tuple(out)


def _binding_question(command: ScheduleDhcp, network: Network) -> ChooseBinding:
    return ChooseBinding(command.port_id, command.host, network.segment, "normal")


def scheduling_questions(command: ScheduleDhcp, world: World) -> tuple[Question, ...]:
    """MAC, addresses and binding of the agent's port."""
    network: Network = existing(world, "network", command.network_id).state
    if _served(network, command.agent_id):
        return ()
    return (
        ChooseMac(command.port_id),
        *_address_questions(command, world, network),
        _binding_question(command, network),
    )


def schedule(command: ScheduleDhcp, world: World) -> Decision:
    """The fact and the DHCP port, and the end of the server that is replaced. Raises 404 when the network is gone, 409 when none of
    its subnets has an address left."""
    resource = existing(world, "network", command.network_id)
    network: Network = resource.state
    if _served(network, command.agent_id):
        return Decision(touched=(resource.stream,))
    port = stream_of("port", command.port_id)
    ends = (port_removal(one) for one in _lost_ports(command, world, network))  # first: what it held is taken after
    created = Change(port, 0, _port_events(command, world, network), network.id)
    return Decision((change(resource, _facts(command, network)), *ends, created), touched=(resource.stream, port))


def _facts(command: ScheduleDhcp, network: Network) -> Iterator[NetworkEvent]:
    lost = _served(network, command.replaces)
    if lost:
        yield NetworkDhcpUnscheduled(network.id, lost.agent_id, lost.host, lost.port_id, command.reason)
    yield NetworkDhcpScheduled(network.id, command.agent_id, command.host, command.availability_zone, command.port_id)


def _port_events(command: ScheduleDhcp, world: World, network: Network) -> tuple[PortEvent, ...]:
    mac = answer(world, ChooseMac(command.port_id), str)
    proposed = _proposed(command, world, network)
    own = automatic(subnets_of(world, network), mac, DHCP_OWNER)
    created = PortCreated(
        port_id=command.port_id,
        network_id=network.id,
        project_id=network.project_id,
        name="",
        description="",
        mac_address=mac,
        admin_state_up=True,
        device_id=dhcp_device_id(command.host, network.id),
        device_owner=DHCP_OWNER,
    )
    place = answer(world, _binding_question(command, network), Binding)
    attached = bound(command.port_id, network.id, command.host, "", 1, place)
    return (created, *allocated(command.port_id, (*proposed, *own)), attached)


def unscheduling_needs(command: UnscheduleDhcp, world: World) -> tuple[str, ...]:
    """The network and the agent's port on it."""
    network = network_at(world, command.network_id)
    server = None if network is None else _served(network, command.agent_id)
    ports = {command.port_id, server.port_id} if server else {command.port_id}
    return (stream_of("network", command.network_id), *(stream_of("port", id) for id in sorted(ports) if id))


def unschedule(command: UnscheduleDhcp, world: World) -> Decision:
    """The fact, and the DHCP port's end. Nothing when the agent does not serve the network. Raises 404."""
    resource = existing(world, "network", command.network_id)
    server = _served(resource.state, command.agent_id)
    if server is None:
        return Decision(touched=(resource.stream,))
    fact = NetworkDhcpUnscheduled(command.network_id, command.agent_id, server.host, server.port_id, command.reason)
    removals = (port_removal(port) for port in ports_at(world, (server.port_id,)))
    return Decision((change(resource, (fact,)), *removals), touched=(resource.stream,))
