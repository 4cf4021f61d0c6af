"""The doors of one host at which guests ask for metadata: which are open, who asks there, what could not be opened yet."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Protocol

from libs.kernel.hands import HandsLost, KernelRefused
from libs.metadata.keeper import Door

_log = logging.getLogger(__name__)
DoorOf = Callable[[str], tuple[str, Door] | None]


class Doors(Protocol):
    """What serves, as `libs.metadata.keeper.Keeper`."""

    def keep(self, doors: Mapping[str, Door]) -> Mapping[str, str]:
        """Serve at these {namespace: door} and nowhere else; {namespace: error}."""
        ...

    def reopen(self, namespace: str) -> None:
        """It was made anew under its old name."""
        ...

    def close(self) -> None:
        """Serve nowhere."""
        ...


class Metadata:
    """The doors of one host's networks or routers; door_of(key): namespace and door that one should have now, None for none."""

    def __init__(self, keeper: Doors, door_of: DoorOf) -> None:
        self._keeper, self._door_of = keeper, door_of
        self._doors: dict[str, tuple[str, Door]] = {}
        self._stale: set[str] = set()
        self._due = False

    def changed(self, key: str) -> None:
        """It comes, goes, or has other guests."""
        self._stale.add(key)

    def made_anew(self, namespace: str) -> None:
        """Whatever was open there is open no longer."""
        self._keeper.reopen(namespace)
        self._due = True

    def lost(self) -> None:
        """The child died: all doors are opened again."""
        self._due = True

    def close(self) -> None:
        """Shut them all."""
        self._keeper.close()

    def settle(self) -> int:
        """Open and shut doors as things are now; how many could not be, which the next call tries again."""
        stale, self._stale = self._stale, set()
        for key in stale:
            door, before = self._door_of(key), self._doors.pop(key, None)
            if door is not None:
                self._doors[key] = door
            self._due = self._due or door != before
        if not self._due:
            return 0
        self._due = False
        try:
            errors = self._keeper.keep(dict(self._doors.values()))
        except (HandsLost, KernelRefused) as error:
            errors = {"all": str(error)}
        for where, text in errors.items():
            _log.warning("no metadata in %s: %s", where, text)
        self._due = bool(errors)
        return len(errors)
