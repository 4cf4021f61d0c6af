"""What a switch does with our flows: one suite over the pretended switch and Open vSwitch itself."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.config import Settings
from libs.kernel.hands import KernelRefused
from libs.materialise.ovs.flow import parse
from libs.model import AddressPair
from services.agent_ovs.brain import OvsBrain
from tests.contract.switch_rigs import FakeRig, RealRig, Rig
from tests.fakes.ovs_facts import APort, Facts
from tests.fakes.ovs_groups import Groups
from tests.fakes.switch import BROADCAST, Packet

MAPPINGS = {"physnet1": "br-physnet1", "public": "br-public"}


class Told:
    """A host with every kind of network and port on it."""

    def __init__(self, rig: Rig) -> None:
        self.rig, self.facts = rig, Facts()
        settings = Settings(
            host="h1",
            tunnel_ip="192.0.2.1",
            bridge_mappings=MAPPINGS,
            state_dir="",
            ovs_rundir=rig.rundir,
            datapath_type="netdev",
        )
        self.brain = OvsBrain(settings, rig)
        rig.tell = self.brain.told
        self.brain.prepare()
        self.facts.agent("h2", "192.0.2.2", "02:00:00:00:00:02")
        self.kinds = {
            "vxlan": self.facts.network("vxlan", 5001),
            "vlan": self.facts.network("vlan", 101, "physnet1"),
            "flat": self.facts.network("flat", None, "public"),
            "local": self.facts.network("local", None),
        }
        self.here = {kind: [self._boot(net, kind, number) for number in (1, 2)] for kind, net in self.kinds.items()}
        self.guarded = self._guarded()
        self.there = {kind: self.facts.port(net, "h2", "10.0.0.3") for kind, net in self.kinds.items()}
        for recorded in self.facts.log:
            self.brain.take(recorded)
        self.settle()

    def _boot(self, network: str, kind: str, number: int) -> APort:
        port = self.facts.port(network, "h1", f"10.0.0.{number}")
        self.rig.plug(port.id)
        return port

    def _guarded(self) -> list[APort]:
        """Servers with every kind of rule and source that there is."""
        groups = Groups(self.facts)
        mine, lone, peers = groups.group(), groups.group(stateful=False), groups.group(egress=False)
        listed = groups.listed("198.51.100.0/24", "2001:db8:5::/48", "0.0.0.0/0", "::/0")
        for group in (mine, lone):
            _every_rule(groups, group, {"remote": peers, "listed": listed})
        pairs = (AddressPair("10.0.0.9", "fa:16:3e:00:00:09"), AddressPair("2001:db8:9::/64", "fa:16:3e:00:00:09"))
        anywhere = (AddressPair("0.0.0.0/0", "fa:16:3e:00:00:0a"), AddressPair("::/0", "fa:16:3e:00:00:0a"))
        port = self.facts.port(
            self.kinds["local"],
            "h1",
            "10.0.0.8",
            groups=(mine, lone),
            pairs=pairs + anywhere,
            more=("2001:db8::8",),
        )
        alone = self.facts.port(self.kinds["vxlan"], "h1", "10.0.0.7", groups=(lone,), pairs=pairs)
        self.facts.port(self.kinds["vxlan"], "h2", "10.0.0.6", groups=(peers,), pairs=pairs, more=("2001:db8::6",))
        for one in (port, alone):
            self.rig.plug(one.id)
        return [port, alone]

    def settle(self) -> None:
        for _ in range(5):
            self.brain.apply()
            self.rig.settle()

    def hears(self, source: APort, packet: Packet) -> set[tuple[str, int | None]]:
        return self.rig.hears(tap(source), packet)


@pytest.fixture(scope="module", params=["fake", pytest.param("real", marks=pytest.mark.root)])
def told(request: pytest.FixtureRequest) -> Iterator[Told]:
    if request.param == "fake":
        yield Told(FakeRig())
        return
    with tempfile.TemporaryDirectory(prefix="nlo") as folder:
        real = RealRig(Path(folder))
        try:
            yield Told(real)
        finally:
            real.close()


def _every_rule(groups: Groups, group: str, sets: dict[str, str]) -> None:
    for direction in ("ingress", "egress"):
        for ethertype, cidr, one in (
            ("IPv4", "192.0.2.0/24", "192.0.2.1/32"),
            ("IPv6", "2001:db8:1::/48", "2001:db8:1::1/128"),
        ):
            way = {"ethertype": ethertype}
            groups.rule(group, direction, "tcp", 80, cidr=cidr, **way)
            groups.rule(group, direction, "udp", 8000, high=8191, **way)
            groups.rule(group, direction, "sctp", 0, high=7, remote=sets["remote"], **way)
            groups.rule(group, direction, "tcp", 0, high=65535, listed=sets["listed"], **way)
            groups.rule(group, direction, "icmp", 8, high=None, **way)
            groups.rule(group, direction, "icmp", 8, high=0, cidr=one, **way)
            groups.rule(group, direction, "47", remote=sets["remote"], **way)
            groups.rule(group, direction, "hopopt", **way)
            groups.rule(group, direction, "1", **way)
            groups.rule(group, direction, remote=sets["remote"], **way)
    groups.rule(group, "ingress")


def tap(port: APort) -> str:
    return f"tap{port.id[:11]}"


def read(rig: Rig, bridge: str) -> list[str]:
    lines: list[str] = rig.call("flows.read", rundir=rig.rundir, bridge=bridge)
    return lines


def bundle(rig: Rig, *lines: str) -> None:
    rig.call("flows.apply", rundir=rig.rundir, bridge="br-int", lines=list(lines))


def test_every_kind_of_flow_is_read_back_as_it_was_written(told: Told) -> None:
    wanted = told.brain._host.book.wanted
    for bridge in ("br-int", "br-tun", *MAPPINGS.values()):
        found = dict(flow for line in read(told.rig, bridge) if (flow := parse(bridge, line)) is not None)
        assert found == {id: body for id, body in wanted.items() if id.bridge == bridge}
    tables = {(id.bridge, id.table) for id in wanted}
    assert {("br-int", 0), ("br-int", 60), ("br-tun", 4), ("br-tun", 20), ("br-tun", 21), ("br-tun", 22)} < tables
    assert told.brain.audit() == {"flows": 0, "rows": 0}


def test_a_second_brain_finds_nothing_to_do(told: Told) -> None:
    again = OvsBrain(told.brain._settings, told.rig)
    told.rig.tell = again.told
    for recorded in told.facts.log:
        again.take(recorded)
    again.apply()
    assert again.tally.changes() == 0, again.tally.counts()
    assert {report.port_id for report in again.report().ports} == {
        port.id for port in [*told.guarded, *(one for ports in told.here.values() for one in ports)]
    }


@pytest.mark.parametrize("kind", ["vxlan", "vlan", "flat", "local"])
def test_a_frame_to_a_server_on_the_same_host_goes_there_alone(told: Told, kind: str) -> None:
    one, two = told.here[kind]
    assert told.hears(one, Packet(one.mac, two.mac)) == {(tap(two), None)}


@pytest.mark.parametrize(
    ("kind", "outside"),
    [
        ("vxlan", {("vxlan-c0000202", None)}),
        ("vlan", {("nic-br-physnet1", 101)}),
        ("flat", {("nic-br-public", None)}),
        ("local", set()),
    ],
)
def test_broadcasts_and_frames_to_others_leave_by_the_networks_own_wire(
    told: Told, kind: str, outside: set[tuple[str, int | None]]
) -> None:
    one, two = told.here[kind]
    assert _without_bridges(told.hears(one, Packet(one.mac, BROADCAST))) == {(tap(two), None)} | outside
    assert _without_bridges(told.hears(one, Packet(one.mac, told.there[kind].mac))) == outside


def _without_bridges(heard: set[tuple[str, int | None]]) -> set[tuple[str, int | None]]:
    """NORMAL also reaches the host's own end of a physical bridge."""
    return {(name, vlan) for name, vlan in heard if name not in MAPPINGS.values()}


def test_who_has_a_remote_address_is_answered_on_the_spot(told: Told) -> None:
    one = told.here["vxlan"][0]
    nobody = "00:00:00:00:00:00"
    heard = told.hears(one, Packet(one.mac, BROADCAST, arp=(1, one.mac, one.ip, nobody, told.there["vxlan"].ip)))
    assert (tap(one), None) in heard
    heard = told.hears(one, Packet(one.mac, BROADCAST, arp=(1, one.mac, one.ip, nobody, "10.0.0.77")))
    assert (tap(one), None) not in heard


def test_tagged_frames_of_a_server_go_nowhere(told: Told) -> None:
    one, two = told.here["vlan"]
    for vlan in (1, 101, 4095):
        assert told.hears(one, Packet(one.mac, two.mac, vlan=vlan)) == set()


def test_a_tap_without_flows_hears_and_says_nothing(told: Told) -> None:
    one = told.here["vlan"][0]
    stranger = told.rig.plug("00000000-dead-4000-8000-000000000000")
    told.rig.settle()
    assert told.rig.hears(stranger, Packet("fa:16:3e:00:00:01", BROADCAST)) == set()
    assert stranger not in {name for name, _ in told.hears(one, Packet(one.mac, BROADCAST))}


def test_a_bundle_is_all_or_nothing(told: Told) -> None:
    before = sorted(read(told.rig, "br-int"))
    with pytest.raises(KernelRefused):
        bundle(told.rig, "add table=9,priority=1 actions=drop", "add table=9,priority=2,nonsense=1 actions=drop")
    assert sorted(read(told.rig, "br-int")) == before


def test_a_flow_is_replaced_by_one_of_the_same_match_and_removed_by_its_own_cookie_only(told: Told) -> None:
    bundle(told.rig, "add cookie=0x1,table=9,priority=1,in_port=1 actions=drop")
    bundle(told.rig, "add cookie=0x2,table=9,priority=1,in_port=1 actions=output:1")
    bundle(told.rig, "delete_strict cookie=0x1/-1,table=9,priority=1,in_port=1")
    assert [parse("b", line) for line in read(told.rig, "br-int") if "table=9" in line] == [
        parse("b", "cookie=0x2, table=9, priority=1,in_port=1 actions=output:1")
    ]
    bundle(told.rig, "delete_strict cookie=0x2/-1,table=9,priority=1,in_port=1")
    bundle(told.rig, "delete_strict cookie=0x2/-1,table=9,priority=1,in_port=1")
    assert not [line for line in read(told.rig, "br-int") if "table=9" in line]
