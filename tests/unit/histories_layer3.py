"""Random commands about routers and floating IPs on the few networks of `histories`, and the public network that they lead to."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from libs.commands import (
    AddRouterInterface,
    AddRoutes,
    Command,
    CreateFloatingIps,
    CreateNetworks,
    CreateRouters,
    CreateSubnets,
    DeleteFloatingIp,
    DeleteRouter,
    NewFloatingIp,
    NewNetwork,
    NewRouter,
    NewSubnet,
    RemoveRouterInterface,
    ReportFloatingIp,
    ScheduleRouter,
    UnscheduleRouter,
    UpdateFloatingIp,
    UpdateNetwork,
    UpdateRouter,
    WantedAddress,
    WantedGateway,
)
from libs.model import HostRoute
from tests.unit.people import THEM, US, uuid_of

PUBLIC, PUBLIC_SUBNET = uuid_of(102), uuid_of(203)
_inside = st.integers(0, 2).map(lambda n: uuid_of(200 + n))
_networks = st.sampled_from([PUBLIC, PUBLIC, PUBLIC, uuid_of(101)])
_ports = st.integers(0, 2).map(lambda n: uuid_of(300 + n))
_routers = st.sampled_from([uuid_of(500), uuid_of(500), uuid_of(500), uuid_of(501)])
_gateway_ports = st.integers(0, 1).map(lambda n: uuid_of(510 + n))
_interface_ports = st.integers(0, 3).map(lambda n: uuid_of(520 + n))
_floatings = st.sampled_from([uuid_of(530), uuid_of(530), uuid_of(531)])
_holders = st.integers(0, 1).map(lambda n: uuid_of(540 + n))
_agents = {"net1": uuid_of(551), "compute1": uuid_of(552), "broken": uuid_of(553)}
_hosts = st.sampled_from(sorted(_agents))
TAGGED = (("router", uuid_of(500)), ("floatingip", uuid_of(530)))
_public_addresses = st.sampled_from(["203.0.113.2", "203.0.113.5", "192.0.2.1"])
_routes = st.lists(
    st.builds(HostRoute, st.sampled_from(["10.9.0.0/16", "10.8.0.1/16"]), st.sampled_from(["10.0.0.6", "203.0.113.6"])),
    max_size=2,
).map(tuple)
_wishes = st.none() | st.lists(st.builds(WantedAddress, st.none(), _public_addresses), max_size=1).map(tuple)
_gateways = st.builds(WantedGateway, _networks, _gateway_ports, st.sampled_from([None, True, False]), _wishes)
_new_router = st.builds(NewRouter, _routers, st.sampled_from([US, THEM]), gateway=st.none() | _gateways)
_router_changes = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["", "edge"]),
        "admin_state_up": st.booleans(),
        "gateway": st.none() | _gateways | _gateways,
        "routes": _routes,
    },
)
_new_floating = st.builds(
    NewFloatingIp,
    _floatings,
    _holders,
    st.sampled_from([US, US, THEM]),
    st.just(PUBLIC),
    st.none() | _public_addresses,
    port_id=st.none() | _ports,
)


def _joins(draw: Any) -> AddRouterInterface:
    by_port = draw(st.booleans())
    router, port = draw(_routers), draw(_interface_ports)
    if by_port:
        return AddRouterInterface(router, port, port_id=draw(_ports))
    return AddRouterInterface(router, port, subnet_id=draw(_inside))


commands: st.SearchStrategy[Command] = st.one_of(
    st.lists(_new_router, min_size=1, max_size=2).map(lambda many: CreateRouters(tuple(many))),
    st.builds(UpdateRouter, _routers, _router_changes),
    st.builds(DeleteRouter, _routers),
    st.composite(_joins)(),
    st.composite(_joins)(),
    st.builds(RemoveRouterInterface, _routers, _inside),
    st.builds(RemoveRouterInterface, _routers, st.none(), _interface_ports | _ports),
    st.builds(AddRoutes, _routers, _routes),
    st.builds(lambda router, host: ScheduleRouter(router, _agents[host], host, "nova"), _routers, _hosts),
    st.builds(lambda router, host: UnscheduleRouter(router, _agents[host]), _routers, _hosts),
    st.lists(_new_floating, min_size=1, max_size=2).map(lambda many: CreateFloatingIps(tuple(many))),
    st.builds(UpdateFloatingIp, _floatings, st.fixed_dictionaries({"port_id": st.none() | _ports | _ports})),
    st.builds(DeleteFloatingIp, _floatings),
    st.builds(
        ReportFloatingIp,
        _floatings,
        st.just("net1"),
        _routers,
        st.sampled_from(["10.0.0.2", "10.0.1.2"]),
        st.sampled_from(["ACTIVE", "DOWN", "ERROR"]),
    ),
    st.builds(UpdateNetwork, st.just(PUBLIC), st.fixed_dictionaries({"external": st.booleans()})),
)
START: tuple[Command, ...] = (
    CreateNetworks(
        (NewNetwork(PUBLIC, US, "public", external=True, network_type="flat", physical_network="public"),),
    ),
    CreateSubnets((NewSubnet(PUBLIC_SUBNET, PUBLIC, US, 4, "203.0.113.0/29"),)),
    CreateRouters((NewRouter(uuid_of(500), US, "edge", gateway=WantedGateway(PUBLIC, uuid_of(510))),)),
    AddRouterInterface(uuid_of(500), uuid_of(520), subnet_id=uuid_of(200)),
    ScheduleRouter(uuid_of(500), _agents["net1"], "net1", "nova"),
    CreateFloatingIps((NewFloatingIp(uuid_of(530), uuid_of(540), US, PUBLIC, port_id=uuid_of(300)),)),
)
"""A way out, and a floating IP on it."""
OWN_IDS: dict[type, tuple[str, ...]] = {
    NewRouter: ("router_id",),
    WantedGateway: ("port_id",),
    AddRouterInterface: ("new_port_id",),
    NewFloatingIp: ("floatingip_id", "own_port_id"),
}
"""{what makes something: the ids that are new with it}"""
