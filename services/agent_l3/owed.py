"""What must follow a change and cannot be read back from the host, kept in a file until it is done: connections to cut, neighbours to
tell. An agent that dies in between makes them good after its next start."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Set
from pathlib import Path
from typing import Any

Cuts = tuple[tuple[str, str], ...]  # (side, address), as `conntrack.cut` takes them
_log = logging.getLogger(__name__)


class Owed:
    """By router. Kept in `file`; one that cannot be read or written is no reason to stop."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._cuts: dict[str, Cuts] = {}
        self._untold: set[str] = set()
        self._written = self._content()
        self._read()

    def cuts(self, router_id: str) -> Cuts:
        """Connections of it that must not go on."""
        return self._cuts.get(router_id, ())

    def is_untold(self, router_id: str) -> bool:
        """Whether neighbours may not have heard of addresses that it has."""
        return router_id in self._untold

    def add(self, cuts: Iterable[tuple[str, Iterable[tuple[str, str]]]], untold: Iterable[str]) -> None:
        """These (router, cuts) and these routers' neighbours; they are in the file when this returns."""
        for router_id, more in cuts:
            if together := tuple(sorted({*self.cuts(router_id), *more})):
                self._cuts[router_id] = together
        self._untold |= set(untold)
        self._write()

    def cut(self, router_ids: Iterable[str]) -> None:
        """Their connections are cut."""
        for router_id in router_ids:
            self._cuts.pop(router_id, None)
        self._write()

    def told(self, router_ids: Iterable[str]) -> None:
        """Their neighbours know."""
        self._untold -= set(router_ids)
        self._write()

    def only(self, router_ids: Set[str]) -> None:
        """Nothing is owed of others: they went before there was anything of them."""
        self._cuts = {key: cuts for key, cuts in self._cuts.items() if key in router_ids}
        self._untold &= router_ids
        self._write()

    def _content(self) -> dict[str, Any]:
        return {
            "cuts": {key: [list(pair) for pair in cuts] for key, cuts in self._cuts.items()},
            "untold": sorted(self._untold),
        }

    def _read(self) -> None:
        if self._file is None:
            return
        try:
            kept = json.loads(self._file.read_text())
            cuts = {
                str(key): tuple((str(side), str(address)) for side, address in each)
                for key, each in kept["cuts"].items()
            }
            self._cuts, self._untold = cuts, {str(one) for one in kept["untold"]}
            self._written = self._content()
        except FileNotFoundError:
            pass
        except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
            _log.warning("what was left undone is not known any longer: %s", error)

    def _write(self) -> None:
        content = self._content()
        if self._file is None or content == self._written:
            return
        try:
            draft = self._file.with_suffix(".draft")
            draft.write_text(json.dumps(content) + "\n")
            draft.replace(self._file)
            self._written = content
        except OSError as error:
            _log.warning("what is left to do is not kept: %s", error)
