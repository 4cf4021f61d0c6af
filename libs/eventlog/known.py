"""What a log must look up before the fates of a batch can be told. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from libs.eventlog.protocol import Accepted, Append, NoneRefers, Row, Within
from libs.network.uses import Use


@dataclass(frozen=True, slots=True)
class Head:
    """A stream's last version; alive is False once it has ended."""

    version: int
    network_id: str
    alive: bool


@dataclass(frozen=True, slots=True)
class Usage:
    """How many of a kind a project has, and the limit that was set for it, None for none."""

    number: int = 0
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows about everything that a batch asks for, and nothing else.

    `refers`: per NoneRefers guard the ids of rows that refer (those in `besides` left out), all of them or at least
    `enough_references(batch, guard)` many.
    """

    position: int
    heads: Mapping[str, Head] = field(default_factory=dict)
    claims: Mapping[str, str] = field(default_factory=dict)
    commands: Mapping[str, Accepted] = field(default_factory=dict)
    refers: Mapping[NoneRefers, frozenset[str]] = field(default_factory=dict)
    usage: Mapping[Use, Usage] = field(default_factory=dict)


def asked_streams(batch: Sequence[Append]) -> list[str]:
    """The streams whose heads decide about `batch`."""
    found = {change.stream for append in batch for change in append.changes}
    found |= {guard.stream for append in batch for guard in append.guards if not isinstance(guard, NoneRefers | Within)}
    return sorted(found)


def asked_claims(batch: Sequence[Append]) -> list[str]:
    """The claim keys that decide about `batch`."""
    return sorted({key for append in batch for key in (*append.take, *append.release)})


def asked_commands(batch: Sequence[Append]) -> list[str]:
    """The command ids in `batch`; an append without one is never a repeat."""
    return sorted({append.context.command_id for append in batch if append.context.command_id})


def asked_references(batch: Sequence[Append]) -> list[NoneRefers]:
    """The NoneRefers guards in `batch`."""
    return list({guard: None for append in batch for guard in append.guards if isinstance(guard, NoneRefers)})


def asked_uses(batch: Sequence[Append]) -> list[Use]:
    """The (project, kind) whose numbers decide about `batch`."""
    found = {(guard.project, guard.kind) for append in batch for guard in append.guards if isinstance(guard, Within)}
    return sorted(found)


def enough_references(batch: Sequence[Append], guard: NoneRefers) -> int:
    """So many referring ids prove that one is left whatever `batch` itself removes."""
    return 1 + sum(row.kind == guard.kind for append in batch for row in append.rows)


def refers(guard: NoneRefers, row: Row) -> bool:
    """Whether `row` is one that the guard says there is none of."""
    if row.kind != guard.kind or row.id in guard.besides or row.columns is None:
        return False
    if any(row.columns[column] in values for column, values in guard.unless):
        return False
    if any(row.columns[column] != value for column, value in guard.only):
        return False
    value = row.columns[guard.column]
    return guard.value in value if isinstance(value, tuple | list) else value == guard.value
