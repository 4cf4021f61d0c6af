"""What a pretended nftables table does to a connection's first packet."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from tests.fakes.nft import Table


@dataclass
class Packet:
    """A connection's first packet; `way` is the device that it came by, `out` the one it leaves by (empty: it is for the router)."""

    source: str
    destination: str
    way: str
    out: str = ""
    port: int = 80
    dnat: bool = False

    def value(self, left: dict[str, Any]) -> Any:
        (kind, what), *_ = left.items()
        name = what.get("field") or what["key"]
        known = {"saddr": self.source, "daddr": self.destination, "dport": self.port, "iifname": self.way}
        known |= {"oifname": self.out, "status": "dnat" if self.dnat else "", "state": "new"}
        return known[name]


def through(table: Table, hook: str, packet: Packet) -> str:
    """`accept` or `drop`; the packet is translated on its way. A rule that translates ends the chain, as a verdict does."""
    for chain in table.chains.values():
        for rule in chain.rules if chain.hook == hook else ():
            verdict = _judge(table, rule, packet)
            if verdict:
                return verdict
    return "accept"


def _judge(table: Table, rule: list[dict[str, Any]], packet: Packet) -> str:
    for part in rule:
        (verb, what), *_ = part.items()
        if verb == "match":
            if not _fits(packet.value(what["left"]), what["right"]):
                return ""
        elif verb in ("accept", "drop"):
            return verb
        elif verb == "redirect":
            packet.port, packet.dnat, packet.destination = what["port"], True, "router"
            return "accept"
        else:
            return _translate(table, verb, what["addr"], packet)
    return ""


def _translate(table: Table, verb: str, address: Any, packet: Packet) -> str:
    to = address
    if isinstance(address, dict):
        to = table.maps[address["map"]["data"][1:]].get(packet.value(address["map"]["key"]))
    if to is None:
        return ""
    if verb == "dnat":
        packet.destination, packet.dnat = to, True
    else:
        packet.source = to
    return "accept"


def _fits(value: Any, right: Any) -> bool:
    if isinstance(right, dict):
        prefix = right["prefix"]
        return "." in str(value) and IPv4Address(value) in IPv4Network(f"{prefix['addr']}/{prefix['len']}")
    if isinstance(right, str) and right.endswith("*"):
        return str(value).startswith(right[:-1])
    return bool(value == right)
