"""Ports, subnets and networks that routers hold: what the other APIs may do to them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from libs.commands import (
    CreateSubnets,
    DeleteNetwork,
    DeletePort,
    DeleteSubnet,
    NewSubnet,
    UpdatePort,
    UpdateSubnet,
    WantedAddress,
)
from libs.eventlog.protocol import NoneRefers
from libs.events import (
    AddressAllocated,
    FloatingIpReleased,
    PortAdminStateChanged,
    PortDeviceChanged,
    PortRenamed,
    SubnetGatewayChanged,
)
from libs.network import decisions
from tests.unit.edge import a_running_edge, an_edge, then_did
from tests.unit.given import admin, given
from tests.unit.outside import (
    FLOATING,
    FLOATING2,
    GATEWAY_PORT,
    HOLDER,
    HOLDER2,
    INTERFACE,
    PUBLIC,
    ROUTER,
    a_floating_ip,
    ours,
    stands_for,
    the_public_network,
)
from tests.unit.people import NET, PORT, SUBNET, SUBNET6, US, a_port


@pytest.mark.parametrize(
    ("port", "owner"), [(INTERFACE, "network:router_interface"), (GATEWAY_PORT, "network:router_gateway")]
)
def test_a_routers_port_is_not_deleted_by_itself(port: str, owner: str):
    past = an_edge().by(admin())
    words = f"Port {port} cannot be deleted directly via the port API: has device owner {owner}."
    past.when(DeletePort(port)).refused(409, "ServicePortInUse", words)
    assert past.when(DeletePort(port, own=True)).events


@pytest.mark.parametrize(
    ("changes", "operation"),
    [
        ({"device_id": ""}, "device update"),
        ({"device_owner": "compute:nova"}, "device update"),
        ({"fixed_ips": (WantedAddress(SUBNET, "10.0.0.7"),)}, "fixed_ips update"),
        ({"fixed_ips": ()}, "fixed_ips update"),
        ({"host": "compute1"}, "binding update"),
        ({"host": ""}, "binding update"),
        ({"mac_address": "fa:16:3e:00:00:99"}, "mac address update"),
    ],
)
def test_a_routers_port_keeps_what_its_router_gave_it(changes: dict, operation: str):
    words = f"Operation {operation} is not supported for device_owner network:router_interface on port {INTERFACE}."
    past = a_running_edge().by(admin())
    past.when(UpdatePort(INTERFACE, changes)).refused(409, "UnsupportedPortDeviceOwner", words)


def test_the_rest_of_it_may_change():
    past = a_running_edge().by(admin())
    changes = {"name": "left", "admin_state_up": False, "fixed_ips": (WantedAddress(SUBNET, "10.0.0.1"),)}
    past.when(UpdatePort(INTERFACE, changes)).then(
        PortRenamed(INTERFACE, "", "left"), PortAdminStateChanged(INTERFACE, False)
    )
    past.when(UpdatePort(INTERFACE, {"device_id": ROUTER, "host": "net1"})).then()


def test_a_port_that_only_says_to_be_the_routers_is_a_port_like_any_other():
    pretender = a_port("10.0.0.9", device_id=ROUTER, device_owner="network:router_interface")
    past = then_did(an_edge(*pretender))
    assert past.when(UpdatePort(PORT, {"device_id": ""})).of(PortDeviceChanged)
    assert past.when(DeletePort(PORT)).events


@pytest.mark.parametrize(
    ("device", "owner"), [("vm", "compute:nova"), ("", "network:router_interface"), ("dhcp-1", "network:dhcp")]
)
def test_an_update_of_any_other_port_reads_that_port_alone(device: str, owner: str):
    past = given(*a_port("10.0.0.9", device_id=device, device_owner=owner))
    world = replace(past.when(UpdatePort(PORT, {})).world, found={})
    assert decisions.needs(UpdatePort(PORT, {"name": "x"}), world) == (f"port-{PORT}",)


def test_a_subnet_keeps_the_gateway_address_that_a_router_holds():
    words = f"Current gateway ip 10.0.0.1 already in use by port {INTERFACE}. Unable to update."
    for gateway in (None, "10.0.0.254"):
        command = UpdateSubnet(SUBNET, {"gateway_ip": gateway, "allocation_pools": ()})
        an_edge().when(command).refused(409, "GatewayIpInUse", words)
    an_edge().when(UpdateSubnet(SUBNET, {"gateway_ip": "10.0.0.1"})).then()


def test_a_subnets_gateway_changes_while_no_router_holds_it():
    past = an_edge().when(UpdateSubnet(SUBNET, {"name": "v4"}))
    assert past.guards == ()
    assert past.world.found == {}
    free = then_did(an_edge())
    resources = {stream: one for stream, one in free.resources.items() if stream != f"router-{ROUTER}"}
    changed = type(free)(resources, free.actor).when(UpdateSubnet(SUBNET, {"gateway_ip": None}))
    changed.then(SubnetGatewayChanged(SUBNET, "10.0.0.1", None))
    assert changed.guards == (NoneRefers("router", "subnet_ids", SUBNET),)


def test_a_subnet_that_a_router_is_on_is_guarded_against_its_end():
    assert an_edge().when(DeleteSubnet(SUBNET)).guards == (NoneRefers("port", "subnet_ids", SUBNET),)


def test_gateways_and_interfaces_do_not_join_slaac_subnets_by_themselves():
    def slaac(network: str) -> NewSubnet:
        modes = {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
        return NewSubnet(SUBNET6, network, US, 6, "2001:db8::/64", **modes)

    for network in (NET, PUBLIC):
        made = an_edge().by(admin()).when(CreateSubnets((slaac(network),), (INTERFACE, GATEWAY_PORT)))
        assert made.of(AddressAllocated) == []


def test_a_public_network_ends_with_the_floating_ips_that_stand_for_nothing():
    past = given(*the_public_network(), *a_floating_ip(), *a_floating_ip("203.0.113.8", FLOATING2, HOLDER2)).by(admin())
    ended = past.when(DeleteNetwork(PUBLIC))
    assert [one.floatingip_id for one in ended.of(FloatingIpReleased)] == [FLOATING, FLOATING2]
    assert ended.guards == (NoneRefers("port", "network_id", PUBLIC, besides=(HOLDER, HOLDER2)),)
    assert set(ended.after().resources.values()) == {None}


def test_a_floating_ip_that_stands_for_a_port_keeps_its_network():
    used = ours(stands_for()).by(admin()).when(DeleteNetwork(PUBLIC))
    assert used.of(FloatingIpReleased) == []
    assert used.guards == (NoneRefers("port", "network_id", PUBLIC),)
