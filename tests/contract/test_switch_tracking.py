"""What a switch makes of connections and of those who pretend: one suite over the pretended switch and Open vSwitch's datapath."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.config import Settings
from libs.materialise.ovs.security.guard import link_local
from services.agent_ovs.brain import OvsBrain
from tests.contract.switch_rigs import FakeRig, RealRig, Rig
from tests.fakes.ovs_facts import APort, Facts
from tests.fakes.ovs_groups import Groups
from tests.fakes.switch import BROADCAST, Ip, Packet
from tests.fakes.switch_packets import ICMP, ICMP6, TCP, UDP

NOBODY = "00:00:00:00:00:00"


class Told:
    """A host with a network of its own, guests in groups, and one without port security."""

    def __init__(self, rig: Rig) -> None:
        self.rig, self.facts, self._taken = rig, Facts(), 0
        self.groups = Groups(self.facts)
        settings = Settings(host="h1", state_dir="", ovs_rundir=rig.rundir, datapath_type="netdev")
        self.brain = OvsBrain(settings, rig)
        rig.tell = self.brain.told
        self.brain.prepare()
        self.net, self._last = self.facts.network("local", None), 0
        self.free = self.guest(None)

    def guest(self, groups: tuple[str, ...] | None) -> APort:
        self._last += 1
        six = (f"2001:db8::{self._last}",)
        port = self.facts.port(self.net, "h1", f"10.0.0.{self._last}", groups=groups, more=six)
        self.rig.plug(port.id)
        self.settle()
        return port

    def settle(self) -> None:
        for recorded in self.facts.log[self._taken :]:
            self.brain.take(recorded)
        self._taken = len(self.facts.log)
        for _ in range(3):
            self.rig.settle()
            self.brain.apply()

    def passes(self, one: APort, other: APort, ip: Ip | None = None, **more: object) -> bool:
        """Whether a packet to its MAC arrives."""
        packet = Packet(one.mac, str(more.pop("dst", other.mac)), ip=ip, **more)  # type: ignore[arg-type]
        return self.rig.passes(tap(one), packet, tap(other))


def tap(port: APort) -> str:
    return f"tap{port.id[:11]}"


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


def test_who_began_decides_and_answers_follow(told: Told) -> None:
    group = told.groups.group()
    rule = told.groups.rule(group, "ingress", "udp", 1000, high=1003)
    told.groups.rule(group, "ingress", "icmp", 8, high=None)
    one, free = told.guest((group,)), told.free
    there, back = Ip(free.ip, one.ip, UDP, (5, 1002)), Ip(one.ip, free.ip, UDP, (1002, 5))
    assert told.passes(free, one, there) and told.passes(one, free, back)
    assert not told.passes(free, one, Ip(free.ip, one.ip, UDP, (5, 1004)))
    assert not told.passes(free, one, Ip(free.ip, one.ip, TCP, (5, 1002)))
    assert not told.passes(free, one, Ip(free.ip, one.ip, UDP, (53, 7))), "no answer to anything yet"
    assert told.passes(one, free, Ip(one.ip, free.ip, UDP, (7, 53)))
    assert told.passes(free, one, Ip(free.ip, one.ip, UDP, (53, 7)))
    assert told.passes(free, one, Ip(free.ip, one.ip, ICMP, (8, 0)))
    assert told.passes(one, free, Ip(one.ip, free.ip, ICMP, (0, 0)))
    assert not told.passes(free, one, Ip(free.ip, one.ip, ICMP, (13, 0)))
    about, other = Ip(one.ip, free.ip, UDP, (7, 53)), Ip(one.ip, free.ip, UDP, (8, 53))
    assert told.passes(free, one, Ip("10.9.9.9", one.ip, ICMP, (3, 1), error_of=about))
    assert not told.passes(free, one, Ip("10.9.9.9", one.ip, ICMP, (3, 1), error_of=other))
    assert not told.passes(free, one, Ip("10.9.9.9", one.ip, ICMP, (5, 1), error_of=about)), "a redirect"
    told.groups.drop(rule)
    told.settle()
    assert not told.passes(free, one, there) and told.passes(free, one, Ip(free.ip, one.ip, UDP, (53, 7)))


def test_members_of_a_remote_group_come_and_go(told: Told) -> None:
    apps, webs = told.groups.group(), told.groups.group(egress=False)
    told.groups.rule(webs, "ingress", "tcp", 80, remote=apps)
    told.groups.rule(webs, "ingress", ethertype="IPv6", remote=apps)
    web, app, eve = told.guest((webs,)), told.guest((apps,)), told.guest((told.groups.group(),))

    def web_of(who: APort, port: int = 80) -> bool:
        return told.passes(who, web, Ip(who.ip, web.ip, TCP, (5, port)))

    assert web_of(app) and not web_of(app, 81) and not web_of(eve)
    six = Ip(f"2001:db8::{app.ip[-1]}", f"2001:db8::{web.ip[-1]}", UDP, (1, 2))
    assert told.passes(app, web, six) and told.passes(web, app, Ip(six.dst, six.src, UDP, (2, 1)))
    told.groups.regroup(eve, apps)
    told.groups.regroup(app)
    told.settle()
    assert web_of(eve) and not web_of(app)


def test_a_stateless_group_knows_no_answers(told: Told) -> None:
    group = told.groups.group(stateful=False, egress=False)
    told.groups.rule(group, "egress", "udp", 53)
    one, free = told.guest((group,)), told.free
    answer = Ip(free.ip, one.ip, UDP, (53, 9))
    assert told.passes(one, free, Ip(one.ip, free.ip, UDP, (9, 53))) and not told.passes(free, one, answer)
    told.groups.turn(group, True)
    told.settle()
    assert told.passes(one, free, Ip(one.ip, free.ip, UDP, (9, 53))) and told.passes(free, one, answer)


def test_a_guest_is_what_it_is(told: Told) -> None:
    one, free = told.guest((told.groups.group(),)), told.free
    local, six = str(link_local(one.mac).network_address), f"2001:db8::{one.ip[-1]}"
    udp, udp6 = Ip(one.ip, free.ip, UDP, (1, 2)), Ip(six, "2001:db8::1", UDP, (1, 2))
    assert told.passes(one, free, udp) and told.passes(one, free, udp6)
    assert not told.passes(one, free, Ip("10.0.0.99", free.ip)) and not told.passes(
        one, free, Ip("2001:db8::99", "2001:db8::1")
    )
    asks = {"dst": BROADCAST}
    assert told.passes(one, free, arp=(1, one.mac, one.ip, NOBODY, "10.0.0.77"), **asks)
    assert not told.passes(one, free, arp=(1, one.mac, "10.0.0.99", NOBODY, "10.0.0.77"), **asks)
    assert not told.passes(one, free, arp=(2, free.mac, one.ip, NOBODY, "10.0.0.77"), **asks)
    here = Ip(local, "fe80::1", ICMP6, (136, 0), six, one.mac)
    assert told.passes(one, free, here)
    assert not told.passes(one, free, Ip(local, "fe80::1", ICMP6, (136, 0), "2001:db8::99", one.mac))
    assert not told.passes(one, free, Ip(local, "fe80::1", ICMP6, (136, 0), six, free.mac))
    assert not told.passes(one, free, Ip(local, "ff02::1", ICMP6, (134, 0)))
    assert told.passes(one, free, Ip("0.0.0.0", "255.255.255.255", UDP, (68, 67)), **asks)
    assert not told.passes(one, free, Ip(one.ip, "255.255.255.255", UDP, (67, 68)), **asks)


def test_a_guest_without_groups_gets_its_essentials(told: Told) -> None:
    lonely, free = told.guest(()), told.free
    assert told.passes(free, lonely, Ip(free.ip, lonely.ip, UDP, (67, 68)))
    assert told.passes(free, lonely, arp=(2, free.mac, free.ip, lonely.mac, lonely.ip))
    assert told.passes(free, lonely, Ip("fe80::1", "ff02::1", ICMP6, (134, 0)))
    assert not told.passes(free, lonely, Ip(free.ip, lonely.ip, UDP, (68, 69)))
    assert not told.passes(lonely, free, Ip(lonely.ip, free.ip, UDP, (68, 69)))
    assert not told.passes(free, lonely, Ip(free.ip, "255.255.255.255", UDP, (1, 2)), dst=BROADCAST)
