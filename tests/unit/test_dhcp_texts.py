"""Generated text re-parses to exactly the model, whatever nonsense or malice the facts hold (SECURITY.md section 6)."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from libs.materialise.dhcp import Desired, Place, Served, serve, text_of
from libs.model import DhcpOption, HostRoute
from libs.network.dhcp_options import NAMES_OF
from tests.fakes.dhcp_facts import HOST, Facts, an_id
from tests.fakes.dnsmasq_files import read_hosts, read_options, read_port_options

PLACE = Place(HOST, "/var/lib/netledger/agent_dhcp", "@compute1")
VICTIM = "fa:16:3e:00:00:01"


OPTION_NAMES = [
    (name, version)
    for version, names in NAMES_OF.items()
    for name in (*names.values(), "43", "67", "121", "254", "249")
]
NASTY = st.one_of(
    st.text(max_size=60),
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=255),
    st.text(st.sampled_from('",\\#: \n[]/.0123456789abif=;tag'), max_size=60),
    st.sampled_from(
        ["10.0.0.1", "10.0.0.1,10.0.0.2", "fd00::1", "1500", "aa:bb", "a.example,b.example", "10.0.0.0/8,10.0.0.1", ""]
    ),
)
OPTIONS = st.lists(
    st.builds(DhcpOption, st.sampled_from(OPTION_NAMES).map(lambda one: one[0]), NASTY, st.sampled_from((4, 6))),
    max_size=6,
)


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


def facts_of(
    guests: Any, dns: Any, routes: Any, gateway: str | None, cidr: str, ids: tuple[str, str], options: Any = ()
) -> Facts:
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
        port_id = facts.port(network_id, mac, (subnet_id, address), (hostile, address))
        facts.options(port_id, *options)
    facts.port(network_id, ids[1], (ids[1], "10.0.0.9"))
    return facts


def served(facts: Facts) -> Served:
    """What the only network of these facts takes."""
    desired = Desired()
    for recorded in facts.said:
        desired.take(recorded)
    (network_id,) = [one for one in desired.networks]
    view = desired.view(network_id)
    assert view is not None
    wanted = serve(view, PLACE)
    assert wanted is not None, "the good subnet is served whatever the other one is"
    return wanted


@settings(max_examples=300, deadline=None)
@given(
    GUESTS,
    st.lists(EVIL, max_size=3),
    st.lists(st.tuples(EVIL | st.just("192.0.2.0/24"), EVIL), max_size=3),
    st.none() | EVIL,
    EVIL | st.just("10.7.0.0/16"),
    st.tuples(EVIL | st.just(an_id(0x66)), EVIL),
    OPTIONS,
)
def test_whatever_the_facts_hold_the_files_say_what_the_model_says(
    guests: Any, dns: Any, routes: Any, gateway: str | None, cidr: str, ids: tuple[str, str], options: Any
) -> None:
    wanted = served(facts_of(guests, dns, routes, gateway, cidr, ids, options))
    for port_id, lines in wanted.hosts.items():
        assert read_hosts(text_of(lines)) == lines
        assert re.fullmatch(r"[0-9a-f-]{36}", port_id), "a port's id is its file's name"
    assert read_options(text_of(wanted.options)) == wanted.options
    for port_id, own in wanted.port_options.items():
        assert read_port_options(text_of(own)) == own
        assert {line.tag for line in own} == {f"port-{port_id}"} == {f"{line.tag}" for line in wanted.hosts[port_id]}
    everyone = [line for lines in wanted.hosts.values() for line in lines]
    victims = [line.address for line in everyone if line.mac == VICTIM]
    assert victims[-1:] == ["10.0.0.4"], "nobody's port may speak for another MAC"
    for word in wanted.command:
        assert re.fullmatch(r"[ -~]+", word) and " " not in word
    assert all("\n" not in word and word.count("--dhcp-range") <= 1 for word in wanted.command)


def test_a_comma_in_a_mac_does_not_give_the_victim_another_address() -> None:
    facts = facts_of([(f"fa:16:3e:00:00:02,{VICTIM}", "10.0.0.66")], (), (), None, "10.7.0.0/16", (an_id(0x66), "x"))
    wanted = served(facts)
    assert all(line.address != "10.0.0.66" for lines in wanted.hosts.values() for line in lines)
    assert any("not a valid MAC" in text for text in wanted.refused)


def test_a_foreign_subnets_address_is_not_handed_out() -> None:
    facts = Facts()
    network_id, subnet_id = facts.served_network()
    facts.port(network_id, VICTIM, (subnet_id, "192.0.2.1"))
    wanted = served(facts)
    assert wanted.hosts == {}
    assert "is not on subnet" in wanted.refused[0]


@settings(max_examples=500, deadline=None)
@given(OPTIONS)
def test_a_ports_options_say_what_the_model_says_and_nothing_else(options: list[DhcpOption]) -> None:
    facts = facts_of([("fa:16:3e:00:00:02", "10.0.0.5")], (), (), None, "10.7.0.0/16", (an_id(0x66), "x"), options)
    wanted = served(facts)
    for own in wanted.port_options.values():
        text = text_of(own)
        assert read_port_options(text) == own
        assert text.count("\n") == len(own)
        assert max(len(line) for line in text.splitlines()) < 1024, "dnsmasq reads that much at a time"
