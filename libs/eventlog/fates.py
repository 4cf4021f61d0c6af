"""The fate of each append in a batch, computed in pure code from what the store knows; shared by every log.

The store hands over a `Known` (read under its lock) and writes what comes back in `Written`. Later appends of a batch see
what earlier ones in it did; a refused one leaves no trace. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from libs.eventlog.known import Head, Known, Usage, refers
from libs.eventlog.protocol import (
    Accepted,
    Append,
    Change,
    ClaimTaken,
    GuardFailed,
    NoneRefers,
    Outcome,
    Row,
    StaleVersion,
    Unchanged,
    Within,
)
from libs.events import Event
from libs.model import Context
from libs.network.quota import limits_in
from libs.network.uses import Use, uses_of


@dataclass(frozen=True, slots=True)
class Numbered:
    """One event with its place in the log, before it is stored."""

    position: int
    stream: str
    version: int
    event: Event
    context: Context


@dataclass(slots=True)
class Written:
    """The net effect of the accepted appends. claims: {key: owner, None when released}. commands: {command_id: Accepted}.
    uses: {(project, kind): by how much its number changed}. limits: {project: {kind: limit}} of those whose quota changed."""

    events: list[Numbered] = field(default_factory=list)
    heads: dict[str, Head] = field(default_factory=dict)
    claims: dict[str, str | None] = field(default_factory=dict)
    commands: dict[str, Accepted] = field(default_factory=dict)
    rows: dict[tuple[str, str], Row] = field(default_factory=dict)
    uses: Counter[Use] = field(default_factory=Counter)
    limits: dict[str, dict[str, int]] = field(default_factory=dict)


def decide_fates(batch: Sequence[Append], known: Known) -> tuple[list[Outcome], Written]:
    """Each append's outcome, and what is to be written for the accepted ones."""
    written = Written()
    return [_fate(append, known, written) for append in batch], written


def _fate(append: Append, known: Known, written: Written) -> Outcome:
    first = written.commands.get(append.context.command_id) or known.commands.get(append.context.command_id)
    if first is not None and append.context.command_id:
        return Accepted(first.first, first.last, first.result, repeated=True)
    heads: dict[str, Head] = {}
    refusal = (
        _moved_stream(append, known, written)
        or _stale_change(append.changes, known, written, heads)
        or _referred(append, known, written)
        or _over_limit(append, known, written)
        or _lost_claim(append, known, written)
    )
    return refusal or _accept(append, known, written, heads)


def _head(stream: str, known: Known, written: Written) -> Head | None:
    return written.heads.get(stream) or known.heads.get(stream)


def _moved_stream(append: Append, known: Known, written: Written) -> Outcome | None:
    for guard in append.guards:
        if isinstance(guard, NoneRefers | Within):
            continue
        head = _head(guard.stream, known, written)
        if isinstance(guard, Unchanged):
            actual = head.version if head else 0
            if actual != guard.version:
                return StaleVersion(guard.stream, actual)
        elif head is None or not head.alive:
            return GuardFailed(guard)
    return None


def _referred(append: Append, known: Known, written: Written) -> GuardFailed | None:
    """Checked after every version: what was left out of the count (`besides`) is then known to be complete."""
    for guard in append.guards:
        if isinstance(guard, NoneRefers) and _referring(guard, known, written):
            return GuardFailed(guard)
    return None


def _referring(guard: NoneRefers, known: Known, written: Written) -> set[str]:
    ids = set(known.refers[guard])
    for (kind, id), row in written.rows.items():
        if kind != guard.kind:
            continue
        (ids.add if refers(guard, row) else ids.discard)(id)
    return ids


def _over_limit(append: Append, known: Known, written: Written) -> GuardFailed | None:
    for guard in append.guards:
        if isinstance(guard, Within):
            usage = known.usage.get((guard.project, guard.kind), Usage())
            number = usage.number + written.uses[(guard.project, guard.kind)]
            limit = _limit(guard, usage, written)
            if limit is not None and 0 <= limit < number + guard.adding:
                return GuardFailed(guard, number)
    return None


def _limit(guard: Within, usage: Usage, written: Written) -> int | None:
    """What holds at this moment of the batch."""
    if guard.fixed:
        return guard.limit
    changed = written.limits.get(guard.project)
    own = usage.limit if changed is None else changed.get(guard.kind)
    return guard.limit if own is None else own


def _stale_change(
    changes: Iterable[Change], known: Known, written: Written, heads: dict[str, Head]
) -> StaleVersion | None:
    """Fills `heads` with the streams' heads after `changes`, or tells which stream is elsewhere than expected (or ended)."""
    for change in changes:
        head = heads.get(change.stream) or _head(change.stream, known, written)
        actual = head.version if head else 0
        if actual != change.expected or (head is not None and not head.alive):
            return StaleVersion(change.stream, actual)
        network_id = head.network_id if head else change.network_id
        heads[change.stream] = Head(actual + len(change.events), network_id, not change.ends)
    return None


def _lost_claim(append: Append, known: Known, written: Written) -> ClaimTaken | None:
    released = _released(append, known, written)
    lost = {
        key: owner
        for key, taker in append.take.items()
        if key not in released and (owner := _owner(key, known, written)) not in (None, taker)
    }
    if not lost:
        return None
    first, *also = lost
    return ClaimTaken(first, str(lost[first]), tuple(also))


def _released(append: Append, known: Known, written: Written) -> set[str]:
    """Only what the append's own streams hold can be released by it."""
    own = {change.stream for change in append.changes}
    return {key for key in append.release if _owner(key, known, written) in own}


def _owner(key: str, known: Known, written: Written) -> str | None:
    return written.claims[key] if key in written.claims else known.claims.get(key)


def _accept(append: Append, known: Known, written: Written, heads: Mapping[str, Head]) -> Accepted:
    before = known.position + len(written.events)
    versions: dict[str, int] = {}
    for change in append.changes:
        version = versions.get(change.stream, change.expected)
        for event in change.events:
            version += 1
            written.events.append(
                Numbered(known.position + len(written.events) + 1, change.stream, version, event, append.context)
            )
        versions[change.stream] = version
    written.heads.update(heads)
    written.claims.update(dict.fromkeys(_released(append, known, written)))
    written.claims.update(append.take)
    for row in append.rows:
        written.rows[(row.kind, row.id)] = row
        if row.kind == "quota" and row.columns:
            written.limits[row.columns["project_id"]] = limits_in(row.columns)
    written.uses.update(uses_of(event for change in append.changes for event in change.events))
    last = known.position + len(written.events)
    accepted = Accepted(before + 1, last, append.result) if last > before else Accepted(0, 0, append.result)
    if append.context.command_id:
        written.commands[append.context.command_id] = accepted
    return accepted
