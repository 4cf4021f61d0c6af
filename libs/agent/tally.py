"""Counts every change that was made on the host, in a small file that tests and operators read."""

from __future__ import annotations

import json
import logging
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

_log = logging.getLogger(__name__)


class Tally:
    """Changes made since this process started, by kind; `drift`: those of them that nobody had asked for, repairs.

    `what` names it in the log, with its verb. Kept in `file` as {"pid", "total", "operations": {kind: count}, "drift": {kind:
    count}}; a folder that cannot be written is no reason to stop.
    """

    def __init__(self, what: str, kinds: Iterable[str], file: Path | None = None) -> None:
        self._what, self._file = what, file
        self._counts: Counter[str] = Counter(dict.fromkeys(kinds, 0))
        self._drift: Counter[str] = Counter()
        self._written = -1

    def add(self, kind: str, changes: Sequence[str], drift: bool = False) -> None:
        """Count these changes and log them."""
        self._counts[kind] += len(changes)
        if drift and changes:
            self._drift[kind] += len(changes)
        for text in changes:
            _log.info("%s: %s%s", kind, text, " (repair)" if drift else "")

    def counts(self) -> dict[str, int]:
        """{kind: changes}."""
        return dict(self._counts)

    def drift(self) -> Counter[str]:
        """{kind: repairs}, kinds without any left out."""
        return Counter(self._drift)

    @property
    def total(self) -> int:
        """All changes together."""
        return self._counts.total()

    def write(self) -> None:
        """Bring the file up to date, when something changed."""
        if self._written == self.total:
            return
        self._written = self.total
        content = {"total": self.total, "operations": self.counts(), "drift": self.drift()}
        _log.info("%s as desired", self._what, extra={"fields": content})
        if self._file is None:
            return
        try:
            draft = self._file.with_suffix(".draft")
            draft.write_text(json.dumps({"pid": os.getpid(), **content}) + "\n")
            draft.replace(self._file)
        except OSError as error:
            _log.warning("counters are not kept: %s", error)
