"""Rows of Open vSwitch's database: opened once for each life of the hands, written so that a bad row does not block the others."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

from libs.kernel.hands import KernelRefused
from libs.materialise.ovs.rows import RowChange, to_json
from services.agent_ovs.switch import Verbs
from services.agent_ovs.tally import Tally

_log = logging.getLogger(__name__)


class Database:
    """One host's database behind the hands."""

    def __init__(self, hands: Verbs, rundir: str, tally: Tally) -> None:
        self._hands, self._rundir, self._tally = hands, rundir, tally
        self._open, self._opening = False, threading.Lock()

    def lost(self) -> None:
        """The hands died: open again."""
        self._open = False

    def ensure_open(self, seen: Callable[[dict[str, Any]], None]) -> None:
        """Follow the database; `seen` gets everything that it holds, when it was not followed. Raises HandsLost, KernelRefused."""
        with self._opening:  # who comes second must wait: a view that is not there yet would look like an empty host
            if self._open:
                return
            self._open = True
            try:
                seen(self._hands.call("ovsdb.open", rundir=self._rundir))
            except BaseException:
                self._open = False
                raise

    def write(self, changes: Sequence[RowChange]) -> list[RowChange]:
        """All in one transaction; when it is refused each alone. Returns the bad ones. Raises HandsLost."""
        if not changes:
            return []
        try:
            self._hands.call("ovsdb.write", rundir=self._rundir, changes=[to_json(one) for one in changes])
        except KernelRefused as error:
            if len(changes) > 1:
                return [bad for change in changes for bad in self.write([change])]
            self._tally.add("rows_refused")
            _log.error("row refused: %s: %s", changes[0], error)
            return list(changes)
        self._tally.add("rows_written", len(changes))
        return []
