"""The policy: every rule compiled, default deny; values in and a verdict out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from libs.errors import forbidden
from libs.model import Actor
from libs.policy.compiled import BadPolicy, Check, compiled, of_roles
from libs.policy.target import Target

_DEFAULTS: Mapping[str, Any] = {
    "floating_ip_address": None,
    "shared": False,
    "is_default": False,
    "router:external": False,
    "binding:profile": {},
    "binding:host_id": "",
    "binding:vnic_type": "normal",
    "device_id": "",
    "device_owner": "",
    "external_gateway_info": None,
    "tags": (),
}
"""{attribute: value that says nothing when something is made}; others are judged whenever they are sent."""
_NONE: Any = object()
_NOBODYS = Target("")
_OWNERLESS = ("agent", "flavor", "service_profile")
"""Kinds whose resources belong to no project."""
_IS_ADMIN, _SERVICE = "context_is_admin", "service"


class Policy:
    """Judges by `rules`, {name: check string}; `changed` are those that are not as by default. Raises BadPolicy for rules that cannot
    be read, and for changed ones about what is seen that ask for more than roles: lists are made by the database."""

    def __init__(self, rules: Mapping[str, str], changed: Iterable[str] = ()) -> None:
        self._checks = compiled(rules)
        self._parts: dict[str, dict[str, Check]] = {}
        for name, check in self._checks.items():
            base, _, part = name.partition(":")
            if part:
                self._parts.setdefault(base, {})[part] = check
        self._changed = frozenset(changed)
        self._reading = frozenset(name for name in self._changed if name.startswith("get_"))
        for name in self._reading:
            if not of_roles(name, rules):
                raise BadPolicy(f"rule {name!r} may ask for roles alone: whose and what is shared is seen anyway")

    def trusts(self, actor: Actor) -> bool:
        """Whether what the caller may do hangs on him alone, so that nothing needs to be known of what he acts upon."""
        return actor.is_admin and not self._changed

    def caller(self, actor: Actor) -> Actor:
        """The caller with the role admin, or without it, as a changed rule `context_is_admin` has it."""
        if _IS_ADMIN not in self._changed or self.allowed(_IS_ADMIN, actor, _NOBODYS) == actor.is_admin:
            return actor
        without = tuple(role for role in actor.roles if role != "admin")
        return replace(actor, roles=without if actor.is_admin else (*without, "admin"))

    def allowed(self, rule: str, actor: Actor, target: Target) -> bool:
        """Whether one rule lets the caller; a rule that does not exist lets nobody."""
        check = self._checks.get(rule)
        return check is not None and check(actor, target)

    def demand(self, rule: str, actor: Actor, target: Target) -> None:
        """Raises Refusal 403 naming the rule, unless it lets the caller."""
        if not self.allowed(rule, actor, target):
            raise forbidden(f"rule:{rule}")

    def check(
        self, action: str, kind: str, actor: Actor, target: Target, sent: Mapping[str, Any] | None = None
    ) -> None:
        """Raises Refusal 403 naming the rule, unless the caller may do `action` (create, update, delete) to `target` with all the
        attributes of `sent` (API names; for create, those with their default's value do not count). An attribute, or a part of
        one, without a rule follows its resource's."""
        base = f"{action}_{kind}"
        self.demand(base, actor, target)
        if not sent:
            return
        if "device_owner" in sent:
            target = replace(target, device_owner=str(sent["device_owner"] or ""), facts=sent)
        else:
            target = replace(target, facts=sent)
        parts = self._parts.get(base, {})
        for part in _parts_of(sent, action == "create"):
            check = parts.get(part)
            if check is not None and not check(actor, target):
                raise forbidden(f"rule:{base} and rule:{base}:{part}")

    def reader(self, kind: str, actor: Actor) -> Actor:
        """The caller as one who reads `kind`: a service whom no rule lets is one no longer; whom a changed rule does not let has no
        roles at all, and whom it lets sees all of a kind that is nobody's."""
        rule = f"get_{kind}"
        may = self.allowed(rule, actor, _NOBODYS)
        if rule in self._reading:
            seeing = ("admin", *actor.roles) if kind in _OWNERLESS else actor.roles
            return replace(actor, roles=seeing if may else ())
        if may or _SERVICE not in actor.roles:
            return actor
        return replace(actor, roles=tuple(role for role in actor.roles if role != _SERVICE))

    def hidden(self, kind: str, actor: Actor) -> tuple[str, ...]:
        """The attributes of `kind` that the caller does not see."""
        if self.trusts(actor):
            return ()
        parts = self._parts.get(f"get_{kind}", {})
        return tuple(part for part, check in parts.items() if part != "tags" and not check(actor, _NOBODYS))


def _parts_of(sent: Mapping[str, Any], creating: bool) -> Iterator[str]:
    """The attributes of `sent` that rules may be about, each with its own parts."""
    for name, value in sent.items():
        if creating and value == _DEFAULTS.get(name, _NONE):
            continue
        yield name
        for one in value if isinstance(value, list | tuple) else (value,):
            for part in _names_in(one):
                yield f"{name}:{part}"


def _names_in(value: Any) -> Iterator[str]:
    """Names of what a value says: keys of an object, or the fields of one of ours that are set."""
    if isinstance(value, Mapping):
        yield from value
    elif is_dataclass(value):
        yield from (one.name for one in fields(value) if getattr(value, one.name))
