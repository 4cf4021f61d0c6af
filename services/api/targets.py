"""What policy must know of that which a request acts upon and names: read as the caller, so that what one may not see is not there.

One statement for all that a request names; none for administrators under the default policy, which lets them, and for whom decisions
say what does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from libs.errors import not_found
from libs.model import Actor, is_uuid
from libs.network.world import World
from libs.policy import Policy, Target
from services.api import facts
from services.api.commands import owner_of
from services.api.facts import Key
from services.api.in_world import target_in
from services.api.reads import Query
from services.api.rights import check_stood_for

_NOBODYS = Target("")


class Targets:
    """Reads over `query(sql, values) -> rows` as far as `policy` needs it."""

    def __init__(self, query: Query, policy: Policy) -> None:
        self._query, self._policy = query, policy

    def of(self, kind: str, id: str, actor: Actor, named: Iterable[Key] = ()) -> Target:
        """A resource that is there, when those that are `named` are there too. Raises Refusal 404 for what is not the caller's to
        see."""
        if not is_uuid(id):
            raise not_found(kind, id[:255])
        if self._policy.trusts(actor):
            return _NOBODYS
        others = tuple(named)
        found = self.seen(((kind, id), *others), actor)
        if kind == "floatingip":
            _check_ports(others, found, found[kind, id].owner, actor)
        return found[kind, id]

    def of_new(
        self, kind: str, sent: Sequence[Mapping[str, Any]], actor: Actor, world: World | None = None
    ) -> list[Target]:
        """Resources that are to be made with the attributes `sent` (API names), in order; `world`: what is read of others anyway.
        Raises Refusal 400, 404."""
        owners = [owner_of(item, actor) for item in sent]
        if self._policy.trusts(actor):
            return [Target(owner) for owner in owners]
        named = [tuple(facts.named_in(kind, item)) for item in sent]
        found = self.seen([key for keys in named for key in keys], actor, world)
        if kind == "floatingip":
            for keys, owner in zip(named, owners, strict=True):
                _check_ports(keys, found, owner, actor)
        return [_target_of_new(item, found, owner) for item, owner in zip(sent, owners, strict=True)]

    def seen(self, wanted: Iterable[Key], actor: Actor, world: World | None = None) -> Mapping[Key, Target]:
        """{(kind, id): what policy must know of it}. Raises Refusal 404 for the first that is not the caller's to see."""
        keys, found = list(dict.fromkeys(wanted)), dict[Key, Target]()
        if world is not None:
            found = {key: target for key in keys if (target := target_in(world, key, actor)) is not None}
        left = [key for key in keys if key not in found]
        if left:
            found |= dict(facts.target_from(row) for row in self._query(*facts.statement(left, actor)))
        for kind, id in keys:
            if (kind, id) not in found:
                raise not_found(facts.kind_of(kind), id)
        return found


def _check_ports(named: Iterable[Key], found: Mapping[Key, Target], owner: str, actor: Actor) -> None:
    """A floating IP of project `owner` stands for a port of the same. Raises Refusal 400."""
    for kind, id in named:
        if kind == "port":
            check_stood_for(id, found[kind, id].owner, owner, actor)


def _target_of_new(item: Mapping[str, Any], found: Mapping[Key, Target], owner: str) -> Target:
    network = found.get(("network", str(item.get("network_id"))), _NOBODYS)
    group = found.get(("security_group", str(item.get("security_group_id"))), _NOBODYS)
    return replace(network, owner=owner, group_owner=group.owner)
