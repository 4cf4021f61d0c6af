"""A thousand networks on one agent: a start reads them back and touches only what changed meanwhile."""

from __future__ import annotations

from tests.fakes.dhcp_brain import A, Story, a_brain, folder

MANY = 1000


def a_big_host() -> tuple[Story, list[tuple[str, str]]]:
    story = Story()
    networks = [story.facts.served_network() for _ in range(MANY)]
    for number, (network_id, subnet_id) in enumerate(networks):
        story.facts.port(network_id, f"fa:16:3e:01:{number // 256:02x}:{number % 256:02x}", (subnet_id, "10.0.0.5"))
    story.go()
    return story, networks


def test_a_restart_touches_only_what_changed_meanwhile() -> None:
    story, networks = a_big_host()
    assert len(story.host.folders) == MANY
    still = a_brain(story.host, story.facts.said)
    still.apply()
    assert still.tally.total == 0, "nothing changed, nothing is touched"
    (ported, subnet_id), (grown, _), (gone, _) = networks[3], networks[500], networks[-1]
    story.facts.port(ported, A, (subnet_id, "10.0.0.9"))
    story.facts.subnet(grown, "10.9.0.0/24")
    story.facts.unschedule(gone)
    before = {name: one.process for name, one in story.host.folders.items()}
    back = a_brain(story.host, story.facts.said)
    back.apply()
    started = {name for name, one in story.host.folders.items() if one.process is not before[name]}
    assert started <= {folder(ported), folder(grown)}
    assert before.keys() - story.host.folders.keys() == {folder(gone)}
    assert back.tally.counts() == {"links": 1, "plugs": 1, "dnsmasq": 3}


def test_all_are_read_back_in_few_calls() -> None:
    story, _ = a_big_host()
    story.host.calls.clear()
    a_brain(story.host, story.facts.said).apply()
    assert len(story.host.calls) < MANY / 4


def test_a_change_on_one_of_them_is_one_call_about_one_file() -> None:
    story, networks = a_big_host()
    network_id, subnet_id = networks[700]
    port_id = story.facts.port(network_id, A, (subnet_id, "10.0.0.9"))
    counted = story.brain.tally.total
    assert story.go() == ["dnsmasq.change"]
    assert story.brain.tally.total == counted + 1
    assert port_id in story.host.folders[folder(network_id)].hosts
