"""The cast of layer 3: a public network, a router that leads there from NET, floating IPs; facts that put them there."""

from __future__ import annotations

from typing import Any

from libs.commands import NewFloatingIp, UpdateFloatingIp
from libs.events import (
    AddressAllocated,
    Event,
    FloatingIpAllocated,
    FloatingIpAssociated,
    PortCreated,
    RouterCreated,
    RouterGatewaySet,
    RouterInterfaceAttached,
    RouterScheduled,
)
from libs.model import FixedIp
from tests.unit.given import Given, given, member
from tests.unit.people import MAC2, NET, PORT, PORT2, SUBNET, US, a_network, a_port, a_subnet, uuid_of

PUBLIC, PUBLIC_SUBNET, PUBLIC_SUBNET2 = uuid_of(101), uuid_of(111), uuid_of(112)
ROUTER, ROUTER2, GATEWAY_PORT, GATEWAY_PORT2 = uuid_of(121), uuid_of(122), uuid_of(131), uuid_of(132)
INTERFACE, INTERFACE2 = uuid_of(141), uuid_of(142)
FLOATING, FLOATING2, HOLDER, HOLDER2 = uuid_of(151), uuid_of(152), uuid_of(161), uuid_of(162)
L3 = uuid_of(171)


def the_public_network(*cidrs: str, **more: Any) -> tuple[Event, ...]:
    """An operator's external network, 203.0.113.0/24 unless told."""
    values: dict[str, Any] = {"name": "public", "external": True, "segmentation_id": 8, **more}
    network = a_network(PUBLIC, "operators", **values)
    ids = (PUBLIC_SUBNET, PUBLIC_SUBNET2)
    subnets = zip(cidrs or ("203.0.113.0/24",), ids, strict=False)
    return (network, *(event for cidr, id in subnets for event in a_subnet(cidr, id, PUBLIC, project_id="operators")))


def a_router(
    id: str = ROUTER, gateway: str | None = "203.0.113.2", port: str = GATEWAY_PORT, project: str = US
) -> tuple[Event, ...]:
    """A router with a gateway on the public network, or without."""
    made = RouterCreated(id, project, "r", "", True)
    if gateway is None:
        return (made,)
    return made, RouterGatewaySet(id, PUBLIC, port, (FixedIp(PUBLIC_SUBNET, gateway),), True)


def on_subnet(
    address: str = "10.0.0.1",
    id: str = ROUTER,
    port: str = INTERFACE,
    subnet: str = SUBNET,
    cidr: str = "10.0.0.0/24",
    network: str = NET,
) -> RouterInterfaceAttached:
    return RouterInterfaceAttached(id, port, network, subnet, address, cidr)


def runs_on(host: str = "net1", id: str = ROUTER) -> RouterScheduled:
    return RouterScheduled(id, L3, host, "nova")


def a_way_out() -> tuple[Event, ...]:
    """NET with SUBNET and our port on it, behind a router that leads to the public network and runs on net1."""
    inside = (a_network(), *a_subnet(), *a_port("10.0.0.5"))
    return (*the_public_network(), *inside, *a_router(), on_subnet(), runs_on())


def a_floating_ip(
    address: str = "203.0.113.7", id: str = FLOATING, holder: str = HOLDER, project: str = US
) -> tuple[Event, ...]:
    mac = f"fa:16:3e:ff:00:{int(address.rpartition('.')[2]):02x}"
    port = PortCreated(holder, PUBLIC, "", "", "", mac, True, id, "network:floatingip")
    made = FloatingIpAllocated(id, project, PUBLIC, PUBLIC_SUBNET, address, holder, "")
    return port, AddressAllocated(holder, PUBLIC_SUBNET, address), made


def stands_for(
    fixed: str = "10.0.0.5", port: str = PORT, id: str = FLOATING, address: str = "203.0.113.7", router: str = ROUTER
) -> FloatingIpAssociated:
    return FloatingIpAssociated(id, address, router, port, fixed, SUBNET)


def a_wish(id: str = FLOATING, holder: str = HOLDER, project: str = US, **more: Any) -> NewFloatingIp:
    return NewFloatingIp(id, holder, project, PUBLIC, **more)


def ours(*events: Event) -> Given:
    """Our port behind our router, and our floating IP; what we do."""
    return given(*a_way_out(), *a_floating_ip(), *events).by(member(US))


def point(port_id: str | None = PORT, fixed: str | None = None, **more: Any) -> UpdateFloatingIp:
    changes = {"port_id": port_id, **more}
    return UpdateFloatingIp(FLOATING, {**changes, "fixed_ip_address": fixed} if fixed else changes)


def another_port(*addresses: str, **more: Any) -> tuple[Event, ...]:
    return a_port(*(addresses or ("10.0.0.6",)), id=PORT2, mac=MAC2, **more)
