"""Check strings of oslo.policy, read by oslo.policy and compiled once to closures: a verdict costs microseconds.

Every leaf means what it means to oslo.policy and to Neutron's own checks (`field:`, `project_id:`); checks that ask another server
(`http:`) are refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from oslo_policy import policy as oslo

from libs.model import Actor
from libs.policy.target import Target, roles_of

Check = Callable[[Actor, Target], bool]

_TARGET: Mapping[str, Callable[[Target], Any]] = {
    "project_id": lambda target: target.owner,
    "tenant_id": lambda target: target.owner,
    "network:project_id": lambda target: target.network_owner,
    "network:tenant_id": lambda target: target.network_owner,
    "ext_parent:project_id": lambda target: target.parent_owner,
    "ext_parent:tenant_id": lambda target: target.parent_owner,
    "security_group:project_id": lambda target: target.group_owner,
    "security_group:tenant_id": lambda target: target.group_owner,
    "shared": lambda target: target.shared,
    "router:external": lambda target: target.external,
    "device_owner": lambda target: target.device_owner,
}
"""{attribute that a check string may name: where it is}; others are among the target's `facts`."""

_CALLER: Mapping[str, Callable[[Actor], Iterable[str]]] = {
    "role": lambda actor: roles_of(actor.roles),
    "roles": lambda actor: roles_of(actor.roles),
    "service_roles": lambda actor: actor.service_roles,
    "project_id": lambda actor: (actor.project,) if actor.project else (),
    "tenant_id": lambda actor: (actor.project,) if actor.project else (),
    "user_id": lambda actor: (actor.user,) if actor.user else (),
    "project_domain_id": lambda actor: (actor.domain,) if actor.domain else (),
}
"""{what a check string may ask of the caller: the values that it has}"""

_KEY = re.compile(r"%\((.*?)\)s")
_KINDS = {"TrueCheck": "yes", "FalseCheck": "no", "NotCheck": "not", "AndCheck": "and", "OrCheck": "or"}


class BadPolicy(ValueError):
    """Rules that cannot be used; the text names the rule."""


def compiled(rules: Mapping[str, str]) -> dict[str, Check]:
    """{rule: check} of {rule: check string}. Raises BadPolicy for what cannot be read, rules that are not there and circles."""
    found: dict[str, Check] = {}
    for name in rules:
        _compile(name, rules, found, ())
    return found


def of_roles(name: str, rules: Mapping[str, str]) -> bool:
    """Whether a rule asks for nothing but roles: then it is the same for everything that a caller may act upon."""
    leaves = re.findall(r"([\w.]+):([^\s()]+)", rules.get(name, ""))
    return all(kind == "role" or (kind == "rule" and of_roles(match, rules)) for kind, match in leaves)


def _compile(name: str, rules: Mapping[str, str], found: dict[str, Check], above: tuple[str, ...]) -> Check:
    """The check of a rule, made together with those that it names."""
    if name in above:
        raise BadPolicy(f"rule {name!r} leads to itself")
    if name not in rules:
        raise BadPolicy(f"rule {above[-1]!r} names {name!r}, which is not there")
    if name not in found:
        parsed = oslo.Rules.from_dict({name: rules[name]})[name]
        below = (*above, name)
        found[name] = _Reader(name, rules[name], lambda other: _compile(other, rules, found, below)).check(parsed)
    return found[name]


class _Reader:
    """Compiles what oslo.policy made of one rule's text; `named` gives the checks of other rules."""

    def __init__(self, name: str, text: str, named: Callable[[str], Check]) -> None:
        self._name, self._named = name, named
        self._denials = len(re.findall(r"(?<!\S)\(*!\)*(?!\S)", text))

    def check(self, parsed: Any) -> Check:
        """The closure of a parsed check and those below it."""
        match _KINDS.get(type(parsed).__name__):
            case "yes":
                return lambda actor, target: True
            case "no":
                return self._never()
            case "not":
                return _inverse(self.check(parsed.rule))
            case "and":
                return _all(tuple(self.check(one) for one in parsed.rules))
            case "or":
                return _any(tuple(self.check(one) for one in parsed.rules))
        return self._leaf(str(parsed.kind), str(parsed.match))

    def _never(self) -> Check:
        """oslo.policy takes what it does not understand for a rule that lets nobody; only who says so is believed."""
        self._denials -= 1
        if self._denials < 0:
            raise BadPolicy(f"rule {self._name!r} cannot be understood")
        return lambda actor, target: False

    def _leaf(self, kind: str, match: str) -> Check:
        if kind == "rule":
            return self._named(match)
        if kind == "field":
            return self._field(match)
        if kind not in _CALLER:
            raise BadPolicy(f"rule {self._name!r} asks for {kind!r}, which is not known")
        wanted = match.lower() if kind == "role" and not _KEY.search(match) else match
        return _caller_has(_CALLER[kind], wanted)

    def _field(self, match: str) -> Check:
        name, equals, value = match.partition(":")[2].partition("=")
        if not equals or not name:
            raise BadPolicy(f"rule {self._name!r}: field:{match} is not of the form field:RESOURCE:ATTRIBUTE=VALUE")
        get = _getter(name)
        if value.startswith("~"):
            pattern = re.compile(value[1:])
            return lambda actor, target: bool(pattern.match(str(get(target) or "")))
        wanted: Any = {"True": True, "False": False}.get(value, value)
        return lambda actor, target: bool(get(target) == wanted)


def _getter(name: str) -> Callable[[Target], Any]:
    return _TARGET.get(name) or (lambda target: target.facts.get(name))


def _caller_has(values: Callable[[Actor], Iterable[str]], match: str) -> Check:
    """Whether one of the caller's values is the match, in which `%(attribute)s` stands for what the target has."""
    parts = _KEY.split(match)
    if len(parts) == 1:
        return lambda actor, target: match in values(actor)
    getters = [_getter(name) for name in parts[1::2]]
    if len(getters) == 1 and not parts[0] and not parts[2]:
        get = getters[0]
        return lambda actor, target: get(target) in values(actor)
    form = "%s".join(part.replace("%", "%%") for part in parts[::2])

    def has(actor: Actor, target: Target) -> bool:
        known = [get(target) for get in getters]
        return None not in known and form % tuple(known) in values(actor)

    return has


def _inverse(check: Check) -> Check:
    return lambda actor, target: not check(actor, target)


def _all(checks: tuple[Check, ...]) -> Check:
    def everyone(actor: Actor, target: Target) -> bool:
        for check in checks:  # noqa: SIM110 (a generator costs twice as much)
            if not check(actor, target):
                return False
        return True

    return everyone


def _any(checks: tuple[Check, ...]) -> Check:
    def anyone(actor: Actor, target: Target) -> bool:
        for check in checks:  # noqa: SIM110 (a generator costs twice as much)
            if check(actor, target):
                return True
        return False

    return anyone
