"""Each resource as a register whose versions the log orders: was every read possible at some moment between its call and answer?

Versions are totally ordered by the log, so that linearizability comes to three simple rules: what was seen is a version that was
written as a whole; it is not older than what anybody had been told before the read began; it is not newer than a write that
had not begun when the read ended. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.chaos.evidence import DESCRIBED, Evidence, Story
from tests.chaos.history import DONE, REFUSED, Call

ENDED = 1 << 60
"""The revision of a resource whose delete was acknowledged: no later read may see less."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One resource as one call saw it; revision ENDED: it was told to be gone, 0: a read found nothing."""

    stream: str
    revision: int
    name: str
    call: Call


def reads_are_linearizable(evidence: Evidence, story: Story) -> Iterator[str]:
    """The three rules, for every resource."""
    sights = defaultdict[str, list[Sight]](list)
    for call in evidence.calls:
        for sight in _sights(call):
            sights[sight.stream].append(sight)
    begun = {call.tag: call.begun for call in evidence.calls if call.verb == "update"}
    deletes = _deletes(evidence.calls)
    for stream, seen in sights.items():
        yield from _were_written(stream, seen, story)
        yield from _go_forward(seen, deletes.get(stream))
        yield from _not_from_the_future(seen, story, begun)


def _sights(call: Call) -> Iterator[Sight]:
    if call.fate == DONE and call.verb == "delete":
        yield Sight(f"{call.kind}-{call.target}", ENDED, "", call)
    elif call.verb == "show" and call.status == 404:
        yield Sight(f"{call.kind}-{call.target}", 0, "", call)
    elif call.fate == DONE:
        yield from (Sight(f"{one.kind}-{one.id}", one.revision, one.name, call) for one in call.seen)


def _deletes(calls: Iterable[Call]) -> dict[str, float]:
    """{stream: when the first delete of it began that may have happened}."""
    found: dict[str, float] = {}
    for call in calls:
        if call.verb == "delete" and call.fate != REFUSED:
            stream = f"{call.kind}-{call.target}"
            found[stream] = min(call.begun, found.get(stream, call.begun))
    return found


def _were_written(stream: str, seen: list[Sight], story: Story) -> Iterator[str]:
    names = story.names(stream)
    for one in seen:
        if one.revision in (0, ENDED):
            continue
        if one.revision not in names:
            yield f"{stream} was seen at revision {one.revision}, which no commit left behind"
        elif names[one.revision] != one.name:
            yield f"{stream} at revision {one.revision} was seen as {one.name!r}, written was {names[one.revision]!r}"


def _go_forward(seen: list[Sight], deleted: float | None) -> Iterator[str]:
    ends = sorted(seen, key=lambda one: one.call.ended)
    newest, told = 0, 0
    for one in sorted(seen, key=lambda one: one.call.begun):
        while told < len(ends) and ends[told].call.ended < one.call.begun:
            newest = max(newest, ends[told].revision)
            told += 1
        if one.revision == 0:
            if newest and newest != ENDED and (deleted is None or deleted >= one.call.ended):
                yield f"{one.stream} was not found after revision {newest} had been told, and nobody had deleted it"
        elif one.revision < newest:
            before = "its delete" if newest == ENDED else f"revision {newest}"
            yield f"{one.stream} was seen at revision {one.revision} after {before} had been told"


def _not_from_the_future(seen: list[Sight], story: Story, begun: dict[str, float]) -> Iterator[str]:
    if not seen or seen[0].stream not in story.lives:
        return
    written = [
        (one.version, begun[one.event.after])
        for one in story.lives[seen[0].stream].events
        if isinstance(one.event, DESCRIBED) and one.event.after in begun
    ]
    for one in seen:
        for version, at in written:
            if version <= one.revision < ENDED and at > one.call.ended:
                yield f"{one.stream} was seen at revision {one.revision} before its write had begun"


def whole_lists(evidence: Evidence, story: Story) -> Iterator[str]:
    """A list of a network's ports holds every port whose create was acknowledged before and which nobody had begun to delete."""
    network_of = {one.stream: getattr(one.event, "network_id", "") for one in story.events if one.version == 1}
    known, deletes = defaultdict[str, list[tuple[str, float]]](list), _deletes(evidence.calls)
    for call in evidence.calls:
        if (call.verb, call.kind, call.fate) == ("create", "port", DONE):
            for one in call.seen:
                known[network_of.get(f"port-{one.id}", "")].append((f"port-{one.id}", call.ended))
    for call in evidence.calls:
        if call.verb != "list" or call.fate != DONE:
            continue
        listed = {f"port-{one.id}" for one in call.seen}
        for stream, at in known[call.target]:
            if at < call.begun and stream not in listed and deletes.get(stream, call.ended) >= call.ended:
                yield f"{stream} was acknowledged and is missing in a list of network {call.target}"
