"""Reads radvd's configuration as radvd does: words, braces, semicolons; nothing else may be in it."""

from __future__ import annotations

import re
from typing import Any

_TOKEN = re.compile(r"\s*([{};]|[^\s{};]+)")


def parse(text: str) -> list[dict[str, Any]]:
    """One dictionary an interface: {name, option: value, .., prefixes: [(prefix, {option: value})], RDNSS: [address]}."""
    tokens = _TOKEN.findall(text)
    interfaces = []
    while tokens:
        assert tokens.pop(0) == "interface"
        one: dict[str, Any] = {"name": tokens.pop(0), "prefixes": [], "RDNSS": []}
        assert tokens.pop(0) == "{"
        while tokens[0] != "}":
            _option(tokens, one)
        assert tokens[:2] == ["}", ";"]
        del tokens[:2]
        interfaces.append(one)
    return interfaces


def _option(tokens: list[str], one: dict[str, Any]) -> None:
    name = tokens.pop(0)
    if name == "prefix":
        one["prefixes"].append((tokens.pop(0), _block(tokens)))
    elif name == "RDNSS":
        while tokens[0] != "{":
            one["RDNSS"].append(tokens.pop(0))
        assert _block(tokens) == {}
    else:
        one[name] = tokens.pop(0)
        assert tokens.pop(0) == ";"


def _block(tokens: list[str]) -> dict[str, str]:
    assert tokens.pop(0) == "{"
    options = {}
    while tokens[0] != "}":
        name, options[name], end = tokens.pop(0), tokens.pop(0), tokens.pop(0)
        assert end == ";"
    assert tokens[:2] == ["}", ";"]
    del tokens[:2]
    return options
