"""A router's way out: its port on an external network, set, changed, moved to another network, cleared.

Rules: Neutron 29's db/{l3_db,l3_gwmode_db}.py (_update_router_gw_info).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from libs.commands import NewPort, WantedGateway
from libs.decider import fold
from libs.errors.router import bad_router
from libs.eventlog.protocol import Change, NoneRefers
from libs.events import (
    AddressReleased,
    PortEvent,
    RouterEvent,
    RouterGatewayAddressesChanged,
    RouterGatewayCleared,
    RouterGatewaySet,
    RouterSnatChanged,
)
from libs.model import ROUTER_GATEWAY_OWNER
from libs.network import port as ports
from libs.network.deciders.address_changes import address_plan
from libs.network.deciders.dhcp import port_removal
from libs.network.deciders.making import PortPlan, fixed_ips_of, mac_of, made, making_questions, plans, port_needs
from libs.network.deciders.reading import change, existing, network_at, ports_at
from libs.network.deciders.router_rules import check_apart
from libs.network.deciders.wishes import allocated, canonical_wishes, chosen
from libs.network.network import Network
from libs.network.port import Port
from libs.network.resources import stream_of
from libs.network.router import Gateway, Router
from libs.network.world import Need, Question, World


@dataclass(frozen=True, slots=True)
class GatewayChange:
    """What becomes of a way out: facts of the router, changes of ports, guards."""

    facts: tuple[RouterEvent, ...] = ()
    ports: tuple[Change, ...] = ()
    guards: tuple[NoneRefers, ...] = ()


def gateway_port(router: Router, wanted: WantedGateway) -> NewPort:
    """The port that a way out is to have; it belongs to no project."""
    return NewPort(
        port_id=wanted.port_id,
        network_id=wanted.network_id,
        project_id="",
        fixed_ips=wanted.fixed_ips or None,
        device_id=router.id,
        device_owner=ROUTER_GATEWAY_OWNER,
        host=router.host,
    )


def _stays(router: Router, wanted: WantedGateway | None) -> Gateway | None:
    """The way out as it is, when it stays on its network."""
    gateway = router.gateway
    return gateway if gateway and wanted and wanted.network_id == gateway.network_id else None


def needs(router: Router, wanted: WantedGateway | None, world: World) -> tuple[Need, ...]:
    """The port that goes or changes; the network and subnets of the one that comes."""
    here = _stays(router, wanted)
    if here and wanted:
        network = network_at(world, here.network_id)
        named = [one.subnet_id for one in wanted.fixed_ips or () if one.subnet_id]
        subnets = (stream_of("subnet", id) for id in (*(network.subnet_ids if network else ()), *named))
        touched = (stream_of("port", here.port_id), stream_of("network", here.network_id), *subnets)
        return touched if wanted.fixed_ips else ()
    old = (stream_of("port", router.gateway.port_id),) if router.gateway else ()
    return (*old, *(port_needs(gateway_port(router, wanted), world) if wanted else ()))


def new_plans(wanted: Iterable[tuple[Router, WantedGateway]], world: World) -> tuple[PortPlan, ...]:
    """The ports of new ways out. Raises 404, 400 (no external network, the address of its own gateway)."""
    pairs = []
    for router, gateway in wanted:
        network = _external(gateway.network_id, world)
        _check_addresses(gateway, network, world)
        pairs.append((gateway_port(router, gateway), network))
    return plans(pairs, world)


def _external(network_id: str, world: World) -> Network:
    network: Network = existing(world, "network", network_id).state
    if not network.external:
        raise bad_router(f"Network {network_id} is not an external network")
    return network


def _check_addresses(wanted: WantedGateway, network: Network, world: World) -> None:
    gateways = {existing(world, "subnet", id).state.gateway_ip for id in network.subnet_ids}
    for one in canonical_wishes(wanted.fixed_ips or ()):
        if one.ip_address is not None and one.ip_address in gateways:
            raise bad_router(f"External IP {one.ip_address} is the same as the gateway IP")


def questions(router: Router, wanted: WantedGateway | None, world: World) -> tuple[Question, ...]:
    """What the port that comes or changes leaves open."""
    if wanted is None:
        return ()
    here = _stays(router, wanted)
    if here is None:
        (plan,) = new_plans(((router, wanted),), world)
        return tuple(making_questions(plan))
    if not wanted.fixed_ips:
        return ()
    _check_addresses(wanted, _external(wanted.network_id, world), world)
    question = address_plan(_port(here, world), {"fixed_ips": wanted.fixed_ips}, world).question
    return (question,) if question else ()


def _port(gateway: Gateway, world: World) -> Port:
    found: Port = existing(world, "port", gateway.port_id).state
    return found


def changed(router: Router, wanted: WantedGateway | None, world: World) -> GatewayChange:
    """From the way out that there is to the wanted one. Raises 404, 400, 409 (no address left)."""
    gateway = router.gateway
    if wanted is None:
        if gateway is None:
            return GatewayChange()
        cleared = RouterGatewayCleared(router.id, gateway.network_id, gateway.port_id)
        return GatewayChange((cleared,), _removed(gateway, world), _unused(router))
    here = _stays(router, wanted)
    if here is not None:
        return _altered(router, here, wanted, world)
    (plan,) = new_plans(((router, wanted),), world)
    placed = set_by(router, wanted, plan, world)
    if gateway is None:
        return placed
    return GatewayChange(placed.facts, (*_removed(gateway, world), *placed.ports), _unused(router))


def _removed(gateway: Gateway, world: World) -> tuple[Change, ...]:
    return tuple(port_removal(one) for one in ports_at(world, (gateway.port_id,)))


def _unused(router: Router) -> tuple[NoneRefers, ...]:
    """Guard: no floating IP needs the way out that goes."""
    return (NoneRefers("floatingip", "router_id", router.id),)


def set_by(router: Router, wanted: WantedGateway, plan: PortPlan, world: World) -> GatewayChange:
    """The way out by a port that is made for it. Raises 400, 409."""
    held = fixed_ips_of(plan, mac_of(plan, world), world)
    before = router.gateway
    as_it_is = before.enable_snat if before else True
    fact = RouterGatewaySet(
        router_id=router.id,
        external_network_id=wanted.network_id,
        port_id=wanted.port_id,
        fixed_ips=held,
        enable_snat=as_it_is if wanted.enable_snat is None else wanted.enable_snat,
        external_network_before=before.network_id if before else "",
        port_before=before.port_id if before else "",
    )
    check_apart(replace(router, gateway=None), plan.subnets, world)
    return GatewayChange((fact,), (made(plan, world),))


def _altered(router: Router, here: Gateway, wanted: WantedGateway, world: World) -> GatewayChange:
    """Other addresses, SNAT on or off."""
    facts: list[RouterEvent] = []
    moved: tuple[Change, ...] = ()
    if wanted.fixed_ips:
        resource = existing(world, "port", here.port_id)
        events = tuple(_moved(resource.state, wanted, world))
        now: Port | None = fold(ports.evolve, resource.state, events)
        if events and now is not None:
            subnets = {one.subnet_id: existing(world, "subnet", one.subnet_id).state for one in now.fixed_ips}
            check_apart(replace(router, gateway=None), subnets.values(), world)
            facts.append(RouterGatewayAddressesChanged(router.id, here.port_id, here.fixed_ips, now.fixed_ips))
            moved = (change(resource, events),)
    if wanted.enable_snat not in (None, here.enable_snat):
        facts.append(RouterSnatChanged(router.id, not here.enable_snat))
    return GatewayChange(tuple(facts), moved)


def _moved(port: Port, wanted: WantedGateway, world: World) -> Iterator[PortEvent]:
    plan = address_plan(port, {"fixed_ips": wanted.fixed_ips}, world)
    for one in plan.removed:
        yield AddressReleased(port.id, one.subnet_id, one.ip_address)
    yield from allocated(port.id, (*plan.added, *chosen(plan.question, plan.choosable, world)))
