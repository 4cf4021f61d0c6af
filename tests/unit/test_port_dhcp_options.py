"""extra_dhcp_opts of a port: what can be asked for, what an update makes of it, and what is refused."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given as anything
from hypothesis import settings
from hypothesis import strategies as st

from libs.commands import CreatePorts, NewPort, UpdatePort, WantedDhcpOption
from libs.errors import Refusal
from libs.events import PortCreated, PortDhcpOptionsChanged
from libs.model import DhcpOption
from libs.network.dhcp_options import NAMES_OF, coded
from libs.network.kinds import body_of, resource_of, row_of
from tests.unit.given import Outcome, given
from tests.unit.people import NET, PORT, US, a_network, a_port, a_subnet

BLUE = (a_network(), *a_subnet())
BOOT, MTU = DhcpOption("bootfile-name", "pxelinux.0"), DhcpOption("mtu", "1400")


def wish(name: str, value: str | None, ip_version: int = 4) -> WantedDhcpOption:
    return WantedDhcpOption(name, value, ip_version)


def changed(present: tuple[DhcpOption, ...], *wishes: WantedDhcpOption) -> Outcome:
    past = (*BLUE, *a_port("10.0.0.5"), PortDhcpOptionsChanged(PORT, (), present))
    return given(*past).when(UpdatePort(PORT, {"dhcp_options": wishes}))


def refused(*wishes: WantedDhcpOption) -> str:
    outcome = given(*BLUE).when(CreatePorts((NewPort(PORT, NET, US, dhcp_options=wishes),)))
    assert isinstance(outcome.refusal, Refusal) and outcome.refusal.status == 400
    return outcome.refusal.message


def test_a_port_is_made_with_its_options_and_shows_them():
    new = NewPort(PORT, NET, US, dhcp_options=(wish("bootfile-name", "pxelinux.0"), wish("mtu", None)))
    (born,) = given(*BLUE).when(CreatePorts((new,))).of(PortCreated)
    assert born.dhcp_options == (BOOT,)
    resource = given(*BLUE, *a_port("10.0.0.5"), PortDhcpOptionsChanged(PORT, (), (BOOT,))).resources[f"port-{PORT}"]
    assert body_of(resource)["extra_dhcp_opts"] == [
        {"opt_name": "bootfile-name", "opt_value": "pxelinux.0", "ip_version": 4}
    ]
    assert resource_of(row_of(resource)) == resource


def test_an_update_sets_what_it_names_and_leaves_the_rest():
    after = (DhcpOption("bootfile-name", "ipxe.efi"), MTU, DhcpOption("bootfile-url", "tftp://[fd00::1]/a", 6))
    changed((BOOT, MTU), wish("bootfile-name", "ipxe.efi"), wish("bootfile-url", "tftp://[fd00::1]/a", 6)).then(
        PortDhcpOptionsChanged(PORT, (BOOT, MTU), after)
    )


def test_a_null_takes_an_option_away_of_its_ip_version_only():
    changed((BOOT, MTU), wish("mtu", None)).then(PortDhcpOptionsChanged(PORT, (BOOT, MTU), (BOOT,)))
    changed((BOOT, MTU), wish("mtu", None, 6)).then()


def test_what_is_as_it_was_is_no_fact():
    changed((BOOT, MTU), wish("mtu", "1400")).then()
    changed((BOOT,)).then()


def test_a_router_or_routes_may_be_withheld_as_in_neutron():
    changed((), wish("router", "")).then(PortDhcpOptionsChanged(PORT, (), (DhcpOption("router", ""),)))
    assert "extra_dhcp_opts 'mtu'" in refused(wish("mtu", ""))


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("no-such-option", "x", "there is no DHCP option"),
        ("0", "x", "there is no DHCP option"),
        ("255", "x", "there is no DHCP option"),
        ("0067", "x", "there is no DHCP option"),
        ("6\n7", "x", "there is no DHCP option"),
        ("tag:!ipxe,67", "x", "there is no DHCP option"),
        ("bootfile-url", "http://x/", "there is no DHCP option"),
        ("bootfile-name", "a\ntag:b,option:router,10.0.0.66", "printable ASCII"),
        ("bootfile-name", "a\x00", "printable ASCII"),
        ("bootfile-name", "ä", "printable ASCII"),
        ("bootfile-name", "x" * 256, "longer than 255"),
        ("router", "10.0.0.1,evil", "not a valid IP address"),
        ("router", "fd00::1", "IPv4"),
        ("dns-server", "9.9.9.9,option:router,10.0.0.66", "not a valid IP"),
        ("mtu", "70000", "at most 2 bytes"),
        ("mtu", "1400,1", "at most 2 bytes"),
        ("T1", "-1", "at most 4 bytes"),
        ("domain-search", "a.b,c d", "domain names"),
        ("classless-static-route", "10.0.0.0/8", "pairs"),
        ("classless-static-route", "10.0.0.0/8,10.0.0.1,::/0,fd00::1", "IPv4"),
        ("121", "1.2.3.4", "pairs"),
        ("254", "1/2", "neither a number"),
        ("sip-server", "1.2.3.4.5", "domain names"),
        ("43", "7", "neither bytes"),
        ("53", "5", "the server's own"),
        ("54", "10.0.0.66", "the server's own"),
        ("81", "x", "the server's own"),
    ],
)
def test_a_name_that_is_none_and_a_value_that_does_not_fit_are_refused(name: str, value: str, reason: str):
    assert reason in refused(wish(name, value))


def test_there_are_limits():
    assert "twice" in refused(wish("mtu", "1400"), wish("mtu", "1300"))
    assert "under another name" in refused(wish("bootfile-name", "a"), wish("67", "b"))
    assert "more than 20" in refused(*(wish(str(number), "x") for number in range(200, 221)))
    long = tuple(wish(str(number), "x" * 255) for number in range(200, 217))
    assert "4096 bytes" in refused(*long)


def test_every_name_is_one_of_dnsmasqs():
    for version, words in ((4, "dhcp"), (6, "dhcp6")):
        told = subprocess.run(["dnsmasq", "--help", words], capture_output=True, text=True, check=True).stdout
        theirs = {int(line.split()[0]): line.split()[1] for line in told.splitlines() if line[:4].strip().isdigit()}
        assert NAMES_OF[version] == theirs


@settings(max_examples=500, deadline=None)
@anything(
    st.sampled_from([(v, n) for v in NAMES_OF for n in [*NAMES_OF[v].values(), "254", "43"]]), st.text(max_size=300)
)
def test_whatever_is_asked_for_is_a_value_of_its_type_or_an_error(option: tuple[int, str], value: str):
    try:
        known = coded(DhcpOption(option[1], value, option[0]))
    except ValueError:
        return
    assert all(0x20 <= ord(char) < 0x7F for one in known.values for char in one)
    assert known.kind == "text" or all("," not in one and " " not in one for one in known.values)
