"""What relay and Fetch read of groups from PostgreSQL is what the log says, however far the read model is ahead of the relay."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from random import Random
from typing import Any

import pytest

from libs.eventlog.protocol import Recorded
from libs.feed import MEMBERS, Feed, Fetch, members_of
from services.topology import feeds
from services.topology.relay import Relay
from tests.contract.feed_rigs import Ledger
from tests.fakes.following import Following, Post
from tests.servers import Database
from tests.story.feed_world import HOSTS, World, bound, deleted, group, network, port, regrouped, rule
from tests.story.test_feeds_groups_any import GROUPS, some_history

pytestmark = pytest.mark.postgres
SCOPES = {members_of(name) for name in GROUPS}


def told(found: dict[str, list[Recorded]]) -> dict[str, list[Any]]:
    return {key: [(one.position, one.stream, one.version, one.event) for one in facts] for key, facts in found.items()}


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database)


@pytest.mark.parametrize("seed", range(4))
def test_at_every_position_the_store_knows_what_the_log_said_then(ledger: Ledger, seed: int) -> None:
    world = some_history(Random(seed), 80)
    ledger.write(world.log)
    streams = {one.stream for one in world.log if one.stream.startswith("port-")}
    with ledger.store() as store:
        for upto in range(0, len(world.log) + 1, 3):
            assert store.groups_of(streams, upto) == world.store.groups_of(streams, upto)
            assert store.rules_of(GROUPS, upto) == world.store.rules_of(GROUPS, upto)
            assert told(store.member_facts(SCOPES, upto)) == told(world.store.member_facts(SCOPES, upto))
            some = [one for one in streams if world.store.port_facts([one], upto)[one]]
            assert told(store.port_facts(some, upto)) == told(world.store.port_facts(some, upto))


def check(world: World, hosts: Iterable[Following]) -> None:
    """Every host holds what the rule says, applied to the whole log."""
    world.post = Post([])
    world.relay()
    world.hosts = {one.name: one for one in hosts}
    for one in hosts:
        one.gaps = 0
    world.check()


@pytest.mark.parametrize("seed", range(12))
def test_hosts_that_lose_messages_and_fetch_end_with_the_truth(ledger: Ledger, seed: int) -> None:
    """The whole log is there from the beginning, so the relay is behind it all the time; relays die, answers come at any position."""
    world, random = some_history(Random(100 + seed), 80), Random(seed)
    ledger.write(world.log)
    hosts = [Following(name, ledger.log.identity()) for name in HOSTS]
    post = Post(hosts)
    with ledger.store() as store:
        relay = Relay(store, post)
        while relay.position < len(world.log):
            relay.take(world.log[relay.position : relay.position + random.randint(1, 9)])
            post.drop = {name for name in HOSTS if random.random() < 0.3}
            for host in hosts:
                if random.random() < 0.4:
                    host.ask(partial(ledger.answer, host.name))
            if random.random() < 0.2:
                relay.rest()
                relay = Relay(store, post)
        relay.rest()
        for host in hosts:
            host.ask(partial(ledger.answer, host.name))
    check(world, hosts)


def test_a_host_gets_its_scopes_and_no_others_whatever_it_claims_to_hold(ledger: Ledger) -> None:
    world = World()
    world.happens(
        network("red"), network("blue"), group("web"), rule("r", "web", "web"), group("db"), rule("d", "db", "db")
    )
    world.happens(
        *port("a", "red", "web"),
        bound("a", "red", "compute1"),
        *port("b", "blue", "db"),
        bound("b", "blue", "compute2"),
    )
    ledger.write(world.log)
    host = Following("compute1", ledger.log.identity())
    host.receive(Feed(*_identity(ledger), 0, 3, entered=("blue", "db", members_of("db"))))
    with ledger.store() as store:
        Relay(store, Post([])).take(world.log)
    host.ask(partial(ledger.answer, "compute1"))
    assert host.networks == {"red", "web", members_of("web")}
    assert not any("-b" in stream or "db" in stream for stream in (*host.streams, *host.members.streams))
    check(world, [host])


def _identity(ledger: Ledger) -> tuple[str, int]:
    identity = ledger.log.identity()
    return identity.log_id, identity.epoch


def test_a_fact_that_is_lacking_for_two_reasons_is_sent_once(ledger: Ledger) -> None:
    world = World()
    world.happens(network("red"), group("web"), rule("r", "web", "web"))
    for number in range(5):
        world.happens(*port(f"p{number}", "red", "web"))
    world.happens(bound("p0", "red", "compute1"))
    ledger.write(world.log)
    with ledger.store() as store:
        Relay(store, Post([])).take(world.log)
    [feed] = ledger.answer("compute1", Fetch("r", 0))
    assert [one.position for one in feed.events] == list(range(1, len(world.log) + 1))
    assert feed.parts == 1


def test_members_that_changed_while_a_host_was_away_are_told_once_and_those_that_did_not_are_not(
    ledger: Ledger,
) -> None:
    world = World()
    world.happens(network("red"), network("blue"), group("web"), group("other"), rule("r", "web", "web"))
    world.happens(*port("a", "red", "web"), bound("a", "red", "compute1"))
    for number in range(6):
        world.happens(*port(f"p{number}", "blue", "web" if number < 4 else "other"))
    ledger.write(world.log)
    host = Following("compute1", ledger.log.identity())
    post = Post([host])
    with ledger.store() as store:
        relay = Relay(store, post)
        relay.take(world.log)
        if host.gaps:
            host.ask(partial(ledger.answer, "compute1"))
        post.drop, before = {"compute1"}, len(world.log)
        world.happens(
            regrouped("p4", "blue", ("other",), "web"),
            regrouped("p1", "blue", ("web",), "other"),
            deleted("p2", "blue", ""),
        )
        world.happens(*port("p9", "blue", "web"), deleted("p5", "blue", ""))
        ledger.write(world.log)
        relay.take(world.log[before:])
    parts: list[Feed] = []

    def answer(asked: Any) -> list[Feed]:
        parts.extend(ledger.answer("compute1", asked))
        return parts

    host.ask(answer)
    streams = {one.stream for part in parts for one in part.events}
    assert streams == {"port-p4", "port-p1", "port-p2", "port-p9"}
    check(world, [host])


def test_a_large_group_is_entered_in_pages_and_once(ledger: Ledger) -> None:
    """The relay does not read what goes into no message; the answer comes in parts, each port's facts once."""
    world, number = World(), 2 * feeds.MAX_FACTS
    world.happens(network("red"), group("web"), rule("r", "web", "web"))
    for one in range(number):
        world.happens(*port(f"m{one}", f"net{one % 7}", "web"))
    ledger.write(world.log)
    host = Following("compute1", ledger.log.identity())
    post = Post([host])
    with ledger.store() as store:
        relay = Relay(store, post)
        relay.take(world.log)
        before = len(world.log)
        world.happens(*port("a", "red", "web"), bound("a", "red", "compute1"))
        ledger.write(world.log)
        relay.take(world.log[before:])
    assert [len(feed.events) for _, feed in post.sent] == [0], "a nudge"
    feeds_seen: list[Feed] = []

    def answer(asked: Any) -> list[Feed]:
        feeds_seen.extend(ledger.answer("compute1", asked))
        return feeds_seen

    host.ask(answer)
    positions = [one.position for part in feeds_seen for one in part.events]
    assert len(positions) == len(set(positions)) == 2 * number + 3 + 3
    assert len(feeds_seen) == feeds_seen[0].parts == -(-len(positions) // feeds.MAX_FACTS)
    assert [bool(part.entered) for part in feeds_seen] == [True] + [False] * (len(feeds_seen) - 1)
    assert MEMBERS + "web" in feeds_seen[0].entered
    check(world, [host])
