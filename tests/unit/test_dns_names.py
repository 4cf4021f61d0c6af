"""Names of guests: what may be one, and which name an address has."""

from __future__ import annotations

import pytest

from libs.commands import (
    CreateFloatingIps,
    CreateNetworks,
    CreatePorts,
    NewFloatingIp,
    NewNetwork,
    NewPort,
    UpdateNetwork,
    UpdatePort,
)
from libs.events import FloatingIpAllocated, NetworkCreated, NetworkDnsDomainChanged, PortCreated, PortDnsNameChanged
from libs.network import dns
from libs.network.kinds import body_of, resource_of, row_of
from tests.unit.given import given
from tests.unit.outside import FLOATING, HOLDER, PUBLIC, a_way_out
from tests.unit.people import NET, PORT, US, a_network, a_port, a_subnet

OURS = "openstacklocal."
LABEL = "a" * 63


@pytest.mark.parametrize(
    "name", ["web", "web-1", "1", "3com", "a.b.c", "web.example.org.", LABEL, f"{LABEL}.org", "x--y"]
)
def test_a_name_of_labels(name: str) -> None:
    assert dns.flaw(name) == ""


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("-web", "hyphen"),
        ("web-", "hyphen"),
        ("a..b", "empty component"),
        (".", "empty component"),
        ("web.", ""),
        ("we b", "alphanumeric"),
        ("web\n", "alphanumeric"),
        ("wéb", "alphanumeric"),
        ("web_1", "alphanumeric"),
        ("a" * 64, "1-63"),
        ("web.10", "all numeric"),
        (".".join([LABEL] * 5), "255 character"),
    ],
)
def test_what_is_no_name(name: str, why: str) -> None:
    assert why in dns.flaw(name) and bool(dns.flaw(name)) == bool(why)


@pytest.mark.parametrize("name", ["web", "a.b", f"web.{OURS}", f"a.b.{OURS}"])
def test_a_guests_name_stands_below_its_domain(name: str) -> None:
    assert dns.flaw_below(name, OURS) == ""


@pytest.mark.parametrize("name", ["web.example.org.", OURS, f".{OURS}", "web.", ".".join([LABEL] * 4)])
def test_a_whole_name_elsewhere_or_one_that_becomes_too_long_is_refused(name: str) -> None:
    assert dns.flaw_below(name, OURS)


def test_each_address_has_a_name() -> None:
    assert dns.assignments("", OURS, ["10.0.0.5", "fd00::"]) == [
        {"ip_address": "10.0.0.5", "hostname": "host-10-0-0-5", "fqdn": "host-10-0-0-5.openstacklocal."},
        {"ip_address": "fd00::", "hostname": "host-fd00--0", "fqdn": "host-fd00--0.openstacklocal."},
    ]
    assert dns.assignments("web", "example.org.", ["10.0.0.5"]) == [
        {"ip_address": "10.0.0.5", "hostname": "web", "fqdn": "web.example.org."}
    ]
    assert dns.assignments("web.example.org.", "example.org.", ["10.0.0.5"])[0]["fqdn"] == "web.example.org."


BLUE = (a_network(), *a_subnet())


def test_a_port_is_made_with_its_name() -> None:
    outcome = given(*BLUE).when(CreatePorts((NewPort(PORT, NET, US, dns_name="web"),)))
    [created] = outcome.of(PortCreated)
    assert (created.dns_name, created.dns_domain) == ("web", OURS)
    resource = outcome.after().resources[f"port-{PORT}"]
    assert body_of(resource)["dns_assignment"] == [
        {"ip_address": "10.0.0.2", "hostname": "web", "fqdn": "web.openstacklocal."}
    ]
    assert resource_of(row_of(resource)) == resource


def test_a_name_of_another_domain_is_refused() -> None:
    wrong = "web.example.org."
    made = given(*BLUE).when(CreatePorts((NewPort(PORT, NET, US, dns_name=wrong),)))
    made.refused(400, "HTTPBadRequest", "dns_name", "higher level labels")
    changed = given(*BLUE, *a_port("10.0.0.5")).when(UpdatePort(PORT, {"dns_name": wrong}))
    changed.refused(400, "HTTPBadRequest", "dns_name")


def test_a_ports_name_changes_and_goes() -> None:
    story = given(*BLUE, *a_port("10.0.0.5"))
    named = story.when(UpdatePort(PORT, {"dns_name": "web"})).then(PortDnsNameChanged(PORT, "", "web")).after()
    named.when(UpdatePort(PORT, {"dns_name": "web"})).then()
    gone = named.when(UpdatePort(PORT, {"dns_name": ""})).then(PortDnsNameChanged(PORT, "web", "")).after()
    assert body_of(gone.resources[f"port-{PORT}"])["dns_assignment"][0]["hostname"] == "host-10-0-0-5"


def test_a_network_has_a_domain_as_data() -> None:
    outcome = given().when(CreateNetworks((NewNetwork(NET, US, dns_domain="example.org."),)))
    [created] = outcome.of(NetworkCreated)
    assert created.dns_domain == "example.org."
    changed = outcome.after().when(UpdateNetwork(NET, {"dns_domain": ""}))
    changed.then(NetworkDnsDomainChanged(NET, "example.org.", ""))
    resource = outcome.after().resources[f"network-{NET}"]
    assert resource_of(row_of(resource)) == resource


def test_a_floating_ip_has_both_or_neither() -> None:
    def asked(**names: str):
        new = NewFloatingIp(FLOATING, HOLDER, US, PUBLIC, **names)
        return given(*a_way_out()).when(CreateFloatingIps((new,)))

    outcome = asked(dns_name="web", dns_domain="example.org.")
    [allocated] = outcome.of(FloatingIpAllocated)
    assert (allocated.dns_name, allocated.dns_domain) == ("web", "example.org.")
    resource = outcome.after().resources[f"floatingip-{FLOATING}"]
    assert resource_of(row_of(resource)) == resource and body_of(resource)["dns_name"] == "web"
    asked(dns_name="web").refused(400, "BadRequest", "dns_domain")
    asked(dns_domain="example.org.").refused(400, "BadRequest", "dns_name")
