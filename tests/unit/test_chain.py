"""The position chain of a host's feed under everything that a bus can do to it."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.chain import Chain
from libs.eventlog.protocol import Recorded
from libs.events import (
    AgentRegistered,
    Event,
    FloatingIpAllocated,
    FloatingIpAssociated,
    NetworkCreated,
    PortCreated,
    PortRenamed,
    RouterCreated,
    RouterGatewaySet,
    RouterInterfaceAttached,
)
from libs.feed import Feed, Fetch

LOG, EPOCH = "log-1", 1


def fact(position: int, event: Event | None = None, stream: str = "") -> Recorded:
    event = event or PortRenamed(f"p{position}", "", str(position))
    stream = stream or f"port-p{position}"
    return Recorded(position, stream, 1, event, {}, "2026-11-22T12:00:00.000000Z")


def message(prev: int, position: int, *events: Recorded, **more: object) -> Feed:
    return replace(Feed(LOG, EPOCH, prev, position, events), **more)  # type: ignore[arg-type]


def synced(position: int = 10, *networks: str) -> Chain:
    """A follower that has everything up to `position`."""
    chain = Chain()
    chain.ask("r0")
    chain.receive(message(0, position, request="r0", full=True, entered=networks))
    assert chain.in_sync
    return chain


def positions(taken: tuple[Feed, ...]) -> list[int]:
    return [one.position for feed in taken for one in feed.events]


def test_nothing_is_taken_in_before_the_first_full_answer() -> None:
    chain = Chain()
    assert chain.receive(message(0, 3, fact(3))) == ()
    assert not chain.ready and chain.gap
    fetch = chain.ask("r1")
    assert fetch == Fetch("r1", 0)
    taken = chain.receive(message(0, 5, fact(2), fact(5), request="r1", full=True, entered=("n1",)))
    assert positions(taken) == [2, 5]
    assert taken[0].full
    assert (chain.position, chain.networks, chain.in_sync) == (5, {"n1"}, True)


def test_messages_in_order_are_taken_in_at_once() -> None:
    chain = synced(10)
    assert positions(chain.receive(message(10, 12, fact(11), fact(12)))) == [11, 12]
    assert positions(chain.receive(message(12, 15, fact(15)))) == [15]
    assert chain.position == 15


def test_a_doubled_message_is_dropped() -> None:
    chain = synced(10)
    feed = message(10, 12, fact(11), fact(12))
    chain.receive(feed)
    assert chain.receive(feed) == ()
    assert chain.in_sync


def test_a_lost_message_is_noticed_fetched_and_what_came_after_it_follows() -> None:
    chain = synced(10, "n1")
    chain.receive(message(10, 12, fact(12)))
    assert chain.receive(message(14, 16, fact(16))) == ()
    assert chain.gap and not chain.asking
    assert chain.ask("r1") == Fetch("r1", 12, ("n1",), LOG, EPOCH)
    assert chain.receive(message(16, 18, fact(18))) == (), "a message during a gap has to wait"
    assert positions(chain.receive(message(12, 14, fact(13), fact(14), request="r1"))) == [13, 14, 16, 18]
    assert chain.in_sync and chain.position == 18


def test_reordered_messages_come_out_in_order() -> None:
    chain = synced(10)
    assert chain.receive(message(12, 14, fact(14))) == ()
    chain.receive(message(10, 12, fact(12)))
    chain.ask("r1")
    assert positions(chain.receive(message(10, 14, fact(12), fact(14), request="r1"))) == [12, 14]
    assert chain.in_sync


def test_another_epoch_is_a_gap_and_its_full_answer_replaces_everything() -> None:
    chain = synced(10, "n1")
    assert chain.receive(replace(message(7, 8, fact(8)), epoch=2)) == (), "older position of a newer epoch"
    assert chain.gap
    fetch = chain.ask("r1")
    assert (fetch.after, fetch.epoch) == (10, 1)
    answer = replace(message(0, 9, fact(4), request="r1", full=True, entered=("n2",)), epoch=2)
    taken = chain.receive(answer)
    assert [feed.full for feed in taken] == [True]
    assert (chain.epoch, chain.position, chain.networks) == (2, 9, {"n2"})
    assert chain.receive(message(10, 11, fact(11))) == (), "the old epoch must not come back"


def test_a_late_message_of_the_old_epoch_does_not_block_the_new_one() -> None:
    chain = synced(10)
    chain.receive(replace(message(7, 8), epoch=2))
    chain.receive(message(10, 11, fact(11)))
    chain.ask("r1")
    chain.receive(replace(message(0, 9, request="r1", full=True), epoch=2))
    assert chain.in_sync
    assert positions(chain.receive(replace(message(9, 10, fact(10)), epoch=2))) == [10]


def test_an_answer_in_parts_is_taken_in_as_a_whole() -> None:
    chain = Chain()
    chain.ask("r1")
    parts = [message(0, 9, fact(n), request="r1", full=True, part=n, parts=3) for n in (1, 2, 3)]
    parts[0] = replace(parts[0], entered=("n1",))
    assert chain.receive(parts[0]) == ()
    assert chain.receive(parts[1]) == ()
    assert not chain.ready
    assert positions(chain.receive(parts[2])) == [1, 2, 3]
    assert chain.networks == {"n1"}


def test_an_answer_with_a_lost_part_is_no_answer() -> None:
    chain = Chain()
    chain.ask("r1")
    first, _, third = (message(0, 9, fact(n), request="r1", full=True, part=n, parts=3) for n in (1, 2, 3))
    assert chain.receive(first) == ()
    assert chain.receive(third) == ()
    assert not chain.ready
    chain.ask("r2")
    again = [replace(message(0, 9, fact(n), full=True, part=n, parts=3), request="r2") for n in (1, 2, 3)]
    assert positions(tuple(feed for part in again for feed in chain.receive(part))) == [1, 2, 3]


def test_the_answer_to_a_question_that_was_given_up_is_dropped() -> None:
    chain = Chain()
    chain.ask("r1")
    chain.ask("r2")
    assert chain.receive(message(0, 9, request="r1", full=True)) == ()
    assert not chain.ready


def test_a_message_that_overlaps_the_answer_gives_only_its_news() -> None:
    chain = synced(15)
    taken = chain.receive(message(10, 20, fact(12), fact(15), fact(17), fact(20)))
    assert positions(taken) == [17, 20]


def test_an_overlapping_message_gives_all_facts_of_a_network_that_is_entered() -> None:
    chain = synced(15, "old")
    old, new = fact(3, _network("new"), "network-new"), fact(12, _port("p", "new"), "port-p")
    agent = fact(11, AgentRegistered("a", "h2", "t", "b", "z", {}), "agent-a")
    known, later = fact(13, _port("q", "old"), "port-q"), fact(18, PortRenamed("p", "", "x"), "port-p")
    taken = chain.receive(message(10, 20, old, agent, new, known, later, entered=("new",)))
    assert positions(taken) == [3, 11, 12, 18]
    assert chain.networks == {"old", "new"}


def test_an_overlapping_message_gives_all_facts_of_a_router_that_is_entered_and_of_floating_ips_with_their_network() -> (
    None
):
    chain = synced(15, "red")
    made = fact(3, RouterCreated("r", "p", "", "", True), "router-r")
    attached = fact(12, RouterInterfaceAttached("r", "port", "red", "s", "10.0.0.1", "10.0.0.0/24"), "router-r")
    other = fact(13, RouterGatewaySet("q", "r", "port", (), True), "router-q")
    allocated = fact(4, FloatingIpAllocated("f", "p", "public", "s", "203.0.113.7", "own", ""), "floatingip-f")
    stands = fact(14, FloatingIpAssociated("f", "203.0.113.7", "r", "p", "10.0.0.3", "s"), "floatingip-f")
    taken = chain.receive(message(10, 20, made, allocated, attached, other, stands, entered=("public", "r")))
    assert positions(taken) == [3, 4, 12, 14]
    assert chain.ask("again").networks == ("public", "r", "red")


def test_left_networks_are_no_longer_asked_for() -> None:
    chain = synced(10, "n1", "n2")
    taken = chain.receive(message(10, 12, left=("n1",), entered=("n3",)))
    assert taken[0].left == ("n1",)
    assert chain.ask("r").networks == ("n2", "n3")


def test_asking_to_be_sure_does_not_stop_the_feed() -> None:
    chain = synced(10)
    chain.ask("check")
    assert positions(chain.receive(message(10, 12, fact(12)))) == [12]
    assert chain.receive(message(10, 11, fact(11), request="check")) == (), "older than what came by itself"
    assert (chain.position, chain.in_sync, chain.asking) == (12, True, False)


def test_asking_to_be_sure_finds_a_lost_last_message() -> None:
    chain = synced(10)
    chain.ask("check")
    assert positions(chain.receive(message(10, 12, fact(12), request="check"))) == [12]


def test_an_answer_that_does_not_fit_makes_it_start_over() -> None:
    chain = synced(10)
    chain.ask("r1")
    assert chain.receive(message(11, 12, fact(12), request="r1")) == ()
    assert chain.gap
    assert chain.ask("r2").after == 0


@pytest.mark.parametrize("behind", [0, 5])
def test_a_nudge_makes_only_those_fetch_who_are_behind(behind: int) -> None:
    chain = synced(20 - behind)
    assert chain.receive(message(20, 20)) == ()
    assert chain.gap == (behind > 0)


def test_a_feed_without_end_during_a_gap_does_not_fill_the_memory() -> None:
    chain = synced(10)
    for position in range(20, 10_020):
        chain.receive(message(position - 1, position, fact(position)))
    assert len(chain._held) == 2000
    chain.ask("r1")
    assert chain.receive(message(10, 9000, request="r1")) != ()
    assert chain.in_sync and chain.position == 10_019


class Sender:
    """A relay that sends what the log holds, in pieces, and answers fetches."""

    def __init__(self, length: int, cuts: list[int]) -> None:
        self.facts = [fact(position) for position in range(1, length + 1)]
        bounds = sorted({0, length, *(cut % length for cut in cuts)})
        self.messages = [
            message(low, high, *self.facts[low:high]) for low, high in zip(bounds, bounds[1:], strict=False)
        ]

    def answer(self, fetch: Fetch, upto: int) -> Feed:
        full = fetch.after == 0
        return message(fetch.after, upto, *self.facts[fetch.after : upto], request=fetch.request, full=full)


@settings(max_examples=200, deadline=None)
@given(
    cuts=st.lists(st.integers(1, 59), max_size=20),
    seed=st.integers(0, 10_000),
    loss=st.sampled_from([0.0, 0.1, 0.5]),
)
def test_whatever_is_lost_doubled_or_reordered_each_fact_is_taken_in_once_and_in_order(
    cuts: list[int], seed: int, loss: float
) -> None:
    chance, sender, chain, taken = random.Random(seed), Sender(60, cuts), Chain(), []
    traffic = [one for one in sender.messages for _ in range(chance.choice((1, 1, 2))) if chance.random() >= loss]
    for index in range(len(traffic) - 1):
        if chance.random() < 0.3:
            traffic[index], traffic[index + 1] = traffic[index + 1], traffic[index]
    for number, feed in enumerate(traffic):
        taken += positions(chain.receive(feed))
        if chain.gap and chance.random() < 0.5:
            upto = max(feed.position, chain.position)
            taken += positions(chain.receive(sender.answer(chain.ask(f"r{number}"), upto)))
    taken += positions(chain.receive(sender.answer(chain.ask("last"), 60)))
    assert taken == list(range(1, 61))
    assert chain.in_sync


def _network(id: str) -> NetworkCreated:
    return NetworkCreated(id, "p", "", "", True, False, False, 1450, "vxlan", None, 7)


def _port(id: str, network: str) -> PortCreated:
    return PortCreated(id, network, "p", "", "", "fa:16:3e:00:00:01", True, "", "")
