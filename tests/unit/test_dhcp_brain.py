"""The DHCP agent's brain on a pretended host: what it touches, what it leaves alone, and how it comes back from every mishap."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from libs import events
from libs.eventlog.protocol import Recorded
from libs.kernel.hands import HandsLost
from libs.materialise.dhcp import Place
from services.agent_dhcp.brain import Brain, Incomplete
from services.agent_dhcp.tally import Tally
from tests.fakes.dhcp_facts import HOST, Facts
from tests.fakes.dnsmasq import FakeHost

PLACE = Place(HOST, "/state/agent_dhcp")
A, B = "fa:16:3e:00:00:0a", "fa:16:3e:00:00:0b"


def a_brain(host: FakeHost, said: Iterable[Recorded] = (), file: Path | None = None) -> Brain:
    brain = Brain(PLACE, host, "/run/db.sock", Tally(file))
    for recorded in said:
        brain.take(recorded)
    return brain


def folder(network_id: str) -> str:
    return f"{PLACE.folder}/qdhcp-{network_id}"


class Story:
    """A host, its brain and the facts, in step: `go()` hands over what was said since and applies."""

    def __init__(self) -> None:
        self.facts, self.host = Facts(), FakeHost()
        self.brain = a_brain(self.host)
        self._told = 0

    def go(self) -> list[str]:
        """The verbs that this took."""
        for recorded in self.facts.said[self._told :]:
            self.brain.take(recorded)
        self._told = len(self.facts.said)
        self.host.calls.clear()
        self.brain.apply()
        return list(self.host.calls)


def test_a_scheduled_network_is_served_and_its_guest_gets_its_address() -> None:
    story = Story()
    network_id, subnet_id = story.facts.served_network()
    story.facts.port(network_id, A, (subnet_id, "10.0.0.5"))
    story.go()
    assert list(story.host.namespaces) == [f"qdhcp-{network_id}"]
    assert len(story.host.plugs) == 1
    assert story.host.lease(folder(network_id), A) == "10.0.0.5"
    assert story.host.lease(folder(network_id), B) is None
    assert story.brain.load() == {"networks": 1, "subnets": 1, "ports": 1}


def test_a_new_port_costs_one_small_call_and_no_signal() -> None:
    story = Story()
    network_id, subnet_id = story.facts.served_network()
    story.go()
    before = story.brain.tally.counts()
    story.facts.port(network_id, A, (subnet_id, "10.0.0.5"))
    assert story.go() == ["dnsmasq.change"]
    after = story.brain.tally.counts()
    assert (after["dnsmasq"] - before["dnsmasq"], after["links"], after["plugs"]) == (
        1,
        before["links"],
        before["plugs"],
    )
    assert story.host.lease(folder(network_id), A) == "10.0.0.5"


def test_what_dhcp_does_not_hand_out_touches_nothing() -> None:
    story = Story()
    network_id, subnet_id = story.facts.served_network()
    guest = story.facts.port(network_id, A, (subnet_id, "10.0.0.5"))
    story.go()
    story.facts.say(f"port-{guest}", events.PortRenamed(guest, "", "web"))
    story.facts.say(f"port-{guest}", events.PortBound(guest, network_id, "compute2", "", 1, "ovs", {}))
    story.facts.say(f"port-{guest}", events.PortBecameActive(guest, "compute2"))
    story.facts.say(f"subnet-{subnet_id}", events.SubnetRenamed(subnet_id, "", "green"))
    assert story.go() == []


def test_a_deleted_ports_address_goes_to_another_mac_at_once() -> None:
    story = Story()
    network_id, subnet_id = story.facts.served_network()
    first = story.facts.port(network_id, A, (subnet_id, "10.0.0.5"))
    story.go()
    assert story.host.lease(folder(network_id), A) == "10.0.0.5"
    story.facts.delete_port(first, network_id, (subnet_id, "10.0.0.5"))
    story.facts.port(network_id, B, (subnet_id, "10.0.0.5"))
    story.go()
    assert story.host.lease(folder(network_id), B) == "10.0.0.5"
    assert story.host.lease(folder(network_id), A) is None


def test_a_changed_address_replaces_the_old_one() -> None:
    story = Story()
    network_id, subnet_id = story.facts.served_network()
    guest = story.facts.port(network_id, A, (subnet_id, "10.0.0.5"))
    story.go()
    story.host.lease(folder(network_id), A)
    story.facts.release(guest, subnet_id, "10.0.0.5")
    story.facts.allocate(guest, subnet_id, "10.0.0.6")
    story.go()
    assert story.host.lease(folder(network_id), A) == "10.0.0.6"
    assert story.host.folders[folder(network_id)].leases == {"10.0.0.6": A}


def test_changed_options_are_reloaded_and_nothing_restarts() -> None:
    story = Story()
    network_id, subnet_id = story.facts.served_network()
    story.go()
    process = story.host.folders[folder(network_id)].process
    story.facts.say(f"subnet-{subnet_id}", events.SubnetDnsServersChanged(subnet_id, (), ("9.9.9.9",)))
    assert story.go() == ["dnsmasq.change"]
    assert "dns-server,9.9.9.9" in story.host.folders[folder(network_id)].options
    assert story.host.folders[folder(network_id)].process is process


def test_a_new_subnet_restarts_that_network_alone() -> None:
    story = Story()
    network_id, _ = story.facts.served_network()
    other, _ = story.facts.served_network("10.5.0.0/24", "10.5.0.2")
    story.go()
    kept = story.host.folders[folder(other)].process
    story.facts.subnet(network_id, "10.1.0.0/24")
    story.go()
    process = story.host.folders[folder(network_id)].process
    assert process is not None and len([word for word in process.command if word.startswith("--dhcp-range")]) == 2
    assert story.host.folders[folder(other)].process is kept


def test_a_network_that_is_no_longer_ours_leaves_nothing_behind() -> None:
    story = Story()
    network_id, _ = story.facts.served_network()
    kept, _ = story.facts.served_network("10.5.0.0/24", "10.5.0.2")
    story.go()
    story.facts.unschedule(network_id)
    story.go()
    assert list(story.host.namespaces) == [f"qdhcp-{kept}"]
    assert list(story.host.folders) == [folder(kept)]
    assert len(story.host.plugs) == 1


def test_a_network_that_left_the_feed_goes() -> None:
    story = Story()
    network_id, _ = story.facts.served_network()
    story.go()
    story.brain.forget((network_id,))
    story.go()
    assert (story.host.namespaces, story.host.folders, story.host.plugs) == ({}, {}, {})


def test_forgetting_and_learning_everything_anew_touches_nothing() -> None:
    story = Story()
    network_id, subnet_id = story.facts.served_network()
    story.facts.port(network_id, A, (subnet_id, "10.0.0.5"))
    story.go()
    before = story.brain.tally.total
    story.brain.forget(None)
    for recorded in story.facts.said:
        story.brain.take(recorded)
    story.go()
    assert story.brain.tally.total == before


def test_another_dhcp_port_takes_the_place_of_the_old_one() -> None:
    story = Story()
    network_id = story.facts.network()
    subnet_id = story.facts.subnet(network_id, "10.0.0.0/24")
    story.facts.schedule(network_id)
    old = story.facts.dhcp_port(network_id, "fa:16:3e:dc:00:01", (subnet_id, "10.0.0.2"))
    story.go()
    story.facts.delete_port(old, network_id, (subnet_id, "10.0.0.2"))
    new = story.facts.dhcp_port(network_id, "fa:16:3e:dc:00:02", (subnet_id, "10.0.0.3"))
    story.go()
    assert list(story.host.plugs) == [f"tap{new[:11]}"]


class TestMishaps:
    """What goes wrong on a host, and that it ends well."""

    def test_a_killed_dnsmasq_is_started_again_with_all_its_hosts(self) -> None:
        story = Story()
        network_id, subnet_id = story.facts.served_network()
        story.facts.port(network_id, A, (subnet_id, "10.0.0.5"))
        story.go()
        story.host.kill(folder(network_id))
        story.brain.ended(folder(network_id))
        story.go()
        assert story.host.lease(folder(network_id), A) == "10.0.0.5"

    def test_a_network_that_fails_does_not_stop_its_neighbours_and_is_tried_again(self) -> None:
        story = Story()
        bad, _ = story.facts.served_network()
        good, subnet_id = story.facts.served_network("10.5.0.0/24", "10.5.0.2")
        story.facts.port(good, A, (subnet_id, "10.5.0.5"))
        story.host.broken.add(f"qdhcp-{bad}")
        with pytest.raises(Incomplete, match="broken"):
            story.go()
        assert story.host.lease(folder(good), A) == "10.5.0.5"
        story.host.broken.clear()
        story.go()
        assert folder(bad) in story.host.folders

    @pytest.mark.parametrize("happened", [True, False])
    @pytest.mark.parametrize("at", range(1, 10))
    def test_lost_hands_at_any_call_are_made_good_by_the_next_apply(self, at: int, happened: bool) -> None:
        story = Story()
        network_id, subnet_id = story.facts.served_network()
        guest = story.facts.port(network_id, A, (subnet_id, "10.0.0.5"))
        host = _LosesOneCall(story.host, at, happened)
        story.brain = a_brain(host)  # type: ignore[arg-type]
        for _ in range(3):
            try:
                story.go()
            except HandsLost:
                story.brain.doubt_everything()
        story.facts.delete_port(guest, network_id, (subnet_id, "10.0.0.5"))
        story.facts.port(network_id, B, (subnet_id, "10.0.0.5"))
        for _ in range(2):
            try:
                story.go()
            except HandsLost:
                story.brain.doubt_everything()
        assert story.host.lease(folder(network_id), B) == "10.0.0.5"

    def test_a_restart_with_nothing_changed_does_nothing(self, tmp_path: Path) -> None:
        story = Story()
        network_id, subnet_id = story.facts.served_network()
        story.facts.port(network_id, A, (subnet_id, "10.0.0.5"))
        story.go()
        file = tmp_path / "operations.json"
        again = a_brain(story.host, story.facts.said, file)
        again.apply()
        assert again.tally.total == 0
        assert json.loads(file.read_text())["total"] == 0

    def test_what_happened_while_the_agent_was_down_is_done_at_its_start(self) -> None:
        story = Story()
        gone, _ = story.facts.served_network()
        network_id, subnet_id = story.facts.served_network("10.5.0.0/24", "10.5.0.2")
        first = story.facts.port(network_id, A, (subnet_id, "10.5.0.5"))
        story.go()
        story.host.lease(folder(network_id), A)
        story.facts.unschedule(gone)
        story.facts.delete_port(first, network_id, (subnet_id, "10.5.0.5"))
        story.facts.port(network_id, B, (subnet_id, "10.5.0.5"))
        a_brain(story.host, story.facts.said).apply()
        assert list(story.host.folders) == [folder(network_id)]
        assert len(story.host.plugs) == 1, "the port of the network that went is unplugged"
        assert story.host.lease(folder(network_id), B) == "10.5.0.5"

    def test_audit_repairs_drift_and_counts_it(self) -> None:
        story = Story()
        network_id, subnet_id = story.facts.served_network()
        story.facts.port(network_id, A, (subnet_id, "10.0.0.5"))
        story.go()
        assert story.brain.audit() == {}
        story.host.plugs.clear()
        story.host.folders[folder(network_id)].hosts.clear()
        assert story.brain.audit() == {"plugs": 1, "dnsmasq": 1}
        assert story.host.lease(folder(network_id), A) == "10.0.0.5"

    def test_others_namespaces_are_left_alone(self) -> None:
        story = Story()
        story.host.namespaces["qdhcp-not-ours"] = {}
        story.host.namespaces["qdhcp-00000000-0000-0000-0000-000000000001@compute2"] = {}
        story.go()
        assert len(story.host.namespaces) == 2


class _LosesOneCall:
    """Hands that are lost at their nth call: the verb had happened by then, or not."""

    def __init__(self, host: FakeHost, at: int, happened: bool) -> None:
        self._host, self._left, self._happened = host, at, happened

    def call(self, verb: str, **arguments: object) -> object:
        self._left -= 1
        if self._left != 0:
            return self._host.call(verb, **arguments)
        if self._happened:
            self._host.call(verb, **arguments)
        raise HandsLost(verb)


def a_busy_day() -> tuple[Facts, list[str]]:
    """Networks come and go, ports move, options change."""
    facts = Facts()
    one, subnet = facts.served_network(gateway="10.0.0.1")
    two, subnet_2 = facts.served_network("10.2.0.0/24", "10.2.0.2")
    three, subnet_3 = facts.served_network("10.3.0.0/24", "10.3.0.2")
    first = facts.port(one, A, (subnet, "10.0.0.5"))
    facts.port(two, A, (subnet_2, "10.2.0.5"))
    facts.say(f"subnet-{subnet}", events.SubnetDnsServersChanged(subnet, (), ("9.9.9.9",)))
    facts.delete_port(first, one, (subnet, "10.0.0.5"))
    second = facts.port(one, B, (subnet, "10.0.0.5"))
    facts.say(f"port-{second}", events.PortMacChanged(second, one, B, "fa:16:3e:00:00:0c"))
    extra = facts.subnet(two, "fd00:2::/64", ipv6_ra_mode="dhcpv6-stateful", ipv6_address_mode="dhcpv6-stateful")
    facts.port(two, B, (subnet_2, "10.2.0.6"), (extra, "fd00:2::6"))
    facts.unschedule(three)
    facts.say(f"network-{one}", events.NetworkMtuChanged(one, 1450, 1400))
    facts.say(f"subnet-{subnet_2}", events.SubnetGatewayChanged(subnet_2, None, "10.2.0.1"))
    facts.port(three, B, (subnet_3, "10.3.0.9"))
    return facts, [one, two, three]


def one_by_one(said: list[Recorded]) -> FakeHost:
    host = FakeHost()
    brain = a_brain(host)
    for recorded in said:
        brain.take(recorded)
        brain.apply()
    return host


def restarted_at_each_step(said: list[Recorded]) -> FakeHost:
    host = FakeHost()
    for step in range(1, len(said) + 1):
        a_brain(host, said[:step]).apply()
    return host


def duplicated(said: list[Recorded]) -> FakeHost:
    host = FakeHost()
    brain = a_brain(host)
    for step, recorded in enumerate(said):
        for again in (recorded, *said[max(0, step - 5) : step + 1]):
            brain.take(again)
        brain.apply()
    return host


def shuffled(said: list[Recorded]) -> FakeHost:
    """Streams interleaved anew, each in its own order."""
    chance = random.Random(7)
    queues: dict[str, list[Recorded]] = {}
    for recorded in said:
        queues.setdefault(recorded.stream, []).append(recorded)
    host = FakeHost()
    brain = a_brain(host)
    while queues:
        stream = chance.choice(sorted(queues))
        brain.take(queues[stream].pop(0))
        queues = {name: queue for name, queue in queues.items() if queue}
        brain.apply()
    return host


def audited_at_each_step(said: list[Recorded]) -> FakeHost:
    host = FakeHost()
    brain = a_brain(host)
    for recorded in said:
        brain.take(recorded)
        assert brain.audit() == {}, "increment and full read-back agree at every step"
    return host


@pytest.mark.parametrize("way", [one_by_one, restarted_at_each_step, duplicated, shuffled, audited_at_each_step])
def test_whatever_way_the_facts_come_the_host_ends_as_if_computed_at_once(
    way: Callable[[list[Recorded]], FakeHost],
) -> None:
    facts, _ = a_busy_day()
    squashed = FakeHost()
    a_brain(squashed, facts.said).apply()
    assert way(facts.said).snapshot() == squashed.snapshot()
