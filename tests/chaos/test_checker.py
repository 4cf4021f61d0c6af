"""The checker finds what it is there for: one bug planted in a good run, and the property that it breaks is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.chaos.checker import PROPERTIES, check
from tests.chaos.evidence import Evidence, Outage, PortTruth
from tests.chaos.given import (
    Book,
    call,
    described,
    gives_back,
    gone,
    good_calls,
    good_log,
    good_run,
    network,
    port,
    renamed,
    sight,
    takes,
)
from tests.chaos.history import DONE, REFUSED, UNKNOWN, Call
from tests.chaos.nemesis import ON_HOSTS, SERVERS, SERVICES, schedule

LOG, VERSIONS, CLAIMS, LOST, REFUSALS, WHOLE, READS, LISTS, FINAL, BESIDE, STATUS, BACK = PROPERTIES


def with_log(book: Book) -> Evidence:
    return replace(good_run(), stored=book.stored)


def and_then(*commits: tuple[object, ...]) -> Evidence:
    """The good log, and these commands after it."""
    book = good_log()
    for commit in commits:
        book.commit(*commit)  # type: ignore[arg-type]
    return with_log(book)


def with_call(*calls: Call) -> Evidence:
    return replace(good_run(), calls=[*good_calls(), *calls])


def without(evidence: Evidence, position: int) -> Evidence:
    return replace(evidence, stored=[one for one in evidence.stored if one.position != position])


def instead(verb: str, tag: str, **other: object) -> Evidence:
    """The good run with one call told differently."""
    calls = [
        replace(one, **other) if (one.verb, one.tag) == (verb, tag) else one  # type: ignore[arg-type]
        for one in good_calls()
    ]
    return replace(good_run(), calls=calls)


def changed_byte() -> Evidence:
    run = good_run()
    stored = list(run.stored)
    stored[2] = replace(stored[2], data=stored[2].data.replace("10.0.0.1", "10.0.0.9"))
    return replace(run, stored=stored)


def skipped_version() -> Evidence:
    run = good_run()
    stored = [replace(one, version=9) if one.stream == "port-1" and one.version == 2 else one for one in run.stored]
    return replace(run, stored=stored)


def bulk_in_part() -> Evidence:
    book = Book()
    book.commit(network())
    book.commit(port("2", "b.0"), takes("2", "10.0.0.2"))
    return replace(with_log(book), calls=[call("create", 2, tag="b", size=2, fate=UNKNOWN)])


def bulk_by_two_commands() -> Evidence:
    book = Book()
    book.commit(network())
    book.commit(port("2", "b.0"))
    book.commit(port("3", "b.1"))
    return replace(with_log(book), calls=[call("create", 2, tag="b", size=2, fate=UNKNOWN)])


PLANTED: dict[str, tuple[str, Callable[[], Evidence]]] = {
    "a position is missing": (LOG, lambda: without(good_run(), 3)),
    "a stored byte was changed": (LOG, changed_byte),
    "the last batch was cut in two": (LOG, lambda: without(good_run(), len(good_run().stored))),
    "a version was skipped": (VERSIONS, skipped_version),
    "a deleted port goes on": (VERSIONS, lambda: and_then((renamed("4", "d", "z"),))),
    "an address is given twice": (CLAIMS, lambda: and_then((port("6", "f"), takes("6", "10.0.0.2")))),
    "a MAC is given twice": (CLAIMS, lambda: and_then((port("6", "f", mac="fa:16:3e:00:00:01"),))),
    "a VNI is given twice": (CLAIMS, lambda: and_then((network("m", vni=7),))),
    "an address is given twice for a while only": (
        CLAIMS,
        lambda: and_then((port("6", "f"), takes("6", "10.0.0.2")), (gives_back("6", "10.0.0.2"), gone("6"))),
    ),
    "a deleted port keeps its address": (CLAIMS, lambda: and_then((gone("5"),))),
    "an acknowledged create is lost": (LOST, lambda: with_call(call("create", 9, sight("9", 2, "x"), tag="x"))),
    "an acknowledged item of a bulk is lost": (
        LOST,
        lambda: instead("create", "b", size=3),
    ),
    "an acknowledged update is lost": (
        LOST,
        lambda: with_call(call("update", 9, sight("1", 6, "x"), tag="x", target="1")),
    ),
    "an acknowledged update went to another port": (LOST, lambda: instead("update", "u", target="2")),
    "an acknowledged delete is lost": (LOST, lambda: with_call(call("delete", 9, target="5"))),
    "a create appears twice": (LOST, lambda: and_then((port("6", "a"),))),
    "an update appears twice": (
        LOST,
        lambda: and_then((renamed("1", "u", "v"),), (renamed("1", "v", "u"), described("1", "u"))),
    ),
    "a create was refused and is there": (REFUSALS, lambda: instead("create", "e", fate=REFUSED, seen=())),
    "an update was refused and is there": (REFUSALS, lambda: instead("update", "u", fate=REFUSED, seen=())),
    "a bulk of unknown fate is there in part": (WHOLE, bulk_in_part),
    "a bulk was made by two commands": (WHOLE, bulk_by_two_commands),
    "an update of unknown fate is there in part": (
        WHOLE,
        lambda: replace(
            and_then((renamed("2", "b.0", "x"),)),
            calls=[call("update", 9, tag="x", target="2", fate=UNKNOWN)],
        ),
    ),
    "a read after an acknowledged write misses it": (
        READS,
        lambda: with_call(call("show", 5, sight("1", 2, "a"), target="1")),
    ),
    "revisions go back between two readers": (
        READS,
        lambda: replace(
            good_run(),
            calls=[
                *(one for one in good_calls() if one.verb != "show"),
                call("show", 4.1, sight("1", 4, "u"), target="1"),
                call("show", 4.7, sight("1", 2, "a"), target="1", client=1),
            ],
        ),
    ),
    "half a commit is read": (READS, lambda: with_call(call("show", 9, sight("5", 1, "e"), target="5"))),
    "what is read was never written": (READS, lambda: with_call(call("show", 9, sight("5", 2, "other"), target="5"))),
    "a write is seen before it begins": (READS, lambda: with_call(call("show", 3, sight("1", 4, "u"), target="1"))),
    "a deleted port is read": (READS, lambda: with_call(call("show", 8, sight("4", 2, "d"), target="4"))),
    "an acknowledged port is not found": (
        READS,
        lambda: with_call(call("show", 9, target="1", fate=REFUSED, status=404)),
    ),
    "an acknowledged port is not listed": (LISTS, lambda: with_call(call("list", 9, sight("1", 4, "u"), target="n"))),
    "a living port is not shown in the end": (FINAL, lambda: replace(good_run(), final=good_run().final[:-1])),
    "a deleted port is shown in the end": (
        FINAL,
        lambda: replace(good_run(), final=[*good_run().final, sight("4", 2, "d")]),
    ),
    "an unknown port is shown in the end": (
        FINAL,
        lambda: replace(good_run(), final=[*good_run().final, sight("9", 1, "x")]),
    ),
    "an old revision is shown in the end": (
        FINAL,
        lambda: replace(good_run(), final=[*good_run().final[:-1], sight("5", 1, "e")]),
    ),
    "the read model differs from a replay": (BESIDE, lambda: replace(good_run(), beside=["ports differ"])),
    "a plugged port stays DOWN": (STATUS, lambda: replace(good_run(), ports=[PortTruth("1", "h", "DOWN", "h")])),
    "a port stays in BUILD": (STATUS, lambda: replace(good_run(), ports=[PortTruth("1", "h", "BUILD", "")])),
    "an unplugged port stays ACTIVE": (STATUS, lambda: replace(good_run(), ports=[PortTruth("1", "h", "ACTIVE", "")])),
    "a port is ACTIVE and plugged elsewhere": (
        STATUS,
        lambda: replace(good_run(), ports=[PortTruth("1", "h", "ACTIVE", "other")]),
    ),
    "it never comes back": (BACK, lambda: replace(good_run(), outages=[Outage("kill -9 api", None, 3.0)])),
    "it comes back late": (BACK, lambda: replace(good_run(), outages=[Outage("kill -9 api", 3.1, 3.0)])),
}


def test_a_good_run_has_nothing_against_it() -> None:
    assert not any(check(good_run()).values()), check(good_run())


@pytest.mark.parametrize("bug", PLANTED)
def test_a_planted_bug_is_found(bug: str) -> None:
    broken, run = PLANTED[bug]
    assert check(run())[broken], f"not found: {bug}"


def test_every_property_has_a_planted_bug() -> None:
    assert {broken for broken, _ in PLANTED.values()} == set(PROPERTIES)


@pytest.mark.parametrize("fate", [UNKNOWN, DONE])
def test_an_unknown_delete_may_have_happened_or_not(fate: str) -> None:
    """Who was not told the fate of its delete may find the port, or not."""
    calls = [one for one in good_calls() if one.verb != "delete"]
    calls.append(call("delete", 7, target="4", fate=fate))
    for status in (200, 404):
        seen = (sight("4", 2, "d"),) if status == 200 else ()
        read = call("show", 7.2, *seen, target="4", fate=DONE if status == 200 else REFUSED, status=status)
        assert not check(replace(good_run(), calls=[*calls, read]))[READS]


def test_unknown_writes_may_be_there_or_not() -> None:
    lost = with_call(call("create", 9, tag="x", fate=UNKNOWN), call("update", 9, tag="y", target="1", fate=UNKNOWN))
    assert not any(check(lost).values())
    assert not any(check(instead("create", "e", fate=UNKNOWN, seen=())).values())


@pytest.mark.parametrize("seed", range(20))
def test_the_first_round_strikes_every_kind_of_process(seed: int) -> None:
    assert {one.target for one in schedule(seed, 13)} == {*SERVICES, *SERVERS, *ON_HOSTS}
    assert schedule(seed, 30) == schedule(seed, 30) and schedule(seed, 30)[:7] == schedule(seed, 7)
