"""Subnets: what can be changed of them."""

from __future__ import annotations

import pytest

from libs.commands import UpdateSubnet
from libs.events import (
    SubnetDescribed,
    SubnetDhcpChanged,
    SubnetDnsServersChanged,
    SubnetGatewayChanged,
    SubnetHostRoutesChanged,
    SubnetPoolsChanged,
    SubnetRenamed,
)
from libs.model import HostRoute
from tests.unit.given import given
from tests.unit.people import (
    SUBNET,
    SUBNET6,
    a_network,
    a_subnet,
    pool,
)


def test_an_update_says_what_changed_and_only_that():
    routes = (HostRoute("10.9.0.0/16", "10.0.0.9"),)
    changes = {
        "name": "green",
        "description": "of grass",
        "gateway_ip": "10.0.0.254",
        "allocation_pools": (pool("10.0.0.10", "10.0.0.20"),),
        "dns_nameservers": ("192.0.2.53",),
        "host_routes": routes,
        "enable_dhcp": False,
    }
    given(a_network(), *a_subnet()).when(UpdateSubnet(SUBNET, changes)).then(
        SubnetRenamed(SUBNET, "", "green"),
        SubnetDescribed(SUBNET, "", "of grass"),
        SubnetGatewayChanged(SUBNET, "10.0.0.1", "10.0.0.254"),
        SubnetPoolsChanged(SUBNET, (pool("10.0.0.2", "10.0.0.254"),), (pool("10.0.0.10", "10.0.0.20"),)),
        SubnetDnsServersChanged(SUBNET, (), ("192.0.2.53",)),
        SubnetHostRoutesChanged(SUBNET, (), routes),
        SubnetDhcpChanged(SUBNET, False),
    )


def test_an_update_to_what_is_already_so_changes_nothing():
    outcome = given(a_network(), *a_subnet()).when(UpdateSubnet(SUBNET, {"name": "", "gateway_ip": "10.0.0.1"}))
    assert outcome.decision.changes == () and outcome.decision.touched == (f"subnet-{SUBNET}",)


def test_a_new_gateway_must_leave_the_pools_alone():
    past = given(a_network(), *a_subnet())
    past.when(UpdateSubnet(SUBNET, {"gateway_ip": "10.0.0.9"})).refused(409, "GatewayConflictWithAllocationPools")
    past.when(UpdateSubnet(SUBNET, {"gateway_ip": None})).then(SubnetGatewayChanged(SUBNET, "10.0.0.1", None))


@pytest.mark.parametrize(
    "changes, status, type",
    [
        ({"gateway_ip": "10.0.0.255"}, 400, "InvalidInput"),
        ({"gateway_ip": "2001:db8::1"}, 400, "InvalidInput"),
        ({"gateway_ip": "cat"}, 400, "InvalidInput"),
        ({"dns_nameservers": ("2001:db8::53",)}, 400, "InvalidInput"),
        ({"dns_nameservers": tuple(f"192.0.2.{n}" for n in range(6))}, 400, "DNSNameServersExhausted"),
        ({"host_routes": (HostRoute("cat", "10.0.0.9"),)}, 400, "InvalidInput"),
    ],
)
def test_what_cannot_be_made_cannot_be_changed_to_either(changes, status, type):
    given(a_network(), *a_subnet(allocation_pools=())).when(UpdateSubnet(SUBNET, changes)).refused(status, type)


def test_dhcp_stays_on_where_ipv6_modes_need_it():
    off = UpdateSubnet(SUBNET6, {"enable_dhcp": False})
    for modes in ({"ipv6_ra_mode": "slaac"}, {"ipv6_address_mode": "slaac"}):
        past = given(a_network(), *a_subnet("2001:db8::/64", SUBNET6, **modes))
        past.when(off).refused(400, "InvalidInput", "Cannot disable enable_dhcp")
    given(a_network(), *a_subnet("2001:db8::/64", SUBNET6)).when(off).then(SubnetDhcpChanged(SUBNET6, False))


def test_dhcp_cannot_be_switched_on_where_it_cannot_serve():
    past = given(a_network(), *a_subnet("10.0.0.0/31", enable_dhcp=False))
    past.when(UpdateSubnet(SUBNET, {"enable_dhcp": True})).refused(400, "InvalidInput", "incompatible with DHCP")
