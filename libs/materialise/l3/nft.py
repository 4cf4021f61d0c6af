"""A router's nftables: what should be, what `nft -j` lists, and the text that leads from one to the other. Pure.

Texts are made of checked addresses alone (`render`), and are all or nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from libs.materialise.l3.objects import Nat
from libs.materialise.l3.rules import Chain, chains, chains6
from libs.reconcile import Plan, diff

TABLE = "netledger"
_MAPS = ("fip_dnat", "fip_snat")
Chains = Mapping[str, tuple[dict[str, Any], list[list[dict[str, Any]]]]]  # {name: (head, rules)} as listed


@dataclass(frozen=True, slots=True)
class Ruleset:
    """The tables' content. maps {name: {address: address}}. chains6: of the IPv6 table, none without one."""

    maps: Mapping[str, Mapping[str, str]]
    chains: Chains
    chains6: Chains = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NatChange:
    """One transaction. operations: what it does, for counting. cuts: (side, address) of connections that must not outlive it."""

    text: str
    operations: tuple[str, ...]
    cuts: tuple[tuple[str, str], ...] = ()


def ruleset(nat: Nat) -> Ruleset:
    """What should be there."""
    back: dict[str, str] = {}
    for floating, fixed in sorted(nat.floating.items()):
        back.setdefault(
            fixed, floating
        )  # two for one fixed address are never decided; then the choice is at least stable
    maps = {"fip_dnat": dict(nat.floating), "fip_snat": back}
    four, six = ({one.name: one.listed() for one in rules} for rules in (chains(nat), chains6(nat)))
    return Ruleset(maps, four, six)


def listed(objects: Sequence[Mapping[str, Any]] | None) -> Ruleset | None:
    """What is there, from the list of `nft -j` for both tables; None for no table, or one that holds what is none of ours."""
    maps: dict[str, Mapping[str, str]] = {}
    found: dict[str, dict[str, tuple[dict[str, Any], list[list[dict[str, Any]]]]]] = {"ip": {}, "ip6": {}}
    for one in objects or ():
        kind, body = next(iter(one.items()))
        if kind == "map":
            maps[body["name"]] = _elements(body.get("elem", ()))
        elif kind == "chain":
            head = {key: body.get(key) for key in ("name", "type", "hook", "prio", "policy")}
            found[body["family"]][body["name"]] = (head, [])
        elif kind == "rule":
            found[body["family"]][body["chain"]][1].append([_ordered(part) for part in body["expr"]])
        elif kind not in ("metainfo", "table"):
            return None
    return Ruleset(maps, found["ip"], found["ip6"]) if tuple(sorted(maps)) == _MAPS else None


def _ordered(part: dict[str, Any]) -> dict[str, Any]:
    """The part with a set's elements in order; nft lists them in one of its own."""
    match part:
        case {"match": {"right": {"set": [*names]} as right, **rest}}:
            return {"match": {**rest, "right": {**right, "set": sorted(names, key=str)}}}
    return part


def _elements(pairs: Iterable[Any]) -> dict[str, str]:
    """{key: value}; one that is no plain address counts as one that differs."""
    return {str(key): value if isinstance(value, str) else "" for key, value in pairs}


def change(nat: Nat, actual: Ruleset | None) -> NatChange | None:
    """What leads from `actual` (None: no table) to what should be; None for nothing. Other rules are a new table at once; else only
    the elements that differ are named."""
    wanted = ruleset(nat)
    if actual is None or actual.chains != wanted.chains:
        return NatChange(_all(nat, actual), (f"table {TABLE}",), _cuts(wanted, actual))
    plans = [(name, diff(wanted.maps[name], actual.maps[name])) for name in _MAPS]
    six = _table6(nat) if actual.chains6 != wanted.chains6 else ""
    operations = (
        *(words for name, plan in plans for words in _told(name, plan)),
        *([f"table ip6 {TABLE}"] if six else []),
    )
    if not operations:
        return None
    elements = "".join(_changed(name, plan) for name, plan in plans)
    return NatChange(elements + six, operations, _cuts(wanted, actual))


def text(nat: Nat) -> str:
    """All that should be there, in place of whatever it was."""
    return _table(nat) + (_table6(nat) if chains6(nat) else "")


def _all(nat: Nat, actual: Ruleset | None) -> str:
    gone = actual is not None and actual.chains6 and not chains6(nat)
    return text(nat) + (_table6(nat) if gone else "")


def _table6(nat: Nat) -> str:
    """The IPv6 table, in place of whatever it was; without anything in it, none."""
    return _replaced("ip6", _body(chains6(nat)))


def _replaced(family: str, body: str) -> str:
    gone = f"add table {family} {TABLE}\ndelete table {family} {TABLE}\n"
    return gone + (f"table {family} {TABLE} {{\n{body}}}\n" if body else "")


def _body(rules: Iterable[Chain]) -> str:
    return "".join(one.text() for one in rules)


def _table(nat: Nat) -> str:
    wanted = ruleset(nat)
    maps = "".join(_map(name, wanted.maps[name]) for name in _MAPS)
    return _replaced("ip", maps + _body(chains(nat)))


def _map(name: str, elements: Mapping[str, str]) -> str:
    lines = f"    elements = {{ {_pairs(elements)} }}\n" if elements else ""
    return f"  map {name} {{\n    type ipv4_addr : ipv4_addr\n{lines}  }}\n"


def _pairs(elements: Mapping[str, str]) -> str:
    return ", ".join(f"{key} : {value}" for key, value in sorted(elements.items()))


def _changed(name: str, plan: Plan[str, str]) -> str:
    gone, new = sorted([*plan.remove, *plan.change]), {**plan.create, **plan.change}
    out = f"delete element ip {TABLE} {name} {{ {', '.join(gone)} }}\n" if gone else ""
    return out + (f"add element ip {TABLE} {name} {{ {_pairs(new)} }}\n" if new else "")


def _told(name: str, plan: Plan[str, str]) -> Iterable[str]:
    yield from (f"{name} {key} : {value}" for key, value in sorted({**plan.create, **plan.change}.items()))
    yield from (f"{name} {key} removed" for key in sorted(plan.remove))


def _cuts(wanted: Ruleset, actual: Ruleset | None) -> tuple[tuple[str, str], ...]:
    """Connections by an address that stands for something else now, or for nothing."""
    if actual is None:
        return ()
    now, before = wanted.maps["fip_dnat"], actual.maps["fip_dnat"]
    left = {floating for floating, fixed in before.items() if now.get(floating) != fixed}
    back = {floating for fixed, floating in actual.maps["fip_snat"].items() if now.get(floating) != fixed}
    own = _own_addresses(actual) - _own_addresses(wanted)
    incoming = [("orig-dst", address) for address in sorted(left)]
    return (*incoming, *(("reply-dst", address) for address in sorted(left | back | own)))


def _own_addresses(rules: Ruleset) -> set[str]:
    """Under which guests leave that have no floating IP."""
    parts = [part for _, rows in rules.chains.values() for row in rows for part in row]
    found = [part["snat"].get("addr") for part in parts if "snat" in part]
    return {address for address in found if isinstance(address, str)}
