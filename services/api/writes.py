"""The write path: form, policy, command, commit; the answer is the decided rows' own text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from libs import policy
from libs.commands import Command
from libs.errors import not_found, zone_not_found
from libs.eventlog.commit import Committed
from libs.model import DHCP_AGENT, L3_AGENT, Context
from services.api.answers import texts_of
from services.api.bystanders import commit_with_ports
from services.api.commands import VERBS, create_command
from services.api.devices import check_changed_device, check_new_devices
from services.api.reads import Query
from services.api.targets import target_of, targets_of_new

Commit = Callable[[Command, Context], Committed]
_SERVED_BY = {"network": DHCP_AGENT, "router": L3_AGENT}
"""{kind: type of the agents that serve it}"""


class Writes:
    """Creates, updates and deletes through `commit`; `query` reads what policy must know of others' networks."""

    def __init__(self, commit: Commit, query: Query) -> None:
        self._commit, self._query = commit_with_ports(commit, query), query

    def create(self, kind: str, body: Any, context: Context) -> str:
        """`{"port": {..}}` or `{"ports": [..]}` of what was made. Raises Refusal."""
        form, actor = VERBS[kind].form, context.actor
        items, bulk = form.created(body)
        for item, target in zip(items, targets_of_new(self._query, kind, items, actor), strict=True):
            policy.check("create", kind, actor, target, form.named(item))
        self._check_zones(kind, items)
        if kind == "port":
            check_new_devices(self._query, items, actor)
        done = self._commit(create_command(kind, items, actor), context)
        texts = texts_of(kind, done.rows, actor, self._query)
        return f'{{"{form.plural}": [{",".join(texts)}]}}' if bulk else f'{{"{kind}": {texts[0]}}}'

    def update(self, kind: str, id: str, body: Any, revision: int | None, context: Context) -> str:
        """`{"port": {..}}` as it is now. Raises Refusal."""
        form, actor = VERBS[kind].form, context.actor
        changes = form.changed(body)
        policy.check("update", kind, actor, target_of(self._query, kind, id, actor), form.named(changes))
        if kind == "port":
            check_changed_device(self._query, id, changes, actor)
        return self.change(kind, id, VERBS[kind].update(id, changes, revision), context)

    def change(self, kind: str, id: str, command: Command, context: Context) -> str:
        """`{"port": {..}}` as it is after a command that the caller may give. Raises Refusal."""
        done = self._commit(command, context)
        texts = texts_of(kind, done.rows, context.actor, self._query)
        if not texts:
            raise not_found(kind, id)
        return f'{{"{kind}": {texts[0]}}}'

    def delete(self, kind: str, id: str, revision: int | None, context: Context) -> None:
        """Delete it. Raises Refusal."""
        policy.check("delete", kind, context.actor, target_of(self._query, kind, id, context.actor))
        self._commit(VERBS[kind].delete(id, revision), context)

    def _check_zones(self, kind: str, items: list[dict[str, Any]]) -> None:
        """Zones that something is hinted to must have an agent that can serve it, alive or not, as in Neutron. Raises Refusal 404."""
        hints = dict.fromkeys(zone for item in items for zone in item.get("availability_zone_hints") or ())
        if not hints:
            return
        text = "select distinct availability_zone from agent where agent_type = %s and availability_zone = any(%s)"
        known = {zone for (zone,) in self._query(text, (_SERVED_BY[kind], list(hints)))}
        for zone in hints:
            if zone not in known:
                raise zone_not_found(zone)
