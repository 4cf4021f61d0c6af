"""Keeping many things on a host (networks with DHCP, routers) as they should be: what is dirty, what is believed, what failed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

from libs.agent.stages import Work
from libs.agent.tally import Tally

_AT_ONCE = 16  # whole things in one batch
_NAMED = 8  # topology keeps 16 numbers of an agent
_log = logging.getLogger(__name__)


class Incomplete(Exception):
    """Some things could not be brought in order now; they stay dirty and the text says why."""


class Task(Work, Protocol):
    """Work that `Upkeep` can hand on. wanted: what the thing is afterwards, None for gone."""

    @property
    def wanted(self) -> Any: ...  # noqa: D102

    @property
    def is_quick(self) -> bool:
        """Whether it goes before what takes longer."""
        ...


T = TypeVar("T", bound=Task)


class Keeper(Protocol[T]):
    """What a kind of agent knows of its things."""

    def adopt(self) -> None:
        """Find what an earlier life left on this host (`Upkeep.doubt` it), so that what is no longer wanted goes."""
        ...

    def work(self, key: str, parts: set[str], unsure: bool) -> T | None:
        """What one thing's dirty parts come to, None for nothing. unsure: nothing is taken for granted."""
        ...

    def run(self, batch: Sequence[T]) -> Mapping[str, str | None]:
        """Do it; {key: error or None}."""
        ...


class Upkeep(Generic[T]):
    """The things of one host by key. `mark` and `doubt` may be called from any thread; work on the host is one at a time.

    applied {key: what was last brought in order}. failing {key: how often in a row it went wrong}.
    """

    def __init__(self, keeper: Keeper[T], tally: Tally) -> None:
        self._keeper, self._tally = keeper, tally
        self.applied: dict[str, Any] = {}
        self.failing: dict[str, int] = {}
        self._dirty: dict[str, set[str]] = {}  # {key: its dirty parts, "" for the whole}
        self._unsure: set[str] = set()  # things whose state on the host must be read before it is believed
        self._resting: set[str] = set()  # things that failed and of which nothing new was heard since
        self._adopted = False
        self._lock = threading.Lock()

    def mark(self, parts: Iterable[tuple[str, str]]) -> None:
        """These (key, part) are to be looked at; part empty for the whole."""
        for key, part in parts:
            self._dirty.setdefault(key, set()).add(part)
            self._resting.discard(key)

    def doubt(self, key: str) -> None:
        """Nothing is taken for granted of this one: the next apply reads it back."""
        self._unsure.add(key)
        self.mark([(key, "")])

    def load(self) -> dict[str, int]:
        """For the heartbeat: `failing` things that were not brought in order, some of them by id (`failing/<key>`)."""
        failing = tuple(self.failing)
        return {"failing": len(failing)} | {f"failing/{key}": 1 for key in failing[:_NAMED]}

    def doubt_everything(self) -> None:
        """The next apply reads everything back (the hands were lost, or a look round is due)."""
        self._adopted = False
        for key in list(self.applied):
            self.doubt(key)

    def apply(self, again: bool = True) -> None:
        """Bring the host to what should be. again: what failed before is tried too, though nothing new was heard of it.

        Raises Incomplete, or what the hands raise; what was not done stays dirty.
        """
        with self._lock:
            if again:
                self._resting.clear()
            self._apply()

    def audit(self) -> dict[str, int]:
        """Read everything back and repair it; {kind: changes} that were needed although nothing new was wanted.

        Raises Incomplete when nothing was; with repairs to tell of, the next apply raises it.
        """
        before = self._tally.drift()
        self.doubt_everything()
        try:
            self.apply()
        except Incomplete:
            if self._tally.drift() == before:
                raise
        return dict(self._tally.drift() - before)

    def _apply(self) -> None:
        failures: dict[str, str] = {}
        try:
            if not self._adopted:
                self._keeper.adopt()
                self._adopted = True
            while parts := self._next(failures):
                self._do(parts, failures)
        finally:
            self.failing = {key: self.failing.get(key, 0) + (key in failures) for key in (*self._resting, *failures)}
            for key in failures:
                self.doubt(key)
            self._resting |= failures.keys()
            self._tally.write()
        if failures:
            raise Incomplete("; ".join(failures.values()))

    def _next(self, failures: Mapping[str, str]) -> dict[str, set[str]]:
        """What to work on now: all that is dirty in part, a few as a whole, so that a small change never waits for all of these."""
        chosen: dict[str, set[str]] = {}
        whole = 0
        for key, parts in list(self._dirty.items()):
            is_whole = "" in parts or key in self._unsure
            if key not in failures and key not in self._resting and (not is_whole or whole < _AT_ONCE):
                whole += is_whole
                chosen[key] = self._dirty.pop(key)
        return chosen

    def _do(self, dirty: Mapping[str, set[str]], failures: dict[str, str]) -> None:
        """Work on these, what is quick first; whatever is not done stays in doubt."""
        left = set(dirty)
        try:
            works = [one for key, parts in dirty.items() if (one := self._thought(key, parts, failures))]
            left = {one.key for one in works}
            for batch in ([one for one in works if one.is_quick], [one for one in works if not one.is_quick]):
                self._settle(batch, self._keeper.run(batch) if batch else {}, failures)
                left -= {one.key for one in batch}
        finally:
            for key in left:
                self.doubt(key)

    def _thought(self, key: str, parts: set[str], failures: dict[str, str]) -> T | None:
        """The keeper's work; one that cannot even be worked out must not stop its neighbours."""
        unsure = key in self._unsure
        self._unsure.discard(key)  # now: what is doubted from here on is no matter of this work
        try:
            return self._keeper.work(key, parts, unsure)
        except Exception as error:
            _log.exception("%s cannot be worked out", key)
            failures[key] = f"{key}: {error!r}"
            return None

    def _settle(self, batch: Sequence[T], done: Mapping[str, str | None], failures: dict[str, str]) -> None:
        """Believe what went well, doubt the rest."""
        for one in batch:
            error = done.get(one.key)
            if error is not None:
                failures[one.key] = error
                continue
            if one.wanted is None:
                self.applied.pop(one.key, None)
            else:
                self.applied[one.key] = one.wanted
