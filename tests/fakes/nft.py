"""nftables that only pretend: reads the texts of `libs.materialise.l3.nft`, and lists them as `nft -j` does.

`tests/contract/test_nat_contract.py` holds the real ones to the same answers.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Any

_MATCHES = {
    "iifname": {"meta": {"key": "iifname"}},
    "oifname": {"meta": {"key": "oifname"}},
    "ip saddr": {"payload": {"protocol": "ip", "field": "saddr"}},
    "ip daddr": {"payload": {"protocol": "ip", "field": "daddr"}},
    "tcp dport": {"payload": {"protocol": "tcp", "field": "dport"}},
    "ct state": {"ct": {"key": "state"}},
    "ct status": {"ct": {"key": "status"}},
}
_TABLE, _TABLE6 = "ip netledger", "ip6 netledger"
_PART = re.compile(
    r"(?P<left>iifname|oifname|ip saddr|ip daddr|tcp dport|ct state|ct status) (?P<not>!= )?"
    r'(?P<right>\{ [^}]+ \}|"[^"]+"|\S+)'
    r"|(?P<verdict>accept|drop)|redirect to :(?P<port>\d+)"
    r"|(?P<verb>snat|dnat) to ip (?P<field>saddr|daddr) map @(?P<map>\w+)|(?P<plain>snat|dnat) to (?P<address>\S+)"
)


class Refused(Exception):
    """nft says no."""


@dataclass
class Chain:
    type: str
    hook: str
    priority: int
    rules: list[list[dict[str, Any]]] = field(default_factory=list)


@dataclass
class Table:
    """Both tables; chains6: those of the IPv6 one, None without it."""

    maps: dict[str, dict[str, str]] = field(default_factory=dict)
    chains: dict[str, Chain] = field(default_factory=dict)
    chains6: dict[str, Chain] | None = None

    def listed(self) -> list[dict[str, Any]]:
        """As under `nftables` in what `nft -j list table` prints, of one and the other."""
        where = {"family": "ip", "table": "netledger"}
        out: list[dict[str, Any]] = [
            {"metainfo": {"version": "fake"}},
            {"table": {"family": "ip", "name": "netledger"}},
        ]
        for name, elements in self.maps.items():
            pairs = {"elem": [list(pair) for pair in elements.items()]} if elements else {}
            out.append({"map": {**where, "name": name, "type": "ipv4_addr", "map": "ipv4_addr", **pairs}})
        out += _chains_listed(where, self.chains)
        if self.chains6 is not None:
            where = {"family": "ip6", "table": "netledger"}
            out += [{"metainfo": {"version": "fake"}}, {"table": {"family": "ip6", "name": "netledger"}}]
            out += _chains_listed(where, self.chains6)
        return out


def _chains_listed(where: dict[str, str], chains: dict[str, Chain]) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = []
    for name, one in chains.items():
        head = {"name": name, "type": one.type, "hook": one.hook, "prio": one.priority, "policy": "accept"}
        out.append({"chain": {**where, "handle": 1, **head}})
    for name, one in chains.items():
        out += [{"rule": {**where, "chain": name, "handle": 2, "expr": copy.deepcopy(rule)}} for rule in one.rules]
    return out


def run(text: str, table: Table | None) -> Table | None:
    """The table after this text. Raises Refused, with nothing done."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    table = copy.deepcopy(table)
    while lines:
        line = lines.pop(0)
        if line == f"add table {_TABLE}":
            table = table or Table()
        elif line == f"delete table {_TABLE}":
            table = _without(_there(table))
        elif line == f"table {_TABLE} {{":
            table = _body(lines, table or Table())
        elif line.endswith(f"table {_TABLE6}") or line == f"table {_TABLE6} {{":
            table = _six(line, lines, _there(table))
        else:
            _elements(line, _there(table))
    return table


def _without(table: Table) -> Table | None:
    """Without the IPv4 table."""
    return None if table.chains6 is None else Table(chains6=table.chains6)


def _six(line: str, lines: list[str], table: Table) -> Table:
    if line.startswith("add"):
        table.chains6 = table.chains6 or {}
    elif line.startswith("delete"):
        if table.chains6 is None:
            raise Refused("No such file or directory")
        table.chains6 = None
    else:
        body = _body(lines, Table())
        table.chains6 = (table.chains6 or {}) | body.chains
    return table


def _there(table: Table | None) -> Table:
    if table is None:
        raise Refused("No such file or directory")
    return table


def _body(lines: list[str], table: Table) -> Table:
    while (line := lines.pop(0)) != "}":
        kind, name, brace = line.split(" ")
        if brace != "{" or kind not in ("map", "chain"):
            raise Refused(f"syntax error: {line}")
        if kind == "map":
            table.maps[name] = _map(lines)
        else:
            table.chains[name] = _chain(lines, table)
    return table


def _map(lines: list[str]) -> dict[str, str]:
    if lines.pop(0) != "type ipv4_addr : ipv4_addr":
        raise Refused("syntax error: type")
    elements: dict[str, str] = {}
    while (line := lines.pop(0)) != "}":
        found = re.fullmatch(r"elements = \{ (.+) \}", line)
        elements |= _pairs(found[1] if found else "")
    return elements


def _chain(lines: list[str], table: Table) -> Chain:
    found = re.fullmatch(r"type (\w+) hook (\w+) priority (-?\d+); policy accept;", lines.pop(0))
    if not found:
        raise Refused("syntax error: chain")
    chain = Chain(found[1], found[2], int(found[3]))
    while (line := lines.pop(0)) != "}":
        chain.rules.append(_rule(line, table))
    return chain


def _rule(line: str, table: Table) -> list[dict[str, Any]]:
    parts, at = [], 0
    while at < len(line):
        found = _PART.match(line, at)
        if not found or (found["map"] and found["map"] not in table.maps):
            raise Refused(f"syntax error: {line}")
        parts.append(_part(found))
        at = found.end() + 1
    return parts


def _part(found: re.Match[str]) -> dict[str, Any]:
    if found["verdict"]:
        return {found["verdict"]: None}
    if found["port"]:
        return {"redirect": {"port": int(found["port"])}}
    if found["map"]:
        key = _MATCHES[f"ip {found['field']}"]
        return {found["verb"]: {"addr": {"map": {"key": key, "data": f"@{found['map']}"}}}}
    if found["plain"]:
        return {found["plain"]: {"addr": _address(found["address"])}}
    left, right = found["left"], found["right"].strip('"')
    op = "!=" if found["not"] else "in" if left.startswith("ct") else "=="
    if right.startswith("{"):
        names = sorted(one.strip('"') for one in right.strip("{} ").split(", "))
        return {"match": {"op": op, "left": _MATCHES[left], "right": {"set": names} if len(names) > 1 else names[0]}}
    return {"match": {"op": op, "left": _MATCHES[left], "right": _right(left, right)}}


def _right(left: str, right: str) -> Any:
    if left == "tcp dport":
        return int(right)
    if left.startswith("ip ") and "/" in right:
        address, _, length = right.partition("/")
        return {"prefix": {"addr": _address(address), "len": int(length)}}
    return _address(right) if left.startswith("ip ") else right


def _elements(line: str, table: Table) -> None:
    found = re.fullmatch(rf"(add|delete) element {_TABLE} (\w+) \{{ (.+) \}}", line)
    if not found or found[2] not in table.maps:
        raise Refused(f"No such file or directory: {line}")
    elements = table.maps[found[2]]
    if found[1] == "add":
        for key, value in _pairs(found[3]).items():
            if elements.setdefault(key, value) != value:
                raise Refused(f"File exists: {key}")
        return
    for key in found[3].split(", "):
        if elements.pop(key, None) is None:
            raise Refused(f"No such file or directory: {key}")


def _pairs(text: str) -> dict[str, str]:
    out: dict[str, str] = {}
    for pair in text.split(", "):
        key, _, value = pair.partition(" : ")
        if _address(key) in out:
            raise Refused(f"File exists: {key}")
        out[key] = _address(value)
    return out


def _address(text: str) -> str:
    try:
        return str(IPv4Address(text))
    except ValueError:
        raise Refused(f"no address: {text}") from None
