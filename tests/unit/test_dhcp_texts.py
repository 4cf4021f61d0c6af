"""Generated text re-parses to exactly the model, whatever nonsense or malice the facts hold (SECURITY.md section 6)."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from netaddr import IPAddress

from libs.materialise.dhcp import Desired, Place, serve, text_of
from libs.materialise.dhcp.texts import HostLine, OptionLine
from libs.model import HostRoute
from tests.fakes.dhcp_facts import HOST, Facts, an_id

PLACE = Place(HOST, "/var/lib/netledger/agent_dhcp", "@compute1")
VICTIM = "fa:16:3e:00:00:01"


def read_address(text: str) -> str:
    """As dnsmasq reads it: IPv6 in brackets."""
    address = text[1:-1] if text.startswith("[") else text
    assert text.startswith("[") == (IPAddress(address).version == 6)
    return address


def read_hosts(text: str) -> tuple[HostLine, ...]:
    """A dnsmasq host file with the three words that we write."""
    assert text == "" or text.endswith("\n")
    lines = []
    for line in text.splitlines():
        mac, name, address = line.split(",")
        assert re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", mac) and re.fullmatch(r"[a-z0-9-]+\.openstacklocal", name)
        lines.append(HostLine(mac, name, read_address(address)))
    return tuple(lines)


def read_options(text: str) -> tuple[OptionLine, ...]:
    """A dnsmasq options file: `tag:T,option:NAME,VALUE,..`, `tag:T,option6:NAME,..` or `tag:T,NUMBER,..`."""
    lines = []
    for line in text.splitlines():
        tag, option, *values = line.split(",")
        kind, _, name = option.rpartition(":")
        assert tag.startswith("tag:") and kind in ("", "option", "option6")
        version = 6 if kind == "option6" else 4
        read = [value if "/" in value or value == "openstacklocal" else read_address(value) for value in values]
        lines.append(OptionLine(tag[4:], version, name, tuple(read)))
    return tuple(lines)


EVIL = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            f"10.0.0.5\n{VICTIM},evil,10.0.0.66",
            f"10.0.0.5,{VICTIM}",
            "10.0.0.5 ",
            "10.0.0.5\r",
            "fa:16:3e:00:00:02,id:evil," + VICTIM,
            "fa:16:3e:00:00:02\n",
            "FA:16:3E:00:00:02",
            "10.0.0.0/24,ra-only",
            "0x0a000005",
            "010.0.0.5",
            "10.0.5",
            "::ffff:10.0.0.5",
            "fd00::5%eth0",
            "[fd00::5]",
            "fd00::",
            "9.9.9.9,option:router,10.0.0.66",
            "../../etc",
            "",
        ]
    ),
    st.ip_addresses().map(str),
)
GUESTS = st.lists(st.tuples(EVIL | st.just("fa:16:3e:00:00:02"), EVIL | st.just("10.0.0.5")), max_size=4)


def facts_of(guests: Any, dns: Any, routes: Any, gateway: str | None, cidr: str, ids: tuple[str, str]) -> Facts:
    facts = Facts()
    network_id, subnet_id = facts.served_network(gateway="10.0.0.1", subnet_id=an_id(0x51))
    facts.port(network_id, VICTIM, (subnet_id, "10.0.0.4"))
    hostile = facts.subnet(
        network_id,
        cidr,
        gateway=gateway,
        subnet_id=ids[0],
        dns_nameservers=tuple(dns),
        host_routes=tuple(HostRoute(*route) for route in routes),
        ip_version=4,
    )
    for mac, address in guests:
        facts.port(network_id, mac, (subnet_id, address), (hostile, address))
    facts.port(network_id, ids[1], (ids[1], "10.0.0.9"))
    return facts


@settings(max_examples=300, deadline=None)
@given(
    GUESTS,
    st.lists(EVIL, max_size=3),
    st.lists(st.tuples(EVIL | st.just("192.0.2.0/24"), EVIL), max_size=3),
    st.none() | EVIL,
    EVIL | st.just("10.7.0.0/16"),
    st.tuples(EVIL | st.just(an_id(0x66)), EVIL),
)
def test_whatever_the_facts_hold_the_files_say_what_the_model_says(
    guests: Any, dns: Any, routes: Any, gateway: str | None, cidr: str, ids: tuple[str, str]
) -> None:
    desired = Desired()
    facts = facts_of(guests, dns, routes, gateway, cidr, ids)
    for recorded in facts.said:
        desired.take(recorded)
    (network_id,) = [one for one in desired.networks]
    view = desired.view(network_id)
    assert view is not None
    wanted = serve(view, PLACE)
    assert wanted is not None, "the good subnet is served whatever the other one is"
    for port_id, lines in wanted.hosts.items():
        assert read_hosts(text_of(lines)) == lines
        assert re.fullmatch(r"[0-9a-f-]{36}", port_id), "a port's id is its file's name"
    assert read_options(text_of(wanted.options)) == wanted.options
    everyone = [line for lines in wanted.hosts.values() for line in lines]
    victims = [line.address for line in everyone if line.mac == VICTIM]
    assert victims[-1:] == ["10.0.0.4"], "nobody's port may speak for another MAC"
    for word in wanted.command:
        assert re.fullmatch(r"[ -~]+", word) and " " not in word
    assert all("\n" not in word and word.count("--dhcp-range") <= 1 for word in wanted.command)


def test_a_comma_in_a_mac_does_not_give_the_victim_another_address() -> None:
    facts = facts_of([(f"fa:16:3e:00:00:02,{VICTIM}", "10.0.0.66")], (), (), None, "10.7.0.0/16", (an_id(0x66), "x"))
    desired = Desired()
    for recorded in facts.said:
        desired.take(recorded)
    view = desired.view(next(iter(desired.networks)))
    assert view is not None
    wanted = serve(view, PLACE)
    assert wanted is not None
    assert all(line.address != "10.0.0.66" for lines in wanted.hosts.values() for line in lines)
    assert any("not a valid MAC" in text for text in wanted.refused)


def test_a_foreign_subnets_address_is_not_handed_out() -> None:
    facts = Facts()
    network_id, subnet_id = facts.served_network()
    facts.port(network_id, VICTIM, (subnet_id, "192.0.2.1"))
    desired = Desired()
    for recorded in facts.said:
        desired.take(recorded)
    view = desired.view(network_id)
    assert view is not None
    wanted = serve(view, PLACE)
    assert wanted is not None
    assert wanted.hosts == {}
    assert "is not on subnet" in wanted.refused[0]
