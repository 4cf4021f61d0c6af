"""Connections that must be cut, kept in a file until they are: an agent that dies between a change and its cuts makes them good."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from pathlib import Path

Cuts = tuple[tuple[str, str], ...]  # (side, address), as `conntrack.cut` takes them
_log = logging.getLogger(__name__)


class Owed:
    """{router_id: cuts}. Kept in `file`; one that cannot be read or written is no reason to stop."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._cuts = self._read()

    def of(self, router_id: str) -> Cuts:
        """What is owed for a router."""
        return self._cuts.get(router_id, ())

    def add(self, router_id: str, cuts: Iterable[tuple[str, str]]) -> None:
        """More of it; it is in the file when this returns."""
        more = tuple(sorted({*self.of(router_id), *cuts}))
        if more != self.of(router_id):
            self._cuts[router_id] = more
            self._write()

    def done(self, router_ids: Iterable[str]) -> None:
        """Nothing is owed for these any longer."""
        if [self._cuts.pop(router_id) for router_id in router_ids if router_id in self._cuts]:
            self._write()

    def _read(self) -> dict[str, Cuts]:
        if self._file is None:
            return {}
        try:
            kept = json.loads(self._file.read_text())
            return {str(key): tuple((str(side), str(address)) for side, address in cuts) for key, cuts in kept.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            _log.warning("connections to cut are not known any longer: %s", error)
            return {}

    def _write(self) -> None:
        if self._file is None:
            return
        try:
            draft = self._file.with_suffix(".draft")
            draft.write_text(json.dumps(self._cuts) + "\n")
            draft.replace(self._file)
        except OSError as error:
            _log.warning("connections to cut are not kept: %s", error)
