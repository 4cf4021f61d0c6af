"""The routes of a network namespace that people or agents set. Runs in the hands child only, in that namespace."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from libs.kernel.rtnl import LINK_SCOPE, Route, set_routes


@dataclass(frozen=True, slots=True)
class Wanted:
    """A route to `to` (a CIDR) by way of `via` (empty: the destination is on the link) through `device` (empty: wherever via is)."""

    to: str
    via: str
    device: str = ""

    def is_met_by(self, route: Route) -> bool:
        """Whether that is it."""
        return (self.to, self.via) == (route.to, route.via) and self.device in ("", route.device)


def wanted_routes(entries: Sequence[Sequence[str]]) -> list[Wanted]:
    """From entries of two, [destination, gateway], or three, [destination, gateway or "", device]; those on the link first, and of
    several to one destination the last."""
    last = {one.to: one for one in (Wanted(*entry) for entry in entries)}
    return sorted(last.values(), key=lambda one: (one.via != "", one.to))


def ensure(ipr: IPRoute, wanted: Sequence[Wanted], indexes: Mapping[str, int], changes: list[str]) -> None:
    """Make the main table's routes these. One whose way differs is replaced, without a moment between; others go."""
    surplus: dict[str, list[Route]] = {}
    for route in set_routes(ipr):
        surplus.setdefault(route.to, []).append(route)
    for one in wanted:
        present = sorted(surplus.pop(one.to, []), key=lambda route: not one.is_met_by(route))
        if not present or not one.is_met_by(present[0]):
            _set(ipr, "replace" if present else "add", one, indexes, changes)
        surplus[one.to] = present[1:]
    for route in (route for routes in surplus.values() for route in routes):
        _delete(ipr, route, changes)


def _set(ipr: IPRoute, how: str, one: Wanted, indexes: Mapping[str, int], changes: list[str]) -> None:
    way: dict[str, Any] = {"gateway": one.via} if one.via else {"scope": LINK_SCOPE}  # or it would bear no gateway
    way |= {"oif": indexes[one.device]} if one.device else {}
    with _unless_there():
        ipr.route(how, dst=one.to, **way)
        changes.append(f"route {one.to} via {one.via or one.device} {'added' if how == 'add' else 'replaced'}")


def _delete(ipr: IPRoute, route: Route, changes: list[str]) -> None:
    way = {"gateway": route.via} if route.via else {}
    ipr.route("del", dst=route.to, oif=route.index, priority=route.priority, scope=route.scope, **way)
    changes.append(f"route {route.to} via {route.via or route.device} removed")


@contextlib.contextmanager
def _unless_there() -> Iterator[None]:
    """What is there already counts as added: not everything is read back (routes of others)."""
    try:
        yield
    except NetlinkError as error:
        if error.code != errno.EEXIST:
            raise
