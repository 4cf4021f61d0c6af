"""The DHCP agent's brain on a pretended host: what it touches for which change, and what it leaves alone."""

from __future__ import annotations

from libs import events
from tests.fakes.dhcp_brain import A, B, Story, folder
from tests.fakes.layer3_facts import layer3_facts


def test_a_scheduled_network_is_served_and_its_guest_gets_its_address() -> None:
    story = Story()
    network_id, subnet_id = story.facts.served_network()
    story.facts.port(network_id, A, (subnet_id, "10.0.0.5"))
    story.go()
    assert list(story.host.namespaces) == [f"qdhcp-{network_id}"]
    assert len(story.host.plugs) == 1
    assert story.host.lease(folder(network_id), A) == "10.0.0.5"
    assert story.host.lease(folder(network_id), B) is None
    assert story.brain.load() == {"networks": 1, "subnets": 1, "ports": 1, "failing": 0}


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


def test_routers_floating_ips_and_their_scopes_touch_nothing() -> None:
    story = Story()
    network_id, _ = story.facts.served_network()
    story.go()
    before = story.brain.tally.total
    story.brain.forget(("router", "elsewhere"))
    for recorded in layer3_facts(network_id):
        story.brain.take(recorded)
    story.brain.forget(("router",))
    story.go()
    assert story.brain.tally.total == before
    assert story.brain.audit() == {}


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
