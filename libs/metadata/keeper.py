"""The agent's side: keeps a child serving metadata where the agent says, also after that child died."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from libs.config import Settings
from libs.kernel.hands import Hands
from libs.metadata.asking import Guest

MODULES = ("libs.metadata.verbs",)


@dataclass(frozen=True, slots=True)
class Door:
    """Where the guests of one namespace ask. guests: {address: Guest}."""

    port: int
    address: str = "0.0.0.0"
    guests: Mapping[str, Guest] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As the child's verb takes it."""
        guests = {address: [one.instance_id, one.project_id] for address, one in self.guests.items()}
        return {"port": self.port, "address": self.address, "guests": guests}


class Keeper:
    """Serves `doors` {namespace: Door}; what did not succeed is tried again with the next `keep`.

    The child stays outside of the host's namespace `netns`, since Nova is reached as the agent itself reaches it.
    """

    def __init__(self, settings: Settings, on_lost: Callable[[], None] | None = None) -> None:
        self._settings, self._lock = settings, threading.Lock()
        self._told: dict[str, Door] = {}
        self._greeted = False
        self._poke = on_lost
        self._hands = Hands(replace(settings, netns=""), modules=MODULES, on_lost=self._lost)

    @property
    def enabled(self) -> bool:
        """Whether there is a Nova to ask."""
        return bool(self._settings.metadata_url)

    def keep(self, doors: Mapping[str, Door]) -> dict[str, str]:
        """Make it so; {namespace: error} of doors that could not be opened. Raises KernelRefused, HandsLost."""
        if not self.enabled:
            return {}
        with self._lock:
            gone = sorted(self._told.keys() - doors.keys())
            changed = {name: door for name, door in doors.items() if self._told.get(name) != door}
            if not gone and not changed:
                return {}
            self._greet()
            asked = {name: door.to_json() for name, door in changed.items()}
            errors: dict[str, str] = self._hands.call("metadata.serve", doors=asked, gone=gone)
            self._told = {name: door for name, door in doors.items() if name not in errors}
            return errors

    def reopen(self, namespace: str) -> None:
        """A namespace was made anew: its door is opened again by the next `keep`."""
        with self._lock:
            self._told.pop(namespace, None)

    @property
    def pid(self) -> int | None:
        """The child's process id, None while there is none."""
        return self._hands.pid

    def close(self) -> None:
        """End the child; guests get no metadata until another one serves."""
        self._hands.close()

    def _greet(self) -> None:
        if self._greeted:
            return
        settings = self._settings
        self._hands.call("metadata.nova", url=settings.metadata_url, secret=settings.metadata_secret)
        self._greeted = True

    def _lost(self) -> None:
        self._greeted, self._told = False, {}
        if self._poke is not None:
            self._poke()
