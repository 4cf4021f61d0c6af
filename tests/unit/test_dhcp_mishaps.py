"""What goes wrong on a host that serves DHCP, and that it ends well."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from libs.agent.upkeep import Incomplete
from libs.kernel.hands import HandsLost
from tests.fakes.dhcp_brain import A, B, Story, a_brain, folder
from tests.fakes.dnsmasq import FakeHost


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

    def test_an_audit_repairs_the_neighbours_of_a_network_that_fails_and_says_so(self) -> None:
        story = Story()
        bad, _ = story.facts.served_network()
        good, subnet_id = story.facts.served_network("10.5.0.0/24", "10.5.0.2")
        story.facts.port(good, A, (subnet_id, "10.5.0.5"))
        story.host.broken.add(f"qdhcp-{bad}")
        with pytest.raises(Incomplete):
            story.go()
        load = story.brain.load()
        assert (load["failing"], load[f"failing/{bad}"], f"failing/{good}" in load) == (1, 1, False)
        story.host.kill(folder(good))
        assert story.brain.audit()["dnsmasq"] > 0
        assert story.host.lease(folder(good), A) == "10.5.0.5"
        with pytest.raises(Incomplete, match="broken"):  # nothing was repaired, and nothing is forgotten
            story.brain.audit()
        story.host.broken.clear()
        story.go()
        assert story.brain.load()["failing"] == 0

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

    def test_without_a_switch_dhcp_is_made_ready_and_plugged_when_it_is_back(self) -> None:
        story = Story()
        story.host.switch = False
        network_id, subnet_id = story.facts.served_network()
        story.facts.port(network_id, A, (subnet_id, "10.0.0.5"))
        with pytest.raises(Incomplete, match="no switch"):
            story.go()
        assert story.host.lease(folder(network_id), A) == "10.0.0.5"
        story.host.switch = True
        story.go()
        assert len(story.host.plugs) == 1

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
