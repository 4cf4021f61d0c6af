"""The write path: form, policy, command, commit; the answer is the decided rows' own text."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from libs.commands import Command
from libs.errors import not_found, zone_not_found
from libs.eventlog.commit import Committed
from libs.model import DHCP_AGENT, L3_AGENT, Actor, Context
from libs.network.world import World
from libs.policy import Policy
from services.api.answers import texts_of
from services.api.bystanders import commit_with_ports
from services.api.commands import VERBS, create_command
from services.api.default_pools import with_default_pools
from services.api.devices import check_changed_device, check_new_devices
from services.api.facts import named_in
from services.api.reads import Query
from services.api.targets import Targets

Commit = Callable[..., Committed]
"""`commit(command, context[, judge])`, as `libs.eventlog.commit.Ledger` has it"""
_SERVED_BY = {"network": DHCP_AGENT, "router": L3_AGENT}
"""{kind: type of the agents that serve it}"""


class Writes:
    """Creates, updates and deletes through `commit`, as far as `policy` lets; `query` reads what it must know."""

    def __init__(self, commit: Commit, query: Query, policy: Policy) -> None:
        self._commit, self._query, self._policy = commit_with_ports(commit, query), query, policy
        self._targets = Targets(query, policy)

    def create(self, kind: str, body: Any, context: Context) -> str:
        """`{"port": {..}}` or `{"ports": [..]}` of what was made. Raises Refusal."""
        form, actor = VERBS[kind].form, context.actor
        items, bulk = form.created(body)
        if kind == "subnet":
            items = with_default_pools(self._query, items, actor)
        sent = [form.named(item) for item in items]
        if kind == "port" and not self._policy.trusts(actor):
            judge = partial(self._judge_new_ports, items, sent, actor)
            done = self._commit(create_command(kind, items, actor), context, judge)
        else:
            self._judge_new(kind, sent, actor)
            self._check_zones(kind, items)
            done = self._commit(create_command(kind, items, actor), context)
        texts = texts_of(kind, done.rows, self._policy.hidden(kind, actor), self._query, actor)
        return f'{{"{form.plural}": [{",".join(texts)}]}}' if bulk else f'{{"{kind}": {texts[0]}}}'

    def _judge_new(self, kind: str, sent: list[dict[str, Any]], actor: Actor, world: World | None = None) -> None:
        for item, target in zip(sent, self._targets.of_new(kind, sent, actor, world), strict=True):
            self._policy.check("create", kind, actor, target, item)

    def _judge_new_ports(
        self, items: list[dict[str, Any]], sent: list[dict[str, Any]], actor: Actor, world: World
    ) -> None:
        """By what the decision reads anyway: a port costs no statement for its rights."""
        self._judge_new("port", sent, actor, world)
        check_new_devices(self._query, items, actor)

    def update(self, kind: str, id: str, body: Any, revision: int | None, context: Context) -> str:
        """`{"port": {..}}` as it is now. Raises Refusal."""
        form, actor = VERBS[kind].form, context.actor
        changes = form.changed(body)
        sent = form.named(changes)
        target = self._targets.of(kind, id, actor, named_in(kind, sent))
        self._policy.check("update", kind, actor, target, sent)
        if kind == "port":
            check_changed_device(self._query, id, changes, actor)
        return self.change(kind, id, VERBS[kind].update(id, changes, revision), context)

    def change(self, kind: str, id: str, command: Command, context: Context) -> str:
        """`{"port": {..}}` as it is after a command that the caller may give. Raises Refusal."""
        done = self._commit(command, context)
        actor = context.actor
        texts = texts_of(kind, done.rows, self._policy.hidden(kind, actor), self._query, actor)
        if not texts:
            raise not_found(kind, id)
        return f'{{"{kind}": {texts[0]}}}'

    def delete(self, kind: str, id: str, revision: int | None, context: Context) -> None:
        """Delete it. Raises Refusal."""
        self._policy.check("delete", kind, context.actor, self._targets.of(kind, id, context.actor))
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
