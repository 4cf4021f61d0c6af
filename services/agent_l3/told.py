"""Which floating IPs work, and what the server does not know of that yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from libs.feed import FloatingIpReport, Routing
from libs.materialise.l3 import View, Wanted

_PATIENCE = 2  # a router that went wrong so often in a row is not just being built
_REASON = "the router could not be brought in order"
_Reports = dict[str, FloatingIpReport]  # {floating IP's id: what is told of it}


class Told:
    """What was told of each router's floating IPs. One works when its router forwards and was brought about with it; it does not when
    its router keeps failing; else nothing is known yet."""

    def __init__(self, view: Callable[[str], View | None]) -> None:
        self._view = view
        self._reports: dict[
            str, tuple[Wanted | None, bool, _Reports]
        ] = {}  # {router_id: (brought about, failing, reports)}
        self._anew: set[str] = set()

    def associated(self, floatingip_id: str) -> None:
        """With a new association nothing is known of it on the server, though it may be as the one before: it is told anew."""
        self._anew.add(floatingip_id)

    def news(self, applied: Mapping[str, Wanted], failing: Mapping[str, int]) -> Routing | None:
        """What is other than what was told before, and counts as told from now on."""
        anew, self._anew = self._anew, set()
        new: _Reports = {}
        down: _Reports = {}
        for router_id in {*applied, *failing, *self._reports}:
            state = applied.get(router_id), failing.get(router_id, 0) >= _PATIENCE
            known = self._reports.get(router_id, (None, False, {}))
            if state[0] is known[0] and state[1] == known[1] and anew.isdisjoint(known[2]):
                continue
            now = self._of(router_id, *state)
            new |= {id: report for id, report in now.items() if known[2].get(id) != report or id in anew}
            down |= {
                id: replace(known[2][id], working=False, reason="") for id in self._silent(router_id, known[2], now)
            }
            self._reports[router_id] = (*state, now)
            if not (state[0] or state[1]):
                del self._reports[router_id]
        news = down | new
        return Routing(tuple(news.values())) if news else None

    def complete(self) -> Routing:
        """All of it."""
        everything = {id: report for _, _, reports in self._reports.values() for id, report in reports.items()}
        return Routing(tuple(everything.values()), complete=True)

    def _of(self, router_id: str, applied: Wanted | None, failing: bool) -> _Reports:
        found: _Reports = {}
        view = self._view(router_id) if failing else None
        for one in view.floatingips if view else ():
            if one.target is not None:
                found[one.id] = FloatingIpReport(one.id, router_id, one.target.ip_address, False, _REASON)
        for id, (_, fixed) in applied.floatingips.items() if applied and applied.on else ():
            if id not in found or found[id].fixed_ip_address == fixed:
                found[id] = FloatingIpReport(id, router_id, fixed, True)
        return found

    def _silent(self, router_id: str, before: _Reports, now: _Reports) -> set[str]:
        """Those that are still the router's, and work no longer."""
        gone = before.keys() - now.keys()
        view = self._view(router_id) if gone else None
        return {one.id for one in view.floatingips if one.id in gone} if view else set()
