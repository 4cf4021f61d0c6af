"""Whatever way the facts come, the host ends as if everything had been computed at once."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from libs import events
from libs.eventlog.protocol import Recorded
from tests.fakes.dhcp_brain import A, B, a_brain, folder
from tests.fakes.dhcp_facts import Facts
from tests.fakes.dnsmasq import FakeHost


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
    """Each fact twice, and after it a few old ones again, as from a message that was late."""
    chance = random.Random(3)
    host = FakeHost()
    brain = a_brain(host)
    for step, recorded in enumerate(said):
        late = chance.randrange(step + 1)
        for again in (recorded, recorded, *said[late : min(step, late + 4)]):
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


def test_late_copies_of_a_deleted_ports_facts_do_not_revive_it() -> None:
    facts = Facts()
    network_id, subnet_id = facts.served_network()
    before = len(facts.said)
    port_id = facts.port(network_id, A, (subnet_id, "10.0.0.5"))
    born = facts.said[before:]
    facts.delete_port(port_id, network_id, (subnet_id, "10.0.0.5"))
    host = FakeHost()
    brain = a_brain(host, [*facts.said, *born])
    brain.apply()
    assert host.lease(folder(network_id), A) is None
