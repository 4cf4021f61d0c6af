"""Floating IPs: create, each with the port that holds its address.

Rules: Neutron 29's db/l3_db.py (_create_floatingip).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from libs.commands import CreateFloatingIps, NewFloatingIp, NewPort, WantedAddress
from libs.errors import Refusal, is_exhaustion
from libs.errors.floatingip import bad_floatingip, external_pool_empty
from libs.eventlog.protocol import Change
from libs.events import FloatingIpAllocated, FloatingIpAssociated, FloatingIpEvent
from libs.model import FLOATING_IP_OWNER, FixedIp
from libs.network.addresses import version_of
from libs.network.deciders import floatingip_target
from libs.network.deciders.making import PortPlan, fixed_ips_of, mac_of, made, making_questions
from libs.network.deciders.reading import existing, network_at, subnets_of
from libs.network.deciders.service_types import suitable
from libs.network.deciders.wishes import Wishes, sorted_wishes
from libs.network.floatingip import FloatingTarget
from libs.network.network import Network
from libs.network.resources import stream_of
from libs.network.subnet import Subnet
from libs.network.world import ChooseAddresses, Decision, Need, Question, World


@dataclass(frozen=True, slots=True)
class _Plan:
    """One wished floating IP among what was read; `port` is to hold its address."""

    new: NewFloatingIp
    port: PortPlan
    target: FloatingTarget | None


def creation_needs(command: CreateFloatingIps, world: World) -> tuple[Need, ...]:
    """The external networks, then their subnets and those that the callers named; what the ports need that are to be stood for."""
    out: dict[Need, None] = {}
    for new in command.floatingips:
        out[stream_of("network", new.floating_network_id)] = None
        network = network_at(world, new.floating_network_id)
        named = (new.subnet_id,) if new.subnet_id else ()
        ids = () if network is None else (*network.subnet_ids, *named)
        out.update(dict.fromkeys(stream_of("subnet", id) for id in ids))
        if new.port_id:
            out.update(dict.fromkeys(floatingip_target.needs(new.port_id, new.fixed_ip_address, world)))
    return tuple(out)


def creation_questions(command: CreateFloatingIps, world: World) -> tuple[Question, ...]:
    """MACs of the ports that hold the addresses, and addresses that the callers left open. Raises what `create` raises."""
    return tuple(question for plan in _plans(command, world) for question in making_questions(plan.port))


def create(command: CreateFloatingIps, world: World) -> Decision:
    """All floating IPs or none. Raises 404, 400 (no external network, no IPv4 there, no address left, no such target)."""
    changes: list[Change] = []
    for plan in _plans(command, world):
        fixed = _address(plan, world)
        changes.append(made(plan.port, world))
        stream = stream_of("floatingip", plan.new.floatingip_id)
        changes.append(Change(stream, 0, _events(plan, fixed), plan.port.network.id))
    return Decision(tuple(changes), touched=tuple(one.stream for one in changes[1::2]))


def _plans(command: CreateFloatingIps, world: World) -> list[_Plan]:
    """Addresses that one of them names are not proposed to the others."""
    ports = [_port(new, world) for new in command.floatingips]
    taken = tuple(given for port in ports for given in port.wishes.given)
    return [
        _Plan(new, replace(port, addresses=_question(port, taken, world)), _target(new, world))
        for new, port in zip(command.floatingips, ports, strict=True)
    ]


def _check_name(new: NewFloatingIp) -> None:
    for given, other in (("dns_domain", "dns_name"), ("dns_name", "dns_domain")):
        if getattr(new, given) and not getattr(new, other):
            raise bad_floatingip(f"{given} cannot be specified without a {other}")


def _port(new: NewFloatingIp, world: World) -> PortPlan:
    """The port that is to hold the address, which comes from the network's IPv4 subnets, or from the one that was named."""
    _check_name(new)
    network = _external(new.floating_network_id, world)
    subnets = suitable(network, subnets_of(world, network), FLOATING_IP_OWNER)
    usable = tuple(one for one in subnets if one.ip_version == 4)
    if not usable:
        raise bad_floatingip(f"Network {network.id} does not contain any IPv4 subnet")
    wishes = _wishes(new, network, subnets, world)
    left = tuple(one for one in usable if new.subnet_id in (None, "", one.id))
    if not left or any(version_of(one.ip_address) != 4 for one in wishes.given):
        raise external_pool_empty(network.id)
    holder = NewPort(new.own_port_id, network.id, "", device_id=new.floatingip_id, device_owner=FLOATING_IP_OWNER)
    return PortPlan(holder, network, left, wishes, None)


def _external(network_id: str, world: World) -> Network:
    network: Network = existing(world, "network", network_id).state
    if not network.external:
        raise bad_floatingip(f"Network {network_id} is not a valid external network")
    return network


def _wishes(new: NewFloatingIp, network: Network, subnets: tuple[Subnet, ...], world: World) -> Wishes:
    if not new.floating_ip_address and not new.subnet_id:
        return Wishes((), None)
    wish = WantedAddress(new.subnet_id or None, new.floating_ip_address or None)
    return sorted_wishes((wish,), network, subnets, FLOATING_IP_OWNER, world)


def _question(port: PortPlan, taken: tuple[FixedIp, ...], world: World) -> ChooseAddresses | None:
    if not port.wishes.asks:
        return None
    read = tuple((one.id, existing(world, "subnet", one.id).version) for one in port.subnets)
    return ChooseAddresses(port.new.port_id, port.network.id, None, read, port.wishes.open, taken)


def _target(new: NewFloatingIp, world: World) -> FloatingTarget | None:
    if new.fixed_ip_address and not new.port_id:
        raise bad_floatingip("fixed_ip_address cannot be specified without a port_id")
    if not new.port_id:
        return None
    return floatingip_target.target_of(world, new.port_id, new.fixed_ip_address, new.floating_network_id)


def _address(plan: _Plan, world: World) -> FixedIp:
    """Raises 400 when the pools have no address left."""
    try:
        [one] = fixed_ips_of(plan.port, mac_of(plan.port, world), world)
    except Refusal as refusal:
        if is_exhaustion(refusal):
            raise external_pool_empty(plan.port.network.id) from None
        raise
    return one


def _events(plan: _Plan, fixed: FixedIp) -> tuple[FloatingIpEvent, ...]:
    new = plan.new
    allocated = FloatingIpAllocated(
        floatingip_id=new.floatingip_id,
        project_id=new.project_id,
        floating_network_id=new.floating_network_id,
        floating_subnet_id=fixed.subnet_id,
        floating_ip_address=fixed.ip_address,
        port_id=new.own_port_id,
        description=new.description,
        dns_name=new.dns_name,
        dns_domain=new.dns_domain,
    )
    if plan.target is None:
        return (allocated,)
    to = plan.target
    return allocated, FloatingIpAssociated(
        new.floatingip_id, fixed.ip_address, to.router_id, to.port_id, to.ip_address, to.subnet_id
    )
