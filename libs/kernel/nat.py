"""Routers' nftables: read as JSON, changed by whole transactions; and connections to cut. Runs in the hands child only.

A text comes from `libs.materialise.l3`; what touches any other table, reads a file or flushes is refused here.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from libs.kernel import conntrack, nft
from libs.kernel.inside import exists, inside
from libs.kernel.names import checked_namespace

Item = Mapping[str, Any]
_TABLE = r"ip6? netledger[a-z_]*"
_OUTERMOST = re.compile(
    rf"(add|delete) table {_TABLE}|table {_TABLE} \{{|(add|delete) element {_TABLE} [a-z_]+ \{{[^{{}};\"]*\}}"
)
_NAME = re.compile(r"netledger[a-z_]*")
_DEVICE = re.compile(r'"[A-Za-z0-9_*-]*"')
_WORDS = re.compile(r"[A-Za-z0-9 \n.,:;@&!=<>{}*/_-]*")
_DEPTH = {"{": 1, "}": -1}
_FILES = re.compile(r"\b(include|define|undefine|redefine)\b")


def read(namespaces: Sequence[str], table: str = "netledger") -> dict[str, list[Any] | None]:
    """{namespace: what `nft -j list table ip <table>` lists there, and the same of ip6 where there is one; None without the former};
    namespaces that do not exist are left out."""
    if not _NAME.fullmatch(table):
        raise ValueError(f"no table of ours: {table!r}")
    out = {}
    for namespace in namespaces:
        if exists(checked_namespace(namespace)):
            out[namespace] = inside(namespace, lambda: _read(table))
    return out


def apply(items: Sequence[Item]) -> list[dict[str, Any]]:
    """Run each text in its namespace, as one transaction: all or nothing, and never a moment in between.

    Item: {"namespace", "text"}. Answer, one per item: {"changes": [text], "error": text or None}.
    """
    return [_each(_apply, item) for item in items]


def cut(items: Sequence[Item]) -> list[dict[str, Any]]:
    """Cut connections. Item: {"namespace", "addresses": [[side, address]]} as `conntrack.cut` takes them; answers as `apply`."""
    return [_each(_cut, item) for item in items]


def checked(text: str) -> str:
    """The text. Raises ValueError when a statement in it is none that makes, replaces or fills a table of ours."""
    plain, depth = _DEVICE.sub("", text), 0
    if not _WORDS.fullmatch(plain) or _FILES.search(plain):
        raise ValueError("the text holds what no text of ours does")
    for line in plain.splitlines():
        depths = list(itertools.accumulate((_DEPTH.get(letter, 0) for letter in line), initial=depth))
        within = min(depths) > 0 or (depth == 1 and line.strip() == "}")
        if line.strip() and not (within or (depth == 0 and _OUTERMOST.fullmatch(line))):
            raise ValueError(f"not ours to say: {line[:80]!r}")
        depth = depths[-1]
    if depth:
        raise ValueError("unfinished text")
    return text


def _read(table: str) -> list[Any] | None:
    four = _listed("ip", table)
    return None if four is None else [*four, *(_listed("ip6", table) or ())]


def _listed(family: str, table: str) -> list[Any] | None:
    try:
        return list(json.loads(nft.run(f"list table {family} {table}", json=True))["nftables"])
    except nft.NftRefused as error:
        if "No such file or directory" in str(error):
            return None
        raise


def _each(work: Callable[[Item], list[str]], item: Item) -> dict[str, Any]:
    try:
        if not exists(checked_namespace(item["namespace"])):
            raise ValueError("no such namespace")
        return {"changes": work(item), "error": None}
    except (OSError, ValueError, nft.NftRefused) as error:
        return {"changes": [], "error": f"{item['namespace']}: {error}"}


def _apply(item: Item) -> list[str]:
    text = checked(item["text"])
    if not text.strip():
        return []
    inside(item["namespace"], lambda: nft.run(text))
    return [f"nft: {text.partition('{')[0].strip().splitlines()[-1].strip()}"]


def _cut(item: Item) -> list[str]:
    addresses = [(side, address) for side, address in item["addresses"]]
    count = inside(item["namespace"], lambda: conntrack.cut(addresses))
    return [f"{count} connections cut"] if count else []


VERBS = {"nat.read": read, "nat.apply": apply, "conntrack.cut": cut}
