"""What must hold of a run, whatever died meanwhile: pure functions over the evidence, each giving sentences about what does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from libs.eventlog import chain
from libs.network.claims import claims_of
from libs.network.resources import kind_and_id
from tests.chaos.evidence import DELETED, Evidence, Story
from tests.chaos.registers import reads_are_linearizable, whole_lists
from tests.chaos.writes import acknowledged_once, all_or_nothing, refused_left_nothing

Property = Callable[[Evidence, Story], Iterator[str]]


def gapless_and_sealed(evidence: Evidence, story: Story) -> Iterator[str]:
    """Positions without gaps, time that does not go back, and a hash chain that fits the stored bytes."""
    try:
        chain.verify(evidence.log_id, evidence.stored)
    except chain.BrokenChain as broken:
        yield str(broken)


def versions_in_order(evidence: Evidence, story: Story) -> Iterator[str]:
    """Each stream counts 1, 2, .. and ends once, with nothing after its end."""
    for stream, life in story.lives.items():
        for expected, one in enumerate(life.events, start=1):
            if one.version != expected:
                yield f"{stream} has version {one.version} where {expected} should be (position {one.position})"
                break
        ends = [one for one in life.events if isinstance(one.event, DELETED)]
        if ends and ends[0] is not life.events[-1]:
            yield f"{stream} goes on after its end at position {ends[0].position}"


def claims_held_once(evidence: Evidence, story: Story) -> Iterator[str]:
    """At any time an address, MAC, VNI or VLAN belongs to one stream; who ended holds nothing."""
    held: dict[str, str] = {}
    for one in story.events:
        claims = claims_of(one.event)
        for key in claims.release:
            if held.get(key) != one.stream:
                yield f"{one.stream} gives back {key} of {held.get(key, 'nobody')} at position {one.position}"
            held.pop(key, None)
        for key in claims.take:
            if held.get(key, one.stream) != one.stream:
                yield f"{key} is given to {one.stream} while {held[key]} has it, at position {one.position}"
            held[key] = one.stream
    for key, stream in held.items():
        if stream in story.lives and story.lives[stream].ended:
            yield f"{stream} has ended and still holds {key}"


def final_reads_are_the_log(evidence: Evidence, story: Story) -> Iterator[str]:
    """What the API shows at the end is what the log says: the same resources at the same revisions with the same names."""
    shown = {f"{one.kind}-{one.id}": one for one in evidence.final}
    for stream, life in story.lives.items():
        if kind_and_id(stream)[0] == "agent":
            continue
        one = shown.pop(stream, None)
        if life.ended:
            if one is not None:
                yield f"{stream} is shown and has ended"
        elif one is None:
            yield f"{stream} lives and is not shown"
        else:
            last = life.events[-1].version
            if (one.revision or last, one.name) != (last, story.names(stream)[last]):
                yield f"{stream} is shown at revision {one.revision} as {one.name!r}, the log has {last}"
    yield from (f"{stream} is shown and not in the log" for stream in shown)


def status_is_true(evidence: Evidence, story: Story) -> Iterator[str]:
    """ACTIVE if and only if bound and plugged on that host; nothing stays in BUILD."""
    for port in evidence.ports:
        wired = bool(port.host) and port.plugged_on == port.host
        if port.status != ("ACTIVE" if wired else "DOWN"):
            yield f"port {port.id} is {port.status}, bound to {port.host or 'no host'}, plugged on {port.plugged_on or 'none'}"


def back_in_time(evidence: Evidence, story: Story) -> Iterator[str]:
    """After each fault the system is back by itself within its goal (times the slack of a busy machine)."""
    for outage in evidence.outages:
        if outage.seconds is None:
            yield f"after {outage.fault} it did not come back"
        elif outage.seconds > outage.goal * evidence.slack:
            yield f"after {outage.fault} it came back after {outage.seconds:.1f} s, the goal is {outage.goal:.0f} s"


def kept_beside_the_log(evidence: Evidence, story: Story) -> Iterator[str]:
    """Claims, heads and the read model are what a replay of the log gives."""
    yield from evidence.beside


PROPERTIES: Mapping[str, Property] = {
    "the log is gapless and its hash chain fits": gapless_and_sealed,
    "versions go up one by one and end once": versions_in_order,
    "no address, MAC, VNI or VLAN is held twice": claims_held_once,
    "no acknowledged change is lost or appears twice": acknowledged_once,
    "what was refused left nothing behind": refused_left_nothing,
    "every write is wholly done or wholly not": all_or_nothing,
    "reads are linearizable, revisions never go back": reads_are_linearizable,
    "lists hold what was acknowledged": whole_lists,
    "the final reads are what the log says": final_reads_are_the_log,
    "claims, heads and read model equal a replay": kept_beside_the_log,
    "port status is true": status_is_true,
    "it is back by itself in time": back_in_time,
}


def check(evidence: Evidence) -> dict[str, list[str]]:
    """{property: what contradicts it}, an empty list for each that holds."""
    story = Story(evidence.stored)
    return {name: list(holds(evidence, story)) for name, holds in PROPERTIES.items()}
