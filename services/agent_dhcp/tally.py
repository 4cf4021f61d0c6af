"""Counts every change that was made on the host, in a small file that tests and operators read."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path

_log = logging.getLogger(__name__)


class Tally:
    """{kind: changes made since this process started}; kinds: links, plugs, dnsmasq. Written to `file` when something changed."""

    def __init__(self, file: Path | None = None) -> None:
        self._file, self._counts, self._written = file, {"links": 0, "plugs": 0, "dnsmasq": 0}, -1

    def add(self, kind: str, changes: Sequence[str]) -> None:
        """Count these changes and log them."""
        self._counts[kind] += len(changes)
        for text in changes:
            _log.info("%s: %s", kind, text)

    def counts(self) -> dict[str, int]:
        """A copy of the counts."""
        return dict(self._counts)

    @property
    def total(self) -> int:
        """All changes together."""
        return sum(self._counts.values())

    def write(self) -> None:
        """Bring the file up to date: {"pid", "operations": {kind: count}, "total"}."""
        if self._file is None or self._written == self.total:
            return
        content = {"pid": os.getpid(), "operations": self._counts, "total": self.total}
        self._file.parent.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_suffix(".draft")
        draft.write_text(json.dumps(content) + "\n")
        draft.rename(self._file)
        self._written = self.total
