"""How a port comes to be: what is asked of others for it, and the facts that it starts with. Rights are its caller's matter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from libs.commands import NewPort
from libs.eventlog.protocol import Change
from libs.events import PortCreated, PortEvent
from libs.model import Binding, FixedIp
from libs.network.deciders.binding import bound
from libs.network.deciders.default_groups import default_streams
from libs.network.deciders.dhcp_options import merged
from libs.network.deciders.dns_names import check_name
from libs.network.deciders.port_security import Security, first_security, group_streams, wants_default
from libs.network.deciders.reading import answer, existing, network_at, subnets_of
from libs.network.deciders.service_types import suitable
from libs.network.deciders.tags import first_tags
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
from libs.network.world import ChooseAddresses, ChooseBinding, ChooseMac, Question, World


@dataclass(frozen=True, slots=True)
class PortPlan:
    """One wished port among what was read; subnets: those that such a port gets addresses from."""

    new: NewPort
    network: Network
    subnets: tuple[Subnet, ...]
    wishes: Wishes
    addresses: ChooseAddresses | None

    @property
    def stream(self) -> str:
        """The new port's stream."""
        return stream_of("port", self.new.port_id)

    @property
    def binding(self) -> ChooseBinding:
        """How it is to be attached on its host."""
        return ChooseBinding(self.new.port_id, self.new.host, self.network.segment, self.new.vnic_type)


def port_needs(new: NewPort, world: World) -> tuple[str, ...]:
    """The network, then its subnets and those that the caller named, and the security groups."""
    network = network_at(world, new.network_id)
    if network is None:
        return (stream_of("network", new.network_id),)
    named = [wish.subnet_id for wish in new.fixed_ips or () if wish.subnet_id]
    subnets = (stream_of("subnet", id) for id in (*network.subnet_ids, *named))
    groups = default_streams((new.project_id,), world) if wants_default(new, network) else ()
    return (stream_of("network", network.id), *subnets, *groups, *group_streams(new.security_groups or ()))


def plans(wanted: Iterable[tuple[NewPort, Network]], world: World) -> tuple[PortPlan, ...]:
    """Ports of one request; addresses that one of them names are not proposed to the others. Raises 400, 404."""
    given: dict[str, tuple[FixedIp, ...]] = {}
    wished = []
    for new, network in wanted:
        subnets = suitable(network, subnets_of(world, network), new.device_owner)
        wishes = sorted_wishes(new.fixed_ips, network, subnets, new.device_owner, world)
        given[network.id] = (*given.get(network.id, ()), *wishes.given)
        wished.append((new, network, subnets, wishes))
    return tuple(
        PortPlan(new, network, subnets, wishes, _address_question(new, subnets, wishes, given[network.id], world))
        for new, network, subnets, wishes in wished
    )


def _address_question(
    new: NewPort, subnets: tuple[Subnet, ...], wishes: Wishes, taken: tuple[FixedIp, ...], world: World
) -> ChooseAddresses | None:
    if not wishes.asks:
        return None
    read = tuple((one.id, existing(world, "subnet", one.id).version) for one in subnets)
    return ChooseAddresses(new.port_id, new.network_id, new.mac_address, read, wishes.open, taken)


def making_questions(plan: PortPlan) -> Iterator[Question]:
    """MAC, addresses and binding that are left open."""
    if plan.new.mac_address is None:
        yield ChooseMac(plan.new.port_id)
    if plan.addresses is not None:
        yield plan.addresses
    if plan.new.host:
        yield plan.binding


def fixed_ips_of(plan: PortPlan, mac: str, world: World) -> tuple[FixedIp, ...]:
    """The addresses that the port will have. Raises 400, and what the answer refuses (409 no address left)."""
    check_automatic(plan.wishes.given, plan.subnets, mac, plan.new.device_owner)
    own = automatic(plan.subnets, mac, plan.new.device_owner)
    proposed = chosen(plan.addresses, choosable(plan.subnets, plan.new.device_owner), world)
    return tuple(dict.fromkeys((*plan.wishes.given, *proposed, *own)))


def mac_of(plan: PortPlan, world: World) -> str:
    """The MAC that the port will have. Raises 400."""
    given = plan.new.mac_address
    return answer(world, ChooseMac(plan.new.port_id), str) if given is None else wished_mac(given)


def made(plan: PortPlan, world: World) -> Change:
    """The port's first facts. Raises 400, 404, 409, and what an answer refuses (409 no address left)."""
    mac = mac_of(plan, world)
    addresses = allocated(plan.new.port_id, fixed_ips_of(plan, mac, world))
    security = first_security(plan.new, plan.network, bool(addresses), mac, world)
    tags = first_tags("port", plan.new.port_id, plan.new.tags)
    check_name(plan.new.dns_name, world.dns_domain)
    facts = (_created(plan.new, mac, world.dns_domain, security), *addresses, *_attachment(plan, world), *tags)
    return Change(plan.stream, 0, facts, plan.network.id)


def _created(new: NewPort, mac: str, dns_domain: str, security: Security) -> PortCreated:
    return PortCreated(
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
        dhcp_options=merged((), new.dhcp_options),
        dns_name=new.dns_name,
        dns_domain=dns_domain,
        port_security=security.enabled,
        security_groups=security.groups,
        address_pairs=security.pairs,
    )


def _attachment(plan: PortPlan, world: World) -> tuple[PortEvent, ...]:
    if not plan.new.host:
        return ()
    place = answer(world, plan.binding, Binding)
    return (bound(plan.new.port_id, plan.network.id, plan.new.host, "", 1, place),)
