"""Whatever way the facts come, the host ends as if everything had been computed at once."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache

import pytest

from libs import events
from libs.eventlog.protocol import Recorded
from libs.materialise.l3 import Desired
from tests.fakes.l3_brain import a_brain
from tests.fakes.l3_facts import L3Facts, Town
from tests.fakes.router_host import FakeRouters

FLOATING, OTHER = "198.51.100.100", "198.51.100.101"


@cache
def a_busy_day() -> tuple[Recorded, ...]:
    """Routers come and go, floating IPs move between servers and routers, subnets and routes change."""
    facts = L3Facts()
    town, second, leaving = Town(facts), Town(facts), Town(facts)
    v6 = facts.subnet(town.private, "fd00:4::/64", "fd00:4::1", ipv6_ra_mode="slaac", ipv6_address_mode="slaac")
    facts.interface(town.router, town.private, v6, "fd00:4::1", "fd00:4::/64")
    one = town.floating(FLOATING, town.one, town.ONE)
    two = town.floating(OTHER, town.two, town.TWO)
    third = second.floating("198.51.100.103", second.two, second.TWO)
    facts.disassociate(one, FLOATING, town.router, town.one, town.ONE)
    facts.associate(two, OTHER, town.router, town.one, town.ONE, town.inside)
    facts.associate(one, FLOATING, town.router, town.two, town.TWO, town.inside)
    facts.disassociate(third, "198.51.100.103", second.router, second.two, second.TWO)
    facts.about(town.router, events.RouterRouteAdded(town.router, "172.20.0.0/16", town.TWO))
    facts.about(town.router, events.RouterRouteAdded(town.router, "172.21.0.0/16", town.ONE))
    facts.about(town.router, events.RouterRouteRemoved(town.router, "172.21.0.0/16", town.ONE))
    facts.say(f"subnet-{town.outside}", events.SubnetGatewayChanged(town.outside, town.GATEWAY, "198.51.100.253"))
    facts.say(f"network-{town.private}", events.NetworkMtuChanged(town.private, 1450, 1400))
    facts.say(f"subnet-{v6}", events.SubnetDnsServersChanged(v6, (), ("fd00::53",)))
    facts.about(second.router, events.RouterSnatChanged(second.router, False))
    facts.about(second.router, events.RouterAdminStateChanged(second.router, False))
    gone = events.RouterInterfaceDetached(second.router, second.interface, second.private, second.inside, "10.4.0.1")
    facts.about(second.router, gone)
    facts.about(leaving.router, events.RouterUnscheduled(leaving.router, "a", facts.host, "asked"))
    return tuple(facts.said)


def one_by_one(said: list[Recorded]) -> FakeRouters:
    host = FakeRouters()
    brain = a_brain(host)
    for recorded in said:
        brain.take(recorded)
        brain.apply()
    return host


def restarted_at_each_step(said: list[Recorded]) -> FakeRouters:
    host = FakeRouters()
    for step in range(1, len(said) + 1):
        a_brain(host, said[:step]).apply()
        again = a_brain(host, said[:step])
        again.apply()
        assert again.tally.total == 0, "a restart with nothing new touches nothing"
    return host


def duplicated(said: list[Recorded]) -> FakeRouters:
    """Each fact twice, and after it a few old ones again, as from a message that was late."""
    chance = random.Random(3)
    host = FakeRouters()
    brain = a_brain(host)
    for step, recorded in enumerate(said):
        late = chance.randrange(step + 1)
        for again in (recorded, recorded, *said[late : min(step, late + 4)]):
            brain.take(again)
        brain.apply()
    return host


def shuffled(said: list[Recorded]) -> FakeRouters:
    """Streams interleaved anew, each in its own order."""
    chance = random.Random(7)
    queues: dict[str, list[Recorded]] = {}
    for recorded in said:
        queues.setdefault(recorded.stream, []).append(recorded)
    host = FakeRouters()
    brain = a_brain(host)
    while queues:
        stream = chance.choice(sorted(queues))
        brain.take(queues[stream].pop(0))
        queues = {name: queue for name, queue in queues.items() if queue}
        brain.apply()
    return host


def audited_at_each_step(said: list[Recorded]) -> FakeRouters:
    host = FakeRouters()
    brain = a_brain(host)
    for recorded in said:
        brain.take(recorded)
        assert brain.audit() == {}, "increment and full read-back agree at every step"
    return host


@pytest.mark.parametrize("way", [one_by_one, restarted_at_each_step, duplicated, shuffled, audited_at_each_step])
def test_whatever_way_the_facts_come_the_host_ends_as_if_computed_at_once(
    way: Callable[[list[Recorded]], FakeRouters],
) -> None:
    said = list(a_busy_day())
    squashed = FakeRouters()
    a_brain(squashed, said).apply()
    host = way(said)
    assert host.snapshot() == squashed.snapshot()
    assert len(squashed.namespaces) == 2 and len(squashed.radvds) == 1


def test_a_scope_that_is_forgotten_and_told_anew_is_known_as_before() -> None:
    said = a_busy_day()
    whole, patched = Desired(), Desired()
    for recorded in said:
        whole.take(recorded)
        patched.take(recorded)
    for router_id in sorted(whole.routers):
        view = whole.view(router_id)
        assert view is not None
        scopes = [router_id, *view.networks]
        patched.forget(scopes)
        assert patched.view(router_id) is None
        for recorded in said:
            patched.take(recorded)
        assert patched.view(router_id) == view and patched.guests(router_id) == whole.guests(router_id)


def test_late_copies_of_a_released_floating_ips_facts_do_not_revive_it() -> None:
    facts = L3Facts()
    town = Town(facts)
    before = len(facts.said)
    floating = town.floating(FLOATING, town.one, town.ONE)
    born = facts.said[before:]
    facts.disassociate(floating, FLOATING, town.router, town.one, town.ONE)
    facts.say(f"floatingip-{floating}", events.FloatingIpReleased(floating, "p", town.public, FLOATING, "own"))
    host = FakeRouters()
    a_brain(host, [*facts.said, *born]).apply()
    [router] = host.namespaces.values()
    assert router.table is not None and router.table.maps == {"fip_dnat": {}, "fip_snat": {}}
