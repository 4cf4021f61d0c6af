"""From a decision to what the log appends: claims, guards, rows and the result that a repeated command gets. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from libs.eventlog.protocol import Append, Guard, Row, Unchanged
from libs.eventlog.shapes import Kind, row_after
from libs.events import Event
from libs.network.claims import Claims
from libs.network.resources import apply_events, kind_and_id
from libs.network.world import Decision, Resource, World


@dataclass(frozen=True, slots=True)
class Assembled:
    """An append ready to go. `after`: {stream: resource, None when gone} of what changes. `rows`: the answer, as touched says."""

    append: Append
    after: Mapping[str, Resource | None]
    rows: tuple[Row | None, ...]


@dataclass(frozen=True, slots=True)
class TakenTwice:
    """The decision takes claims for more than one stream; `keys`: one entry for each taker but the first."""

    keys: tuple[str, ...]


def assemble(
    decision: Decision, world: World, kinds: Mapping[str, Kind], claims_of: Callable[[Event], Claims]
) -> Assembled | TakenTwice:
    """What `decision` appends. Every resource that was read and is not changed itself gets an Unchanged guard."""
    take, release, twice = _claims(decision, claims_of)
    if twice:
        return TakenTwice(twice)
    after, changed = _advance(decision, world, kinds)
    rows = touched_rows(decision.touched, world, kinds, changed)
    append = Append(
        context=world.context,
        changes=decision.changes,
        take=take,
        release=release,
        guards=_guards(decision, world, changed),
        rows=tuple(changed.values()),
        result=json.dumps([row and [row.kind, row.id, row.version] for row in rows], separators=(",", ":")),
    )
    return Assembled(append, after, rows)


def touched_rows(
    touched: tuple[str, ...], world: World, kinds: Mapping[str, Kind], changed: Mapping[str, Row]
) -> tuple[Row | None, ...]:
    """The rows to answer with, in that order; None for what is gone."""
    rows: list[Row | None] = []
    for stream in touched:
        if stream in changed:
            rows.append(changed[stream] if changed[stream].columns is not None else None)
        else:
            resource = world.resources.get(stream)
            rows.append(kinds[kind_and_id(stream)[0]].row_of(resource) if resource else None)
    return tuple(rows)


def _claims(
    decision: Decision, claims_of: Callable[[Event], Claims]
) -> tuple[dict[str, str], tuple[str, ...], tuple[str, ...]]:
    take: dict[str, str] = {}
    release: dict[str, None] = {}
    twice: list[str] = []
    for change in decision.changes:
        for event in change.events:
            claims = claims_of(event)
            for key in claims.release:
                if take.pop(key, None) is None:
                    release[key] = None
            for key in claims.take:
                if take.setdefault(key, change.stream) != change.stream:
                    twice.append(key)
    return take, tuple(release), tuple(twice)


def _advance(
    decision: Decision, world: World, kinds: Mapping[str, Kind]
) -> tuple[dict[str, Resource | None], dict[str, Row]]:
    after: dict[str, Resource | None] = {}
    rows: dict[str, Row] = {}
    for change in decision.changes:
        before = after[change.stream] if change.stream in after else world.resources.get(change.stream)
        version = change.expected + len(change.events)
        resource = apply_events(before, change.stream, change.events, world.context.at)
        after[change.stream] = resource
        rows[change.stream] = row_after(kinds, change.stream, version, resource)
    return after, rows


def _guards(decision: Decision, world: World, changed: Mapping[str, Row]) -> tuple[Guard, ...]:
    """The decision's guards and one Unchanged for each resource that was only read, each once."""
    read = (
        Unchanged(resource.stream, resource.version)
        for resource in world.resources.values()
        if resource is not None and resource.stream not in changed
    )
    return tuple(dict.fromkeys((*decision.guards, *read)))
