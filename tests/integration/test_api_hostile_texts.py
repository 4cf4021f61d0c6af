"""Hostile strings at every attribute that ends in a generated file, flow or command: refused, or inert; and never a fault of ours.

What the facts come to afterwards is rendered for a host and read back: dnsmasq's files, nftables, radvd's configuration, flows.
"""

from __future__ import annotations

import json
import re
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.commands import ScheduleDhcp, ScheduleRouter
from libs.kernel.names import checked_device, checked_namespace
from libs.materialise import dhcp, l3
from libs.materialise.l3 import nft
from libs.materialise.l3.advert import text_of as advert_text
from libs.materialise.ovs import flow, render
from libs.materialise.ovs.facts import Facts
from libs.materialise.ovs.security.guard import Asked
from libs.model import DHCP_AGENT, L3_AGENT, Actor, Context
from tests.fakes import nft as fake_nft
from tests.fakes import radvd_conf
from tests.fakes.dnsmasq_files import read_hosts, read_options, read_port_options
from tests.integration.api_world import World, api_world
from tests.integration.layer3_world import agent_on, public, routed

pytestmark = pytest.mark.postgres
HOST, VICTIM = "compute1", "fa:16:3e:00:00:01"
DHCP_PLACE, L3_PLACE = dhcp.Place(HOST, "/state/agent_dhcp", metadata=True), l3.Place(HOST, "/state/agent_l3")

HOSTILE = (
    f"10.0.0.5\n{VICTIM},evil,10.0.0.66",
    f"fa:16:3e:00:00:02,id:evil,{VICTIM}",
    f"10.0.0.5,{VICTIM}",
    "9.9.9.9,option:router,10.0.0.66",
    "tag:x,option:router,10.0.0.66",
    "set:evil",
    'a"b',
    'a", "b',
    "a\\",
    "a'b",
    "a;b",
    "a # b",
    "a{b}",
    "x; flush ruleset",
    "}\ntable inet evil {",
    "$(reboot)",
    "`reboot`",
    "| reboot",
    "--conf-file=/etc/passwd",
    "-x",
    "../../etc/passwd",
    "%s%n",
    "actions=normal",
    "in_port=1,actions=drop",
    "\r\nX-Evil: 1",
    "\x00",
    "\x1b[2J",
    "\u2028",
    "\u202ecod",
    "ä中\U0001f600",
    "١٠.٠.٠.٥",
    "10.0.0.5 ",
    " 10.0.0.5",
    "010.0.0.5",
    "10.0.5",
    "0x0a000005",
    "::ffff:10.0.0.5",
    "fe80::1%eth0",
    "[fd00::5]",
    "10.0.0.0/24,ra-only",
    "10.0.0.5/-1",
    "0.0.0.0/0",
    "fa:16:3e:0\uff10:00:02",
    "ff:ff:ff:ff:ff:ff",
    "x" * 255,
    "x" * 256,
    "x" * 70_000,
    "",
    " ",
)
Ask = tuple[str, str, str, Callable[[str], Any]]


def context() -> Context:
    return Context(Actor("topology", ""), "", uuid.uuid4().hex, "2026-11-22T10:00:00.000000Z")


class Place:
    """A tenant's network with a router, DHCP and a floating IP, all of it on one host; `asks`: where a text may be put."""

    def __init__(self, world: World) -> None:
        self.world, self.admin = world, world.admin
        external, _ = public(self.admin)
        self.router, self.network, self.subnet = routed(self.admin, external)
        self.six = self.admin.made("subnet", network_id=self.network, cidr="fd00::/64", ip_version=6)["id"]
        self.port = self.admin.made(
            "port", network_id=self.network, mac_address=VICTIM, fixed_ips=[{"ip_address": "10.0.0.4"}]
        )["id"]
        self.floating = self.admin.made("floatingip", floating_network_id=external, port_id=self.port)["id"]
        l3_agent, dhcp_agent = agent_on(world, HOST, L3_AGENT), agent_on(world, HOST, DHCP_AGENT)
        port_id = str(uuid.uuid4())
        world.ledger.commit(ScheduleDhcp(self.network, dhcp_agent, HOST, "nova", port_id), context())
        world.ledger.commit(ScheduleRouter(self.router, l3_agent, HOST, "nova"), context())
        self.asks = tuple(self._asks(external, l3_agent))

    def _asks(self, external: str, agent: str) -> Iterator[Ask]:
        """(method, path, kind, attributes out of a text)."""
        router, port = f"/v2.0/routers/{self.router}", f"/v2.0/ports/{self.port}"
        for kind, path in (
            ("network", self.network),
            ("subnet", self.subnet),
            ("port", self.port),
            ("router", self.router),
        ):
            for name in ("name", "description"):
                yield "PUT", f"/v2.0/{kind}s/{path}", kind, lambda text, name=name: {name: text}
        yield "POST", "/v2.0/networks", "network", lambda text: {"name": text, "description": text}
        for make in self._subnets():
            yield "PUT", f"/v2.0/subnets/{self.subnet}", "subnet", make
            yield "POST", "/v2.0/subnets", "subnet", lambda text, make=make: self._subnet("10.77.0.0/24") | make(text)
        yield (
            "POST",
            "/v2.0/subnets",
            "subnet",
            lambda text: {"network_id": self.network, "cidr": text, "ip_version": 4},
        )
        for make in self._ports():
            yield "PUT", port, "port", make
            yield "POST", "/v2.0/ports", "port", lambda text, make=make: {"network_id": self.network} | make(text)
        yield "PUT", router, "router", lambda text: {"routes": [{"destination": text, "nexthop": "10.0.0.9"}]}
        yield "PUT", router, "router", lambda text: {"routes": [{"destination": "10.9.0.0/16", "nexthop": text}]}
        gateway = {"network_id": external}
        yield "PUT", router, "router", lambda text: {"external_gateway_info": {"network_id": text}}
        yield (
            "PUT",
            router,
            "router",
            lambda text: {"external_gateway_info": gateway | {"external_fixed_ips": [{"ip_address": text}]}},
        )
        yield "PUT", f"{router}/add_router_interface", "", lambda text: {"subnet_id": text}
        for name in ("floating_ip_address", "fixed_ip_address", "port_id", "description"):
            yield (
                "POST",
                "/v2.0/floatingips",
                "floatingip",
                lambda text, name=name: {"floating_network_id": external, name: text},
            )
        yield "PUT", f"/v2.0/floatingips/{self.floating}", "floatingip", lambda text: {"description": text}
        yield "PUT", f"/v2.0/agents/{agent}", "agent", lambda text: {"description": text}
        yield from self._security()

    def _security(self) -> Iterator[Ask]:
        group = self.admin.post("/v2.0/security-groups", {"security_group": {"name": "g"}}).json["security_group"]["id"]
        yield "PUT", f"/v2.0/security-groups/{group}", "security_group", lambda text: {"name": text}
        yield "POST", "/v2.0/security-groups", "security_group", lambda text: {"name": text, "description": text}
        rule = {"security_group_id": group, "direction": "ingress", "protocol": "tcp"}
        for name in (
            *("security_group_id", "direction", "ethertype", "protocol", "port_range_min", "remote_ip_prefix"),
            *("remote_group_id", "remote_address_group_id", "description"),
        ):
            yield (
                "POST",
                "/v2.0/security-group-rules",
                "security_group_rule",
                lambda text, name=name: rule | {name: text},
            )
        for name in ("name", "description"):
            yield "POST", "/v2.0/address-groups", "address_group", lambda text, name=name: {name: text}
        yield "POST", "/v2.0/address-groups", "address_group", lambda text: {"addresses": [text]}

    def _subnet(self, cidr: str) -> dict[str, Any]:
        return {"network_id": self.network, "cidr": cidr, "ip_version": 4}

    def _subnets(self) -> Iterator[Callable[[str], dict[str, Any]]]:
        yield lambda text: {"dns_nameservers": [text]}
        yield lambda text: {"dns_nameservers": ["9.9.9.9", text]}
        yield lambda text: {"host_routes": [{"destination": text, "nexthop": "10.0.0.9"}]}
        yield lambda text: {"host_routes": [{"destination": "10.9.0.0/16", "nexthop": text}]}
        yield lambda text: {"allocation_pools": [{"start": text, "end": "10.0.0.200"}]}
        yield lambda text: {"ipv6_ra_mode": text}
        yield lambda text: {"gateway_ip": text}

    def _ports(self) -> Iterator[Callable[[str], dict[str, Any]]]:
        for name in ("name", "mac_address", "device_id", "device_owner", "binding:host_id"):
            yield lambda text, name=name: {name: text}
        yield lambda text: {"device_id": text, "device_owner": "compute:nova"}
        yield lambda text: {"binding:profile": {text: text}}
        yield lambda text: {"security_groups": [text]}
        yield lambda text: {"allowed_address_pairs": [{"ip_address": text}]}
        yield lambda text: {"allowed_address_pairs": [{"ip_address": "10.0.0.9", "mac_address": text}]}
        yield lambda text: {"fixed_ips": [{"ip_address": text}]}
        yield lambda text: {"fixed_ips": [{"subnet_id": text}]}
        yield lambda text: {"extra_dhcp_opts": [{"opt_name": text, "opt_value": "x"}]}
        for option in (
            "bootfile-name",
            "67",
            "router",
            "dns-server",
            "domain-search",
            "mtu",
            "T1",
            "sip-server",
            "254",
            "121",
        ):
            yield lambda text, option=option: {"extra_dhcp_opts": [{"opt_name": option, "opt_value": text}]}
        for option in ("bootfile-url", "dns-server", "ntp-server", "200"):
            yield lambda text, option=option: {
                "extra_dhcp_opts": [{"opt_name": option, "opt_value": text, "ip_version": 6}]
            }

    def send(self, ask: Ask, text: str) -> Iterator[str]:
        """Say it; yields the text while what it made is there, nothing when it was refused."""
        method, path, kind, make = ask
        body = {kind: make(text)} if kind else make(text)
        seen = self.admin.call(method, path, body)
        assert seen.status < 500, (method, path, body, seen.text)
        if seen.status >= 400:
            assert seen.error[1], "a refusal in Neutron's words"
            return
        yield text
        if method == "POST":
            assert self.admin.call("DELETE", f"{path}/{seen.json[kind]['id']}").status == 204


@pytest.fixture
def host(place: Place) -> Host:
    return Host(place)


@pytest.fixture(scope="module")
def place(database: Any) -> Iterator[Place]:
    for world in api_world(database):
        yield Place(world)


class Host:
    """What the facts come to on a host, read back as soon as it is rendered. lines: all options that dnsmasq was ever given; hosts:
    those that it has now."""

    def __init__(self, place: Place) -> None:
        self._place, self._position = place, 0
        self._dhcp, self._routers, self._flows = dhcp.Desired(), l3.Desired(), Facts()
        self.lines: set[str] = set()
        self.hosts: list[str] = []

    def follow(self) -> None:
        """Take in what was said since, and check what it comes to."""
        facts = list(self._place.world.log.read(self._position, 10_000))
        for one in facts:
            self._dhcp.take(one)
            self._routers.take(one)
            self._flows.take(one)
            self._position = one.position
        if facts:
            self._check_dhcp()
            self._check_router()
            self._check_flows()

    def _check_dhcp(self) -> None:
        """Every file re-parses to the model."""
        view = self._dhcp.view(self._place.network)
        assert view is not None
        wanted = dhcp.serve(view, DHCP_PLACE)
        assert wanted is not None
        checked_namespace(wanted.namespace)
        checked_device(wanted.device.name)
        assert all(re.fullmatch(r"[!-~]+", word) for word in wanted.command)
        assert read_options(dhcp.text_of(wanted.options)) == wanted.options
        self.lines |= {f"dhcp-option={line.text()}" for line in wanted.options}
        self.hosts = [f"dhcp-host={line.text()}" for own in wanted.hosts.values() for line in own]
        for port_id, own in wanted.hosts.items():
            assert str(uuid.UUID(port_id)) == port_id
            assert read_hosts(dhcp.text_of(own)) == own
            assert {line.mac for line in own} == {view.ports[port_id].mac_address}, "nobody speaks for another MAC"
        for more in wanted.port_options.values():
            assert read_port_options(dhcp.text_of(more)) == more
            self.lines |= {f"dhcp-option={line.text()}" for line in more}

    def _check_router(self) -> None:
        """nftables and radvd's configuration read back as what was meant; names are such as the kernel takes."""
        view = self._routers.view(self._place.router)
        assert view is not None
        wanted = l3.serve(view, L3_PLACE)
        assert wanted is not None
        checked_namespace(wanted.namespace)
        for device in wanted.devices:
            checked_device(device.name)
        table = fake_nft.run(nft.text(wanted.nat), None)
        assert table is not None
        assert nft.listed(json.loads(json.dumps(table.listed()))) == nft.ruleset(wanted.nat)
        assert len(radvd_conf.parse(advert_text(wanted.adverts))) == len(wanted.adverts)

    def _check_flows(self) -> None:
        """Each flow's text is that flow's alone."""
        for port in self._flows.ports.values():
            for id, body in (*render.local_port(port, 9, 3, Asked((1,), (2,))), *render.remote_port(port, 5, 9, 4)):
                line = flow.text_of(id, body)
                assert "\n" not in line
                assert flow.parse(id.bridge, line) == (id, body)


def test_hostile_texts_everywhere_are_refused_or_inert(place: Place, tmp_path: Path) -> None:
    host = Host(place)
    for ask in place.asks:
        for text in HOSTILE:
            for _ in place.send(ask, text):
                host.follow()
    taken = " ".join(host.lines)
    assert all(word in taken for word in ("bootfile-name", "option6:bootfile-url", "a\\", "tag:x,option:router"))
    conf = tmp_path / "conf"
    conf.write_text("".join(f"{line}\n" for line in (*sorted(host.lines), *host.hosts)))
    done = subprocess.run(["dnsmasq", "--test", f"--conf-file={conf}"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


ODD = st.one_of(
    st.text(max_size=300),
    st.text(st.sampled_from(",;:\"'\\#\n\r\t {}[]()$`|/=%.0123456789abcdefx"), max_size=60),
    st.builds("".join, st.lists(st.sampled_from(HOSTILE), max_size=3)),
)


@settings(
    max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data(), text=ODD)
def test_any_text_anywhere_is_refused_or_inert(place: Place, host: Host, data: st.DataObject, text: str) -> None:
    for _ in place.send(data.draw(st.sampled_from(place.asks)), text):
        host.follow()
