"""A router's nftables: what should be, what `nft -j` lists, and the text that leads from one to the other. Pure.

Texts are made of checked addresses alone (`render`), and are all or nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from libs.materialise.l3.objects import Nat
from libs.materialise.l3.rules import chains
from libs.reconcile import Plan, diff

TABLE = "netledger"
_MAPS = ("fip_dnat", "fip_snat")
Chains = Mapping[str, tuple[dict[str, Any], list[list[dict[str, Any]]]]]  # {name: (head, rules)} as listed


@dataclass(frozen=True, slots=True)
class Ruleset:
    """A table's content. maps {name: {address: address}}."""

    maps: Mapping[str, Mapping[str, str]]
    chains: Chains


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
    return Ruleset({"fip_dnat": dict(nat.floating), "fip_snat": back}, {one.name: one.listed() for one in chains(nat)})


def listed(objects: Sequence[Mapping[str, Any]] | None) -> Ruleset | None:
    """What is there, from the list of `nft -j`; None for no table, or one that holds what is none of ours."""
    maps: dict[str, Mapping[str, str]] = {}
    found: dict[str, tuple[dict[str, Any], list[list[dict[str, Any]]]]] = {}
    for one in objects or ():
        kind, body = next(iter(one.items()))
        if kind == "map":
            maps[body["name"]] = _elements(body.get("elem", ()))
        elif kind == "chain":
            head = {key: body.get(key) for key in ("name", "type", "hook", "prio", "policy")}
            found[body["name"]] = (head, [])
        elif kind == "rule":
            found[body["chain"]][1].append(body["expr"])
        elif kind not in ("metainfo", "table"):
            return None
    return Ruleset(maps, found) if tuple(sorted(maps)) == _MAPS else None


def _elements(pairs: Iterable[Any]) -> dict[str, str]:
    """{key: value}; one that is no plain address counts as one that differs."""
    return {str(key): value if isinstance(value, str) else "" for key, value in pairs}


def change(nat: Nat, actual: Ruleset | None) -> NatChange | None:
    """What leads from `actual` (None: no table) to what should be; None for nothing. Other rules are a new table at once; else only
    the elements that differ are named."""
    wanted = ruleset(nat)
    if actual is None or actual.chains != wanted.chains:
        return NatChange(text(nat), (f"table {TABLE}",), _cuts(wanted, actual))
    plans = [(name, diff(wanted.maps[name], actual.maps[name])) for name in _MAPS]
    operations = tuple(words for name, plan in plans for words in _told(name, plan))
    if not operations:
        return None
    return NatChange("".join(_changed(name, plan) for name, plan in plans), operations, _cuts(wanted, actual))


def text(nat: Nat) -> str:
    """The whole table, in place of whatever it was."""
    wanted = ruleset(nat)
    maps = "".join(_map(name, wanted.maps[name]) for name in _MAPS)
    body = maps + "".join(one.text() for one in chains(nat))
    return f"add table ip {TABLE}\ndelete table ip {TABLE}\ntable ip {TABLE} {{\n{body}}}\n"


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
