"""Flows that allow: a group's rules, and the conjunctions by which a rule and an address meet. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from libs.materialise.ovs.flow import Flow, flow
from libs.materialise.ovs.security.members import Rule
from libs.materialise.ovs.security.rules import Kind, kind_of, matches, member_match
from libs.materialise.ovs.security.tables import ALLOW
from libs.materialise.ovs.view import BR_INT

MOST_FLOWS = 10_000
"""Of one group; rules beyond (in the order in which they were made) let nothing pass."""
_PLAIN, _JOINED = 20, 10  # priorities


def rule_flows(rules: Iterable[Rule], stateful: bool, token: int, number_of: Callable[[str, Kind], int]) -> list[Flow]:
    """The rules of the group with this number. number_of: a set's conjunction. Rules that come to the same match are one flow."""
    plain: dict[tuple[int, str], int] = {}
    joined: dict[tuple[int, str], dict[int, int]] = {}
    for rule in rules:
        kind, found = kind_of(rule.told, stateful), matches(rule.told, stateful, token)
        if len(plain) + len(joined) + len(found) > MOST_FLOWS:
            continue
        for match in found:
            if rule.remote:
                joined.setdefault((kind.table, match), {})[number_of(rule.remote, kind)] = rule.position
            else:
                plain[kind.table, match] = rule.position
    out = [flow(BR_INT, table, _PLAIN, match, ALLOW, at) for (table, match), at in plain.items()]
    return out + [_joined(*key, numbers, 2) for key, numbers in joined.items()]


def member(kind: Kind, address: str, numbers: Mapping[int, int]) -> Flow:
    """An address of the sets with these conjunctions ({number: position})."""
    return _joined(kind.table, member_match(kind, address), numbers, 1)


def together(table: int, number: int, at: int) -> Flow:
    """What happens when a rule that names a set and an address in it have met."""
    return flow(BR_INT, table, _JOINED, f"conj_id={number}", ALLOW, at)


def _joined(table: int, match: str, numbers: Mapping[int, int], dimension: int) -> Flow:
    actions = ",".join(f"conjunction({number},{dimension}/2)" for number in sorted(numbers))
    return flow(BR_INT, table, _JOINED, match, actions, max(numbers.values()))
