"""What a tenant and an operator do with routers and floating IPs, and what must hold in layer 3 after anything they did."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from libs.commands import (
    AddRouterInterface,
    CreateFloatingIps,
    CreateNetworks,
    CreateRouters,
    CreateSubnets,
    NewFloatingIp,
    NewNetwork,
    NewRouter,
    NewSubnet,
    ReportFloatingIp,
    ScheduleRouter,
    UpdateFloatingIp,
    UpdateRouter,
    WantedGateway,
)
from libs.model import AddressRange, is_uuid
from libs.network.claims import floating_claim, ip_claim, router_port_claim
from libs.network.resources import fold_recorded, kind_and_id
from tests.story.cloud import NOVA, OWNER, Cloud, user

L3_AGENTS = {"net1": "00000000-0000-4000-8000-0000000000b1", "compute1": "00000000-0000-4000-8000-0000000000b2"}


def the_outside(cloud: Cloud, cidr: str = "203.0.113.0/24", pool: tuple[str, str] | None = None) -> tuple[str, str]:
    """(external network, its subnet), the operator's."""
    network, subnet = cloud.new_id(), cloud.new_id()
    pools = (AddressRange(*pool),) if pool else None
    cloud.does(NOVA, CreateNetworks((NewNetwork(network, "operators", "public", external=True),)))
    cloud.does(NOVA, CreateSubnets((NewSubnet(subnet, network, "operators", 4, cidr, allocation_pools=pools),)))
    return network, subnet


def a_router(cloud: Cloud, project: str = OWNER) -> str:
    router = cloud.new_id()
    cloud.does(user(project), CreateRouters((NewRouter(router, project, "r"),)))
    return router


def leads(cloud: Cloud, router: str, network: str, project: str = OWNER) -> None:
    gateway = WantedGateway(network, cloud.new_id())
    cloud.does(user(project), UpdateRouter(router, {"gateway": gateway}))


def joins(cloud: Cloud, router: str, subnet: str, project: str = OWNER) -> str:
    """The port by which the router is on the subnet from now on."""
    port = cloud.new_id()
    cloud.does(user(project), AddRouterInterface(router, port, subnet_id=subnet))
    return port


def runs(cloud: Cloud, router: str, host: str = "net1") -> None:
    cloud.does(NOVA, ScheduleRouter(router, L3_AGENTS[host], host, "nova"))


def a_floating_ip(cloud: Cloud, network: str, project: str = OWNER, **more: Any) -> dict[str, Any]:
    wish = NewFloatingIp(cloud.new_id(), cloud.new_id(), project, network, **more)
    [row] = cloud.does(user(project), CreateFloatingIps((wish,))).rows
    body: dict[str, Any] = json.loads(row.body if row else "")
    return body


def points(cloud: Cloud, floating: dict[str, Any], port: str | None, project: str = OWNER) -> dict[str, Any]:
    [row] = cloud.does(user(project), UpdateFloatingIp(floating["id"], {"port_id": port})).rows
    body: dict[str, Any] = json.loads(row.body if row else "")
    return body


def reported(cloud: Cloud, floating: dict[str, Any], status: str, host: str = "net1") -> str:
    """The status after the agent of `host` said so about what the floating IP stands for at present."""
    now = cloud.body("floatingip", floating["id"])
    told = ReportFloatingIp(floating["id"], host, now["router_id"], now["fixed_ip_address"], status)
    cloud.does(NOVA, told)
    return str(cloud.body("floatingip", floating["id"])["status"])


def check_layer3(cloud: Cloud) -> None:
    """Routers, their ports and floating IPs fit together as the facts tell them, and so do the claims."""
    _check_claims(cloud.log.claims(), check_facts(cloud))


def check_facts(cloud: Cloud) -> dict[str, dict[str, Any]]:
    """Routers, their ports and floating IPs fit together as the facts tell them; {kind: {id: state}} of what is alive."""
    folded = fold_recorded(cloud.log.read(0, 1_000_000))
    alive: dict[str, dict[str, Any]] = {}
    for stream, resource in folded.items():
        kind, id = kind_and_id(stream)
        if resource is not None:
            alive.setdefault(kind, {})[id] = resource.state
    _check_routers(alive)
    _check_floating_ips(alive)
    _check_owned_ports(alive)
    return alive


def _check_routers(alive: dict[str, dict[str, Any]]) -> None:
    ports, networks, subnets = alive.get("port", {}), alive.get("network", {}), alive.get("subnet", {})
    for router in alive.get("router", {}).values():
        on = [one.subnet_id for one in router.interfaces]
        assert len(on) == len(set(on)), "one interface for each subnet"
        for one in router.interfaces:
            port = ports[one.port_id]
            assert (one.subnet_id, one.ip_address) in {(ip.subnet_id, ip.ip_address) for ip in port.fixed_ips}
            assert (port.device_owner, port.device_id) == ("network:router_interface", router.id)
            assert subnets[one.subnet_id].cidr == one.cidr
        if router.gateway:
            port = ports[router.gateway.port_id]
            assert port.fixed_ips == router.gateway.fixed_ips and port.network_id == router.gateway.network_id
            assert (port.device_owner, port.device_id) == ("network:router_gateway", router.id)
            assert networks[router.gateway.network_id].external
        assert {ports[id].host for id in router.port_ids} <= {router.host}, "its ports are where it runs"


def _check_floating_ips(alive: dict[str, dict[str, Any]]) -> None:
    ports, routers = alive.get("port", {}), alive.get("router", {})
    for floating in alive.get("floatingip", {}).values():
        [held] = ports[floating.own_port_id].fixed_ips
        assert (held.subnet_id, held.ip_address) == (floating.floating_subnet_id, floating.floating_ip_address)
        if floating.target is None:
            assert floating.status == "DOWN"
            continue
        to, router = floating.target, routers[floating.target.router_id]
        assert (to.subnet_id, to.ip_address) in {(ip.subnet_id, ip.ip_address) for ip in ports[to.port_id].fixed_ips}
        assert router.gateway and router.gateway.network_id == floating.floating_network_id, "a way out"
        assert to.subnet_id in {one.subnet_id for one in router.interfaces}, "a way in"


def _check_owned_ports(alive: dict[str, dict[str, Any]]) -> None:
    """No port of a router or floating IP is left without it. (A user may write such an owner, but knows no such id.)"""
    needed = {id for router in alive.get("router", {}).values() for id in router.port_ids}
    needed |= {floating.own_port_id for floating in alive.get("floatingip", {}).values()}
    owners = ("network:router_interface", "network:router_gateway", "network:floatingip")
    ports = alive.get("port", {}).values()
    assert {one.id for one in ports if one.device_owner in owners and is_uuid(one.device_id)} == needed


def _check_claims(claims: Iterable[str], alive: dict[str, dict[str, Any]]) -> None:
    ports, floating = alive.get("port", {}).values(), alive.get("floatingip", {}).values()
    wanted = [ip_claim(one.subnet_id, one.ip_address) for port in ports for one in port.fixed_ips]
    wanted += [floating_claim(one.target.port_id, one.target.ip_address) for one in floating if one.target]
    for router in alive.get("router", {}).values():
        wanted += [router_port_claim(router.id, one.subnet_id) for one in router.interfaces]
    assert max(Counter(wanted).values(), default=1) == 1, "addresses and targets are unique"
    sorts = ("ip/", "floating/", "router-port/")
    assert {key for key in claims if key.startswith(sorts)} == set(wanted)
