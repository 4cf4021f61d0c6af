"""Counts what the agent did to Open vSwitch since it started, so that "a restart changes nothing" is a figure."""

from __future__ import annotations

import json
import logging
import os
from collections import Counter
from pathlib import Path

_log = logging.getLogger(__name__)
NAMES = ("flows_added", "flows_changed", "flows_removed", "flows_refused", "rows_written", "rows_refused", "readbacks")


class Tally:
    """Counters by name (`NAMES`), kept in `<state_dir>/agent_ovs.json` for tests and people; a folder that cannot be written is no
    reason to stop."""

    def __init__(self, state_dir: str) -> None:
        self._path = Path(state_dir, "agent_ovs.json") if state_dir else None
        self._counts: Counter[str] = Counter(dict.fromkeys(NAMES, 0))
        self._written: dict[str, int] = {}

    def add(self, name: str, count: int = 1) -> None:
        """`count` more of `name`."""
        self._counts[name] += count

    def counts(self) -> dict[str, int]:
        """All counters."""
        return dict(self._counts)

    def changes(self) -> int:
        """How many flows and rows were changed: 0 after a restart with nothing to do."""
        return sum(self._counts[name] for name in NAMES if name.startswith(("flows_", "rows_")))

    def write(self) -> None:
        """Keep the counters in the file and the log, when they changed."""
        counts = self.counts()
        if counts == self._written:
            return
        self._written = counts
        _log.info("open vswitch is as desired", extra={"fields": counts})
        if self._path is None:
            return
        try:
            fresh = self._path.with_suffix(".new")
            fresh.write_text(json.dumps({"pid": os.getpid(), **counts}))
            fresh.replace(self._path)
        except OSError as error:
            _log.warning("counters are not kept: %s", error)
