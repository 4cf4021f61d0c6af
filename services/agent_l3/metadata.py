"""Behind every router's interface the guests may ask for metadata; who they are goes to the child that serves it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Protocol

from libs.kernel.hands import HandsLost, KernelRefused
from libs.materialise.l3 import Wanted
from libs.materialise.l3.rules import PROXY_PORT
from libs.metadata.asking import Guest
from libs.metadata.keeper import Door

_log = logging.getLogger(__name__)
Guests = Callable[[str], Mapping[str, tuple[str, str]]]  # of a router: {address: (instance id, project id)}


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
    """The doors of one host's routers."""

    def __init__(self, keeper: Doors, guests: Guests) -> None:
        self._keeper, self._guests = keeper, guests
        self._doors: dict[str, tuple[str, Door]] = {}  # {router_id: (namespace, door)}
        self._stale: set[str] = set()
        self._due = False

    def changed(self, router_id: str) -> None:
        """It comes, goes, or has other guests."""
        self._stale.add(router_id)

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

    def settle(self, applied: Mapping[str, Wanted]) -> int:
        """Open and shut doors as the routers are now; how many could not be, which the next call tries again."""
        stale, self._stale = self._stale, set()
        for router_id in stale:
            self._doors.pop(router_id, None)
            if router := applied.get(router_id):
                known = {address: Guest(*guest) for address, guest in self._guests(router_id).items()}
                self._doors[router_id] = (router.namespace, Door(PROXY_PORT, guests=known))
        if not (stale or self._due):
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
