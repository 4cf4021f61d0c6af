"""What a log promises, as values and one Protocol; `memory` and `postgres` pass the same contract tests.

Positions are gapless and in commit order: who has seen position N never later sees a smaller one appear.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from libs.events import Event
from libs.model import Context


@dataclass(frozen=True, slots=True)
class Recorded:
    """One event as the log holds it. `meta`: {request_id, actor {user, project, roles, and domain and service_roles where Keystone
    told them}, command_id, correlation_id, causation_id, at}. `recorded_at`: UTC ISO 8601 with microseconds and `Z`, never decreasing
    with position."""

    position: int
    stream: str
    version: int
    event: Event
    meta: Mapping[str, Any]
    recorded_at: str


@dataclass(frozen=True, slots=True)
class Change:
    """Events for one stream; `expected` is the stream's version before them, 0 for a stream that must be new. `network_id` is the
    scope that a stream belongs to for ever (`libs.network.resources.scope_of`; feeds go by it), empty for agents. `ends` marks
    the stream's last events."""

    stream: str
    expected: int
    events: tuple[Event, ...]
    network_id: str = ""
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One resource in the inline read model, written in the append's transaction. `columns` as `libs.network.kinds` lists them for
    the kind; `body` is the ready JSON text that the API answers, `hidden` JSON text of what the state holds beside it.
    `columns` None deletes the row."""

    kind: str
    id: str
    version: int
    columns: Mapping[str, Any] | None
    body: str = ""
    hidden: str = ""


@dataclass(frozen=True, slots=True)
class Alive:
    """Guard: the stream exists and has not ended."""

    stream: str


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Guard: the stream is still at this version (what was read to decide is still so)."""

    stream: str
    version: int


@dataclass(frozen=True, slots=True)
class NoneRefers:
    """Guard: no row of `kind` has `value` in `column` (membership when the column is an array). Not counted: ids in `besides`,
    and rows whose column is one of the values given for it in `unless` (((column, (value, ..)), ..)); `only` rows that have these
    values (((column, value), ..)) are."""

    kind: str
    column: str
    value: str
    besides: tuple[str, ...] = ()
    unless: tuple[tuple[str, tuple[str, ...]], ...] = ()
    only: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Within:
    """Guard: with `adding` more the project has at most `limit` of `kind` (-1: any number), as facts count them
    (`libs.network.uses`), those of this append not included. A limit that was set for the project (`libs.network.quota`) goes
    before, unless `fixed`. limit None: the default of the process that appends, which commit fills in."""

    kind: str
    project: str
    adding: int
    limit: int | None = None
    fixed: bool = False


Guard = Alive | Unchanged | NoneRefers | Within


@dataclass(frozen=True, slots=True)
class Append:
    """One command's whole effect: all of it is written or none. `take` and `release` are claim keys; the owner of a taken claim is
    the stream given with it. `result` is what a repeated command_id gets back."""

    context: Context
    changes: tuple[Change, ...]
    take: Mapping[str, str] = field(default_factory=dict)
    release: tuple[str, ...] = ()
    guards: tuple[Guard, ...] = ()
    rows: tuple[Row, ...] = ()
    result: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """Committed (or committed before under the same command_id: `repeated`, with the first result). Positions are 0 when the
    append held no events."""

    first: int
    last: int
    result: str = ""
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class ClaimTaken:
    """Refused: this claim is held by another stream; `also` are further keys of the append that are."""

    key: str
    owner: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StaleVersion:
    """Refused: the stream is at another version than the append or its Unchanged guard expected."""

    stream: str
    actual: int


@dataclass(frozen=True, slots=True)
class GuardFailed:
    """Refused: an Alive, NoneRefers or Within guard does not hold; `found`: how many a Within found there."""

    guard: Guard
    found: int = 0


Outcome = Accepted | ClaimTaken | StaleVersion | GuardFailed


@dataclass(frozen=True, slots=True)
class LogIdentity:
    """Which log this is: `log_id` never changes, `epoch` rises with every restore or failover to an older position."""

    log_id: str
    epoch: int


class EventLog(Protocol):
    """An append-only log with its inline read model. Implementations raise `errors.Refusal` 503 when the store is away."""

    def identity(self) -> LogIdentity:
        """Which log this is."""
        ...

    def append(self, batch: Sequence[Append]) -> list[Outcome]:
        """Write a batch in one transaction; each append has its own fate, later ones see the effect of earlier ones in it."""
        ...

    def read(self, after: int, limit: int) -> list[Recorded]:
        """Events with position > after, in order, at most `limit`."""
        ...

    def read_streams(self, streams: Sequence[str]) -> list[Recorded]:
        """All events of these streams, by position."""
        ...

    def head(self) -> int:
        """The last position, 0 for an empty log."""
        ...

    def rows(self, wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Row]:
        """Read model rows by (kind, id); absent ones are left out. Reads several kinds in as few statements as kinds."""
        ...

    def earlier(self, command_id: str) -> Accepted | None:
        """What a command came to that was accepted before, `repeated`; None for one that never was."""
        ...

    def find(self, wanted: Sequence[tuple[str, str, str]]) -> dict[tuple[str, str, str], tuple[str, ...]]:
        """For each (kind, column, value) the ids, in their order, of the rows that have the value in that column (membership when
        it is an array). One statement for all. Raises KeyError for a kind or column that is not there."""
        ...
