"""The flows of one host's switch as last read, and the bundles that bring them to what is wanted."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from libs.kernel.hands import KernelRefused
from libs.materialise.ovs.book import FlowBook
from libs.materialise.ovs.flow import FlowBody, FlowId, add_line, delete_line, is_ours, parse
from libs.materialise.ovs.view import BR_INT
from libs.reconcile import Plan
from services.agent_ovs.tally import Tally

_log = logging.getLogger(__name__)


class Verbs(Protocol):
    """What is needed of `libs.kernel.hands.Hands`."""

    def call(self, verb: str, **arguments: Any) -> Any:
        """The verb's answer. Raises KernelRefused, HandsLost."""
        ...


class Switch:
    """Bridges that answer, and their flows. `owned` bridges are wholly ours; on others only flows with our tag are looked at."""

    def __init__(self, hands: Verbs, rundir: str, owned: Iterable[str], tally: Tally) -> None:
        self._hands, self._rundir, self._owned, self._tally = hands, rundir, frozenset(owned), tally
        self._flows: dict[FlowId, FlowBody] = {}
        self._up: set[str] = set()
        self._read: set[str] = set()

    def tell(self, bridge: str, up: bool) -> None:
        """A bridge came back, or went away; either way its flows are unknown."""
        self._read.discard(bridge)
        if up:
            self._up.add(bridge)
        else:
            self._up.discard(bridge)

    def forget(self) -> None:
        """Nothing is known any more (the hands were lost)."""
        self._up.clear()
        self._read.clear()

    def doubt(self) -> None:
        """Read everything back at the next `read`."""
        self._read.clear()

    def watch(self, bridges: Iterable[str]) -> None:
        """Follow these bridges from now on."""
        new = sorted(set(bridges) - self._up)
        if new:
            for bridge in self._hands.call("flows.watch", rundir=self._rundir, bridges=new):
                self.tell(bridge, True)

    def read(self, book: FlowBook) -> None:
        """Read back what is unknown; the flows of those bridges become dirty. A bridge that does not answer stays unknown."""
        for bridge in sorted(self._up - self._read):
            try:
                lines = self._hands.call("flows.read", rundir=self._rundir, bridge=bridge)
            except KernelRefused as error:
                _log.warning("flows of %s cannot be read: %s", bridge, error)
                continue
            self._tally.add("readbacks")
            flows = dict(found for found in (parse(bridge, line) for line in lines) if found is not None)
            mine = {id: body for id, body in flows.items() if bridge in self._owned or is_ours(body.cookie)}
            self._flows = {id: body for id, body in self._flows.items() if id.bridge != bridge} | mine
            book.dirty |= mine.keys() | {id for id in book.wanted if id.bridge == bridge}
            self._read.add(bridge)

    def plan(self, book: FlowBook) -> Plan[FlowId, FlowBody]:
        """What differs on the bridges that are known; what is right already is clean."""
        plan = book.plan(self._flows)
        book.dirty -= {
            id for id in book.dirty if id not in plan.create and id not in plan.change and id not in plan.remove
        }
        return Plan(*(self._known(part) for part in (plan.create, plan.change, plan.remove)))

    def apply(self, plan: Plan[FlowId, FlowBody], book: FlowBook) -> int:
        """One bundle for each bridge, br-int last, so that what it leads to is there; returns how many were refused."""
        of: dict[str, list[FlowId]] = {}
        for id in (*plan.remove, *plan.change, *plan.create):  # a new flow may take an old one's place
            of.setdefault(id.bridge, []).append(id)
        bridges = sorted(of, key=lambda name: (name == BR_INT, name))
        return sum(self._bundle(bridge, of[bridge], plan, book) for bridge in bridges)

    def _known(self, part: Mapping[FlowId, FlowBody]) -> dict[FlowId, FlowBody]:
        return {id: body for id, body in part.items() if id.bridge in self._read}

    def _bundle(self, bridge: str, ids: list[FlowId], plan: Plan[FlowId, FlowBody], book: FlowBook) -> int:
        """Apply, all or nothing; when it is refused, each half alone, so that one bad flow does not keep its neighbours out."""
        lines = [_line(id, plan) for id in ids]
        try:
            self._hands.call("flows.apply", rundir=self._rundir, bridge=bridge, lines=lines)
        except KernelRefused as error:
            if "SwitchSilent" in str(error):
                self._read.discard(bridge)
            if bridge not in self._read:
                return len(ids)  # the switch went away, or may have done it: it will be read again
            if len(ids) > 1:
                half = len(ids) // 2
                return self._bundle(bridge, ids[:half], plan, book) + self._bundle(bridge, ids[half:], plan, book)
            self._tally.add("flows_refused")
            _log.error("flow refused: %s: %s", lines[0], error)
            return 1
        self._believe(ids, plan, book)
        return 0

    def _believe(self, ids: list[FlowId], plan: Plan[FlowId, FlowBody], book: FlowBook) -> None:
        for id in ids:
            if id in plan.remove:
                self._flows.pop(id, None)
            else:
                self._flows[id] = plan.create[id] if id in plan.create else plan.change[id]
            if book.wanted.get(id) == self._flows.get(id):
                book.dirty.discard(id)
        for name, part in (("added", plan.create), ("changed", plan.change), ("removed", plan.remove)):
            self._tally.add(f"flows_{name}", sum(id in part for id in ids))


def _line(id: FlowId, plan: Plan[FlowId, FlowBody]) -> str:
    if id in plan.remove:
        return delete_line(id, plan.remove[id])
    return add_line(id, plan.create[id] if id in plan.create else plan.change[id])
