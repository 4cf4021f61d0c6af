"""The wanted flows of a host by owner, so that one port's change costs that port's flows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from libs.materialise.ovs.flow import Flow, FlowBody, FlowId
from libs.reconcile import Plan, diff

Owner = tuple[str, str]


class FlowBook:
    """Wanted flows. When two owners want the same flow, the later fact (the higher cookie) wins, whatever the order they came in."""

    def __init__(self) -> None:
        self.wanted: dict[FlowId, FlowBody] = {}
        self.dirty: set[FlowId] = set()
        self._of: dict[Owner, dict[FlowId, FlowBody]] = {}
        self._owners: dict[FlowId, dict[Owner, FlowBody]] = {}

    def put(self, owner: Owner, flows: Iterable[Flow]) -> None:
        """All flows that `owner` wants from now on."""
        before, after = self._of.pop(owner, {}), dict(flows)
        if after:
            self._of[owner] = after
        for id, body in after.items():
            if before.get(id) != body:
                self._owners.setdefault(id, {})[owner] = body
                self._settle(id)
        for id in before.keys() - after.keys():
            self._owners[id].pop(owner, None)
            self._settle(id)

    def of(self, owner: Owner) -> Mapping[FlowId, FlowBody]:
        """What an owner wants."""
        return self._of.get(owner, {})

    def owners(self, id: FlowId) -> tuple[Owner, ...]:
        """Who wants this flow."""
        return tuple(self._owners.get(id, ()))

    def plan(self, have: Mapping[FlowId, FlowBody]) -> Plan[FlowId, FlowBody]:
        """What must change for the dirty flows, given what the switch has."""
        return diff(self.wanted, have, only=self.dirty)

    def _settle(self, id: FlowId) -> None:
        self.dirty.add(id)
        owners = self._owners[id]
        if owners:
            self.wanted[id] = max((body.cookie, owner, body) for owner, body in owners.items())[2]
        else:
            del self._owners[id]
            self.wanted.pop(id, None)
