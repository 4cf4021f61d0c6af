"""The rules of a router's nftables: each as nft reads it and as `nft -j` lists it, so that both can be compared. Pure.

Rules name no port and no address of a guest; those are elements of the maps, so that one floating IP is one element of each.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from libs.materialise.l3.objects import INSIDE, OUTSIDE, Nat

METADATA_ADDRESS, METADATA_PORT, PROXY_PORT = "169.254.169.254", 80, 9697
_TRANSLATED_BY = 110  # a priority after that of source NAT, 100
_LINK_LOCAL = ("169.254.0.0", 16)
_LEFT: dict[str, dict[str, Any]] = {
    "iifname": {"meta": {"key": "iifname"}},
    "oifname": {"meta": {"key": "oifname"}},
    "ip saddr": {"payload": {"protocol": "ip", "field": "saddr"}},
    "ip daddr": {"payload": {"protocol": "ip", "field": "daddr"}},
    "tcp dport": {"payload": {"protocol": "tcp", "field": "dport"}},
    "ct state": {"ct": {"key": "state"}},
    "ct status": {"ct": {"key": "status"}},
}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a rule. text: as nft reads it; listed: as `nft -j` lists it."""

    text: str
    listed: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Chain:
    """A base chain and its rules, each a row of parts."""

    name: str
    type: str
    hook: str
    priority: int
    rules: tuple[tuple[Part, ...], ...]

    def text(self) -> str:
        """As nft reads it."""
        head = f"type {self.type} hook {self.hook} priority {self.priority}; policy accept;"
        rules = [" ".join(part.text for part in rule) for rule in self.rules]
        return "\n    ".join([f"  chain {self.name} {{", head, *rules]) + "\n  }\n"

    def listed(self) -> tuple[dict[str, Any], list[list[dict[str, Any]]]]:
        """What `nft -j` lists of it: its head without handles, and the rules' expressions."""
        head = {"name": self.name, "type": self.type, "hook": self.hook, "prio": self.priority, "policy": "accept"}
        return head, [[part.listed for part in rule] for rule in self.rules]


def chains(nat: Nat) -> tuple[Chain, ...]:
    """All chains. Whoever comes from outside keeps his address, traffic between inside networks is not translated, and a guest that
    asks a floating IP of its own router is answered by way of the router."""
    always = (
        Chain("prerouting", "nat", "prerouting", -100, tuple(_prerouting())),
        Chain("postrouting", "nat", "postrouting", 100, tuple(_postrouting(nat))),
        Chain("forward", "filter", "forward", 0, tuple(_forward())),
        Chain("input", "filter", "input", 0, tuple(_input())),
    )
    if not nat.scopes.four:
        return always
    return (*always, Chain("scopes", "filter", "postrouting", _TRANSLATED_BY, tuple(_scopes(nat))))


def chains6(nat: Nat) -> tuple[Chain, ...]:
    """What stands in the IPv6 table, which is there for address scopes alone."""
    apart = tuple(_apart(nat.scopes.six))
    return (Chain("scopes", "filter", "forward", 0, apart),) if apart else ()


def _scopes(nat: Nat) -> Iterable[tuple[Part, ...]]:
    """After all translations: what is translated, one way or the other, may pass from one address scope to another."""
    if nat.gateway and nat.snat:
        yield _to(OUTSIDE), _ACCEPT
    yield _TRANSLATED, _ACCEPT
    yield _OWN, _ACCEPT
    yield from _apart(nat.scopes.four)


def _apart(groups: Iterable[tuple[str, ...]]) -> Iterable[tuple[Part, ...]]:
    for names in groups:
        yield _one_of("iifname", names), _one_of("oifname", names, "!="), _DROP


def _prerouting() -> Iterable[tuple[Part, ...]]:
    to_metadata = (_is("ip daddr", METADATA_ADDRESS), _is("tcp dport", METADATA_PORT))
    yield _from(INSIDE), *to_metadata, Part(f"redirect to :{PROXY_PORT}", {"redirect": {"port": PROXY_PORT}})
    yield (_through("dnat", "daddr", "fip_dnat"),)


def _postrouting(nat: Nat) -> Iterable[tuple[Part, ...]]:
    floating = _through("snat", "saddr", "fip_snat")
    yield _from(OUTSIDE), _ACCEPT
    yield _to(OUTSIDE), floating
    if nat.gateway and nat.snat:
        if nat.scopes.routed:
            yield _one_of("iifname", nat.scopes.routed), _to(OUTSIDE), _ACCEPT
        yield _to(OUTSIDE), _as(nat.gateway)
    yield _TRANSLATED, floating
    if nat.gateway:
        yield _TRANSLATED, _as(nat.gateway)


def _forward() -> Iterable[tuple[Part, ...]]:
    yield _from(OUTSIDE), _INVALID, _DROP  # what is not translated must not pass; between inside networks it may
    yield _to(OUTSIDE), _INVALID, _DROP
    prefix = {"prefix": {"addr": _LINK_LOCAL[0], "len": _LINK_LOCAL[1]}}
    for side in ("ip saddr", "ip daddr"):  # RFC 3927, 7: never forwarded
        yield Part(f"{side} {_LINK_LOCAL[0]}/{_LINK_LOCAL[1]}", _match("==", side, prefix)), _DROP


def _input() -> Iterable[tuple[Part, ...]]:
    yield _is("tcp dport", PROXY_PORT), _TRANSLATED, _ACCEPT  # redirected by our own rule
    yield _is("tcp dport", PROXY_PORT), _DROP


def _match(op: str, left: str, right: Any) -> dict[str, Any]:
    return {"match": {"op": op, "left": _LEFT[left], "right": right}}


def _is(left: str, right: str | int) -> Part:
    return Part(f"{left} {right}", _match("==", left, right))


def _from(prefix: str) -> Part:
    return Part(f'iifname "{prefix}*"', _match("==", "iifname", f"{prefix}*"))


def _to(prefix: str) -> Part:
    return Part(f'oifname "{prefix}*"', _match("==", "oifname", f"{prefix}*"))


def _one_of(left: str, names: tuple[str, ...], op: str = "==") -> Part:
    """Devices by their names; of a set with one element nft lists the element alone."""
    words = [f'"{one}"' for one in names]
    negation = "!= " if op == "!=" else ""
    if len(names) == 1:
        return Part(f"{left} {negation}{words[0]}", _match(op, left, names[0]))
    return Part(f"{left} {negation}{{ {', '.join(words)} }}", _match(op, left, {"set": list(names)}))


def _as(address: str) -> Part:
    return Part(f"snat to {address}", {"snat": {"addr": address}})


def _through(verb: str, field: str, name: str) -> Part:
    listed = {verb: {"addr": {"map": {"key": _LEFT[f"ip {field}"], "data": f"@{name}"}}}}
    return Part(f"{verb} to ip {field} map @{name}", listed)


_ACCEPT, _DROP = Part("accept", {"accept": None}), Part("drop", {"drop": None})
_INVALID = Part("ct state invalid", _match("in", "ct state", "invalid"))
_OWN = Part("ct status snat", _match("in", "ct status", "snat"))
_TRANSLATED = Part("ct status dnat", _match("in", "ct status", "dnat"))
