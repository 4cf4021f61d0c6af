"""What dnsmasq is given, text for text, for the networks that people really make."""

from __future__ import annotations

from typing import Any

import pytest

from libs import events
from libs.materialise.dhcp import Desired, Place, Served, View, serve, text_of
from libs.model import HostRoute
from tests.fakes.dhcp_facts import HOST, Facts, an_id

PLACE = Place(HOST, "/var/lib/netledger/agent_dhcp")
SUBNET = an_id(0x51)
SUBNET_6 = an_id(0x56)


def view_of(facts: Facts, network_id: str) -> View:
    desired = Desired()
    for recorded in facts.said:
        desired.take(recorded)
    view = desired.view(network_id)
    assert view is not None
    return view


def served(facts: Facts, network_id: str) -> Served:
    wanted = serve(view_of(facts, network_id), PLACE)
    assert wanted is not None
    return wanted


def options_of(**subnet: Any) -> str:
    """The options file of a network with one IPv4 subnet and a DHCP server at .2."""
    facts = Facts()
    network_id, _ = facts.served_network(subnet_id=SUBNET, **subnet)
    return text_of(served(facts, network_id).options)


def test_a_plain_network_in_full() -> None:
    facts = Facts()
    network_id = facts.network(mtu=1450, network_id=an_id(0xA1))
    facts.subnet(
        network_id, "10.0.0.0/24", gateway="10.0.0.1", subnet_id=SUBNET, dns_nameservers=("9.9.9.9", "8.8.8.8")
    )
    facts.schedule(network_id)
    own = facts.dhcp_port(network_id, "fa:16:3e:dc:00:01", (SUBNET, "10.0.0.2"))
    guest = facts.port(network_id, "fa:16:3e:00:00:05", (SUBNET, "10.0.0.5"), host="compute2")
    wanted = served(facts, network_id)
    folder = f"/var/lib/netledger/agent_dhcp/qdhcp-{network_id}"
    assert (wanted.namespace, wanted.folder) == (f"qdhcp-{network_id}", folder)
    assert (wanted.device.tap, wanted.device.name) == (f"tap{own[:11]}", f"ns-{own[:11]}")
    assert (wanted.device.mac, wanted.device.mtu) == ("fa:16:3e:dc:00:01", 1450)
    assert (wanted.device.addresses, wanted.device.gateway) == (("10.0.0.2/24",), "10.0.0.1")
    assert wanted.command == (
        "dnsmasq",
        "--conf-file=/dev/null",
        "--no-hosts",
        "--no-resolv",
        f"--pid-file={folder}/pid",
        f"--dhcp-leasefile={folder}/leases",
        f"--dhcp-hostsdir={folder}/hosts.d",
        f"--dhcp-optsfile={folder}/options",
        f"--dhcp-optsdir={folder}/opts.d",
        "--bind-dynamic",
        f"--interface=ns-{own[:11]}",
        "--except-interface=lo",
        "--dhcp-authoritative",
        "--dhcp-ignore-clid",
        "--quiet-dhcp",
        "--quiet-dhcp6",
        "--quiet-ra",
        "--domain=openstacklocal",
        "--local=/openstacklocal/",
        "--dhcp-option-force=option:mtu,1450",
        "--dhcp-lease-max=256",
        f"--dhcp-range=set:subnet-{SUBNET},10.0.0.0,static,255.255.255.0,86400s",
        "--synth-domain=openstacklocal,10.0.0.0/24,host-",
    )
    assert text_of(wanted.options) == (
        f"tag:subnet-{SUBNET},option:dns-server,9.9.9.9,8.8.8.8\ntag:subnet-{SUBNET},option:router,10.0.0.1\n"
    )
    hosts = {port_id: text_of(lines) for port_id, lines in wanted.hosts.items()}
    assert hosts == {guest: "fa:16:3e:00:00:05,host-10-0-0-5.openstacklocal,10.0.0.5\n"}


def test_without_dns_servers_the_dhcp_ports_themselves_answer_names() -> None:
    assert f"tag:subnet-{SUBNET},option:dns-server,10.0.0.2\n" in options_of()


def test_all_dhcp_servers_of_a_subnet_answer_names() -> None:
    facts = Facts()
    network_id, _ = facts.served_network(subnet_id=SUBNET)
    facts.dhcp_port(network_id, "fa:16:3e:dc:00:77", (SUBNET, "10.0.0.3"), host="compute2")
    assert "option:dns-server,10.0.0.2,10.0.0.3\n" in text_of(served(facts, network_id).options)


@pytest.mark.parametrize("nobody", ["0.0.0.0"])
def test_the_zero_address_means_no_dns_server(nobody: str) -> None:
    assert f"tag:subnet-{SUBNET},option:dns-server\n" in options_of(dns_nameservers=(nobody,))


def test_no_gateway_means_that_no_router_is_announced() -> None:
    assert f"tag:subnet-{SUBNET},option:router\n" in options_of(gateway=None)


def test_host_routes_come_with_the_default_route_since_clients_then_ignore_the_router() -> None:
    text = options_of(gateway="10.0.0.1", host_routes=(HostRoute("192.0.2.0/24", "10.0.0.9"),))
    routes = "192.0.2.0/24,10.0.0.9,0.0.0.0/0,10.0.0.1"
    assert f"tag:subnet-{SUBNET},option:classless-static-route,{routes}\n" in text
    assert f"tag:subnet-{SUBNET},249,{routes}\n" in text
    assert f"tag:subnet-{SUBNET},option:router,10.0.0.1\n" in text


def test_a_default_host_route_stands_in_for_a_gateway() -> None:
    text = options_of(gateway=None, host_routes=(HostRoute("0.0.0.0/0", "10.0.0.9"),))
    assert f"tag:subnet-{SUBNET},option:router,10.0.0.9\n" in text
    assert "classless" not in text


def test_subnets_of_one_network_are_on_link_for_each_other() -> None:
    facts = Facts()
    network_id, _ = facts.served_network(subnet_id=SUBNET, gateway="10.0.0.1")
    other = facts.subnet(network_id, "10.1.0.0/16", gateway="10.1.0.1", enable_dhcp=False)
    wanted = served(facts, network_id)
    assert "option:classless-static-route,10.1.0.0/16,0.0.0.0,0.0.0.0/0,10.0.0.1\n" in text_of(wanted.options)
    assert other not in " ".join(wanted.command), "a subnet without DHCP has no range"


def with_ipv6(ra: str | None, address: str | None) -> Served:
    """A network with an IPv6 subnet in these modes, a DHCP port and a guest on it."""
    facts = Facts()
    network_id = facts.network()
    modes = {"ipv6_ra_mode": ra, "ipv6_address_mode": address}
    facts.subnet(network_id, "fd00:9::/64", gateway="fd00:9::1", subnet_id=SUBNET_6, **modes)
    facts.subnet(network_id, "10.0.0.0/24", subnet_id=SUBNET)
    facts.schedule(network_id)
    facts.dhcp_port(network_id, "fa:16:3e:dc:00:01", (SUBNET, "10.0.0.2"), (SUBNET_6, "fd00:9::2"))
    facts.port(network_id, "fa:16:3e:00:00:05", (SUBNET, "10.0.0.5"), (SUBNET_6, "fd00:9::5"))
    return served(facts, network_id)


@pytest.mark.parametrize(
    ("ra", "address", "mode", "advertises", "fixed"),
    [
        ("dhcpv6-stateful", "dhcpv6-stateful", "static", True, True),
        ("dhcpv6-stateless", "dhcpv6-stateless", "ra-stateless", True, False),
        ("slaac", "slaac", "ra-only", True, False),
        ("slaac", None, "ra-only", True, False),
        (None, "dhcpv6-stateful", "static", False, True),
        (None, "dhcpv6-stateless", "static", False, False),
        (None, "slaac", None, False, False),
        (None, None, "static", False, True),
    ],
)
def test_ipv6_modes(ra: str | None, address: str | None, mode: str | None, advertises: bool, fixed: bool) -> None:
    wanted = with_ipv6(ra, address)
    ranges = [word for word in wanted.command if word.startswith(f"--dhcp-range=set:subnet-{SUBNET_6}")]
    assert ranges == ([f"--dhcp-range=set:subnet-{SUBNET_6},fd00:9::,{mode},64,86400s"] if mode else [])
    assert any(word.startswith("--ra-param") for word in wanted.command) is advertises
    assert ("--enable-ra" in wanted.command) is (advertises and mode == "static")
    lines = [line for port in wanted.hosts.values() for line in text_of(port).splitlines()]
    assert ("fa:16:3e:00:00:05,host-fd00-9--5.openstacklocal,[fd00:9::5]" in lines) is fixed
    assert "fa:16:3e:00:00:05,host-10-0-0-5.openstacklocal,10.0.0.5" in lines


def test_this_port_never_becomes_a_guests_router() -> None:
    wanted = with_ipv6("slaac", "slaac")
    assert f"--ra-param={wanted.device.name},0,0" in wanted.command


def test_ipv6_options_are_in_brackets_and_name_the_domain() -> None:
    text = text_of(with_ipv6("dhcpv6-stateful", "dhcpv6-stateful").options)
    assert f"tag:subnet-{SUBNET_6},option6:dns-server,[fd00:9::2]\n" in text
    assert f"tag:subnet-{SUBNET_6},option6:domain-search,openstacklocal\n" in text


def test_the_address_that_came_first_is_on_the_last_line_since_the_last_match_wins() -> None:
    facts = Facts()
    network_id, subnet_id = facts.served_network()
    guest = facts.port(network_id, "fa:16:3e:00:00:05", (subnet_id, "10.0.0.5"), (subnet_id, "10.0.0.6"))
    lines = served(facts, network_id).hosts[guest]
    assert [line.address for line in lines] == ["10.0.0.6", "10.0.0.5"]


class TestNotServed:
    """Networks that this host must leave alone."""

    def test_scheduled_elsewhere(self) -> None:
        facts = Facts()
        network_id, _ = facts.served_network()
        facts.unschedule(network_id)
        facts.schedule(network_id, "compute2")
        assert serve(view_of(facts, network_id), PLACE) is None

    def test_without_a_subnet_with_dhcp(self) -> None:
        facts = Facts()
        network_id, subnet_id = facts.served_network()
        facts.say(f"subnet-{subnet_id}", events.SubnetDhcpChanged(subnet_id, False))
        assert serve(view_of(facts, network_id), PLACE) is None

    def test_switched_off(self) -> None:
        facts = Facts()
        network_id, _ = facts.served_network()
        facts.say(f"network-{network_id}", events.NetworkAdminStateChanged(network_id, False))
        assert serve(view_of(facts, network_id), PLACE) is None

    def test_while_the_dhcp_port_has_no_address_yet(self) -> None:
        facts = Facts()
        network_id = facts.network()
        facts.subnet(network_id, "10.0.0.0/24")
        facts.schedule(network_id)
        facts.dhcp_port(network_id, "fa:16:3e:dc:00:01")
        assert serve(view_of(facts, network_id), PLACE) is None

    def test_with_another_hosts_dhcp_port_only(self) -> None:
        facts = Facts()
        network_id = facts.network()
        subnet_id = facts.subnet(network_id, "10.0.0.0/24")
        facts.schedule(network_id)
        facts.dhcp_port(network_id, "fa:16:3e:dc:00:01", (subnet_id, "10.0.0.2"), host="compute2")
        assert serve(view_of(facts, network_id), PLACE) is None


def test_a_gateway_outside_the_subnet_is_handed_out_but_is_no_route_of_ours() -> None:
    facts = Facts()
    network_id, _ = facts.served_network(gateway="192.0.2.1")
    wanted = served(facts, network_id)
    assert wanted.device.gateway is None
    assert "option:router,192.0.2.1\n" in text_of(wanted.options)


def test_the_way_out_is_the_gateway_of_a_subnet_where_this_port_has_an_address() -> None:
    facts = Facts()
    network_id = facts.network()
    facts.subnet(network_id, "10.1.0.0/24", gateway="10.1.0.1")
    roomy = facts.subnet(network_id, "10.2.0.0/24", gateway="10.2.0.1")
    facts.schedule(network_id)
    facts.dhcp_port(network_id, "fa:16:3e:dc:00:01", (roomy, "10.2.0.2"))
    assert served(facts, network_id).device.gateway == "10.2.0.1"


def test_an_ipv6_prefix_that_dnsmasq_cannot_advertise_is_left_out_and_said() -> None:
    facts = Facts()
    network_id, _ = facts.served_network()
    facts.subnet(network_id, "fd00::/80", ipv6_ra_mode="slaac", ipv6_address_mode="slaac")
    wanted = served(facts, network_id)
    assert not [word for word in wanted.command if "fd00" in word]
    assert any("/80" in text for text in wanted.refused)


@pytest.mark.parametrize("cidr", ["fe80::/64", "::ffff:1.2.3.0/120"])
def test_a_subnet_of_an_older_log_that_cannot_be_served_does_not_cost_the_others_theirs(cidr: str) -> None:
    facts = Facts()
    network_id, _ = facts.served_network(subnet_id=SUBNET)
    facts.subnet(network_id, cidr, subnet_id=SUBNET_6)
    wanted = served(facts, network_id)
    assert wanted.subnets == 1
    assert SUBNET_6 not in " ".join(wanted.command) + text_of(wanted.options)
    assert any(SUBNET_6 in text for text in wanted.refused)
