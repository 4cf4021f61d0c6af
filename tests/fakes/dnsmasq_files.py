"""dnsmasq's files as dnsmasq reads them (src/option.c of 2.90), for tests: text back into what it was made of."""

from __future__ import annotations

import re

from netaddr import AddrFormatError, IPAddress

from libs.materialise.dhcp.texts import HostLine, OptionLine, PortOptionLine
from libs.network.dhcp_options import NAMES_OF, Coded


def _address(text: str) -> str:
    """As dnsmasq reads it: IPv6 in brackets."""
    address = text[1:-1] if text.startswith("[") else text
    assert text.startswith("[") == (IPAddress(address).version == 6)
    return address


def read_hosts(text: str) -> tuple[HostLine, ...]:
    """A dnsmasq host file with the words that we write: MAC, perhaps a tag, and mostly a name and an address."""
    assert text == "" or text.endswith("\n")
    lines = []
    for line in text.splitlines():
        mac, *words = line.split(",")
        tag = words.pop(0).removeprefix("set:") if words[0].startswith("set:") else ""
        name, address = words or ("", "")
        assert re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", mac)
        assert re.fullmatch(r"[a-z0-9-]+\.openstacklocal", name) or (tag and not words)
        lines.append(HostLine(mac, name, _address(address) if address else "", tag))
    return tuple(lines)


def read_options(text: str) -> tuple[OptionLine, ...]:
    """A dnsmasq options file: `tag:T,option:NAME,VALUE,..`, `tag:T,option6:NAME,..` or `tag:T,NUMBER,..`."""
    lines = []
    for line in text.splitlines():
        tag, option, *values = line.split(",")
        kind, _, name = option.rpartition(":")
        assert tag.startswith("tag:") and kind in ("", "option", "option6")
        version = 6 if kind == "option6" else 4
        read = [value if "/" in value or value == "openstacklocal" else _address(value) for value in values]
        lines.append(OptionLine(tag[4:], version, name, tuple(read)))
    return tuple(lines)


def _words_of(line: str) -> list[tuple[str, bool]]:
    """A line's (word, whether it was in quotes), as dnsmasq's read_file and split read it (src/option.c)."""
    words, word, quoted, inside, at = list[tuple[str, bool]](), "", False, False, 0
    while at < len(line):
        char = line[at]
        if char == '"':
            inside, quoted = not inside, True
        elif inside and char == "\\" and line[at + 1] in '"tnebr\\':
            at += 1
            word += {"t": "\t", "n": "\n", "e": "\x1b", "b": "\b", "r": "\r"}.get(line[at], line[at])
        elif char == "," and not inside:
            words.append((word, quoted))
            word, quoted = "", False
        else:
            assert inside or (char not in " #" and char.isprintable()), "outside of quotes a hash begins a comment"
            word += char
        at += 1
    assert not inside, "dnsmasq misses a quote"
    return [*words, (word, quoted)]


def read_port_options(text: str) -> tuple[PortOptionLine, ...]:
    """A dnsmasq options file of one port; the option's type follows from its number, or from what it looks like."""
    lines = []
    for line in text.splitlines():
        (tag, _), (option, _), *values = _words_of(line)
        kind, _, name = option.rpartition(":")
        assert tag.startswith("tag:port-") and kind in ("", "option", "option6")
        version = 6 if kind == "option6" else 4
        code = int(name) if name.isdigit() else {name: code for code, name in NAMES_OF[version].items()}[name]
        assert name.isdigit() == (code not in NAMES_OF[version])
        lines.append(PortOptionLine(tag[4:], Coded(version, code, *_values(code, version, values))))
    return tuple(lines)


def _values(code: int, version: int, values: list[tuple[str, bool]]) -> tuple[str, tuple[str, ...]]:
    words = tuple(word for word, _ in values)
    if not words:
        return "blank", ()
    if values[0][1]:
        assert len(words) == 1
        return "text", words
    if (version, code) in ((4, 121), (4, 249)):
        return "routes", words
    if (version, code) in ((4, 119), *((6, one) for one in (21, 24, 29, 30))):
        return "names", words
    if words[0].isdigit() or words[0] == "infinite":
        return "number", words
    if re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2})+", words[0]):
        return "bytes", tuple(words[0].split(":"))
    try:
        return "addresses", tuple(_address(word) for word in words)
    except (ValueError, AddrFormatError):
        return "names", words
