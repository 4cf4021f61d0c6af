"""What the log must say about each write of the history. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from libs.eventlog.protocol import Recorded
from tests.chaos.evidence import DELETED, Evidence, Story, command_of
from tests.chaos.history import DONE, REFUSED, Call


def acknowledged_once(evidence: Evidence, story: Story) -> Iterator[str]:
    """Each acknowledged write is in the log exactly once, on the resource that the client was told."""
    for call in evidence.calls:
        if call.fate == DONE and call.verb in ("create", "update", "delete"):
            yield from _lost(call, story)
    for sort, texts in (("created", story.created), ("renamed", story.renamed), ("described", story.described)):
        for text in {name for call in evidence.calls for name in _texts(call)}:
            if len(texts.get(text, ())) > 1:
                yield f"{text} is {sort} {len(texts[text])} times"


def _texts(call: Call) -> tuple[str, ...]:
    return call.names if call.verb == "create" else (call.tag,) if call.tag else ()


def _lost(call: Call, story: Story) -> Iterator[str]:
    if call.verb == "delete":
        life = story.lives.get(f"{call.kind}-{call.target}")
        if life is None or not life.ended:
            yield f"the acknowledged delete of {call.kind} {call.target} is not in the log"
    elif call.verb == "update":
        if not _on(f"{call.kind}-{call.target}", story.described.get(call.tag, [])):
            yield f"the acknowledged update {call.tag} of {call.kind} {call.target} is not in the log"
    else:
        ids = {one.name: one.id for one in call.seen}
        for name in call.names:
            if name not in ids:
                yield f"the acknowledged create {call.tag} answered without {name}"
            elif not _on(f"{call.kind}-{ids[name]}", story.created.get(name, [])):
                yield f"the acknowledged create {name} of {call.kind} {ids[name]} is not in the log"


def _on(stream: str, events: list[Recorded]) -> bool:
    return any(one.stream == stream for one in events)


def refused_left_nothing(evidence: Evidence, story: Story) -> Iterator[str]:
    """A refusal is final: nothing of that write is ever in the log."""
    for call in evidence.calls:
        if call.fate != REFUSED or call.verb not in ("create", "update"):
            continue
        found = story.created if call.verb == "create" else story.described
        traces = [name for name in _texts(call) if name in found]
        if traces:
            yield f"{call.verb} {call.tag} was refused with {call.status} and left {', '.join(traces)} in the log"


def all_or_nothing(evidence: Evidence, story: Story) -> Iterator[str]:
    """Whatever its fate: all items of a create are there or none, all changes of an update or none, by one command each."""
    for call in evidence.calls:
        if call.verb == "create":
            parts = [story.created.get(name, []) for name in call.names]
        elif call.verb == "update":
            parts = [story.renamed.get(call.tag, []), story.described.get(call.tag, [])]
        else:
            continue
        there = [part for part in parts if part]
        if there and len(there) < len(parts):
            yield f"{call.verb} {call.tag} is there in part: {len(there)} of {len(parts)} ({call.fate})"
        if len({command_of(part[0]) for part in there}) > 1:
            yield f"{call.verb} {call.tag} was made by more than one command"
    for stream, life in story.lives.items():
        yield from _torn_ends(stream, life.events)


def _torn_ends(stream: str, events: list[Recorded]) -> Iterator[str]:
    ends = [one for one in events if isinstance(one.event, DELETED)]
    if len(ends) > 1:
        yield f"{stream} is deleted {len(ends)} times"
