"""The write path: form, policy, command, commit; the answer is the decided rows' own text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from libs import policy
from libs.commands import Command
from libs.errors import not_found, zone_not_found
from libs.eventlog.commit import Committed
from libs.eventlog.protocol import Row
from libs.model import DHCP_AGENT, Actor, Context, is_uuid
from libs.policy import Target
from services.api import statements
from services.api.bystanders import commit_with_ports
from services.api.commands import VERBS, create_command, owner_of
from services.api.reads import Query, strip

Commit = Callable[[Command, Context], Committed]


class Writes:
    """Creates, updates and deletes through `commit`; `query` reads what policy must know of others' networks."""

    def __init__(self, commit: Commit, query: Query) -> None:
        self._commit, self._query = commit_with_ports(commit, query), query

    def create(self, kind: str, body: Any, context: Context) -> str:
        """`{"port": {..}}` or `{"ports": [..]}` of what was made. Raises Refusal."""
        form, actor = VERBS[kind].form, context.actor
        items, bulk = form.created(body)
        networks = self._networks(kind, items, actor)
        for item in items:
            policy.check("create", kind, actor, _target_of_new(item, networks, actor), form.named(item))
        self._check_zones(items)
        done = self._commit(create_command(kind, items, actor), context)
        texts = [_text(kind, row, actor) for row in done.rows if row is not None]
        return f'{{"{form.plural}": [{",".join(texts)}]}}' if bulk else f'{{"{kind}": {texts[0]}}}'

    def update(self, kind: str, id: str, body: Any, revision: int | None, context: Context) -> str:
        """`{"port": {..}}` as it is now. Raises Refusal."""
        form, actor = VERBS[kind].form, context.actor
        changes = form.changed(body)
        policy.check("update", kind, actor, self._target(kind, id, actor), form.named(changes))
        done = self._commit(VERBS[kind].update(id, changes, revision), context)
        row = done.rows[0] if done.rows else None
        if row is None:
            raise not_found(kind, id)
        return f'{{"{kind}": {_text(kind, row, actor)}}}'

    def delete(self, kind: str, id: str, revision: int | None, context: Context) -> None:
        """Delete it. Raises Refusal."""
        policy.check("delete", kind, context.actor, self._target(kind, id, context.actor))
        self._commit(VERBS[kind].delete(id, revision), context)

    def _check_zones(self, items: list[dict[str, Any]]) -> None:
        """Zones that networks are hinted to must have a DHCP agent, alive or not, as in Neutron. Raises Refusal 404."""
        hints = dict.fromkeys(zone for item in items for zone in item.get("availability_zone_hints") or ())
        if not hints:
            return
        text = "select distinct availability_zone from agent where agent_type = %s and availability_zone = any(%s)"
        known = {zone for (zone,) in self._query(text, (DHCP_AGENT, list(hints)))}
        for zone in hints:
            if zone not in known:
                raise zone_not_found(zone)

    def _networks(self, kind: str, items: list[dict[str, Any]], actor: Actor) -> Mapping[str, Target]:
        """{network: what policy must know of it}; operators need not be looked after. Raises Refusal 404."""
        if kind == "network" or policy.is_operator(actor):
            return {}
        wanted = list(dict.fromkeys(item["network_id"] for item in items))
        seen, values = statements.visible("network", actor)
        text = f"select id, project_id, shared from network where id = any(%s) and {seen}"
        found = {id: Target("", owner, shared) for id, owner, shared in self._query(text, (wanted, *values))}
        for id in wanted:
            if id not in found:
                raise not_found("network", id)
        return found

    def _target(self, kind: str, id: str, actor: Actor) -> Target:
        """What policy must know of a resource. Raises Refusal 404 when it is not there or not the caller's to see."""
        if not is_uuid(id):
            raise not_found(kind, id[:255])
        if policy.is_operator(actor):
            return Target("")
        statement = statements.target(kind, id, actor)
        rows: Sequence[tuple[Any, ...]] = self._query(statement.text, statement.values)
        if not rows:
            raise not_found(kind, id)
        owner, network_owner, shared, device_owner = rows[0]
        return Target(owner, network_owner or "", bool(shared), device_owner)


def _target_of_new(item: Mapping[str, Any], networks: Mapping[str, Target], actor: Actor) -> Target:
    network = networks.get(item.get("network_id", ""), Target(""))
    return Target(owner_of(item, actor), network.network_owner, network.shared)


def _text(kind: str, row: Row, actor: Actor) -> str:
    return strip(kind, row.body, policy.hidden(kind, actor))
