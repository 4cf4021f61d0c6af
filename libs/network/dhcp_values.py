"""What the value of a DHCP option may be, by its type. Pure: each function says what a text turns out to be, or raises ValueError."""

from __future__ import annotations

import re
from collections.abc import Callable

from libs.model import canonical_cidr, canonical_ip

ADDRESSES, ROUTES, NAMES, NUMBER, BYTES, TEXT, BLANK, MUTE = (
    "addresses",
    "routes",
    "names",
    "number",
    "bytes",
    "text",
    "blank",
    "mute",
)
"""What a value turns out to be. BLANK: the option is not to be sent. MUTE: it cannot be, and so is as if it were not there."""

_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?", re.ASCII)
_FIGURES = re.compile(r"[0-9.]+")  # dnsmasq would take it for an address
_TEXT = re.compile(r"[ -~]+")
_DIGITS = re.compile(r"[0-9]{1,10}")
_PAIRS = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2})+")
_UNCLEAR = re.compile(r"[0-9]+[bis]?|[0-9A-Fa-f/\[\]]+")  # as text, dnsmasq would take it for something else
_OPTION_BYTES = 255

Read = Callable[[int, str], tuple[str, tuple[str, ...]]]


def addresses(ip_version: int, given: str) -> tuple[str, tuple[str, ...]]:
    """Addresses of that version."""
    found = tuple(canonical_ip(word) for word in _words(given))
    if any((6 if ":" in one else 4) != ip_version for one in found):
        raise ValueError(f"not all of it are IPv{ip_version} addresses")
    _fits(len(found) * (16 if ip_version == 6 else 4))
    return ADDRESSES, found


def boot_servers(ip_version: int, given: str) -> tuple[str, tuple[str, ...]]:
    """Addresses of that version. Neutron takes those of the other one too, which no DHCP server can send."""
    try:
        return addresses(ip_version, given)
    except ValueError:
        addresses(10 - ip_version, given)
        return MUTE, ()


def routes(ip_version: int, given: str) -> tuple[str, tuple[str, ...]]:
    """IPv4 routes: destination, next hop, destination, .."""
    words = _words(given)
    if len(words) % 2:
        raise ValueError("routes are pairs of a destination and a next hop")
    pairs = [(canonical_cidr(words[at]), canonical_ip(words[at + 1])) for at in range(0, len(words), 2)]
    if any(":" in word for pair in pairs for word in pair):
        raise ValueError("routes are of IPv4")
    _fits(9 * len(pairs))
    return ROUTES, tuple(word for pair in pairs for word in pair)


def names(ip_version: int, given: str) -> tuple[str, tuple[str, ...]]:
    """Domain names."""
    words = _words(given)
    found = tuple(word.lower().rstrip(".") for word in words if _NAME.fullmatch(word) and len(word) < 254)
    if len(found) != len(words) or any(_FIGURES.fullmatch(one) for one in found):
        raise ValueError("not all of it are domain names")
    _fits(sum(len(one) + 2 for one in found))
    return NAMES, found


def hosts(ip_version: int, given: str) -> tuple[str, tuple[str, ...]]:
    """Addresses, or names."""
    try:
        return addresses(ip_version, given)
    except ValueError:
        return names(ip_version, given)


def number(size: int) -> Read:
    """A whole number of so many bytes."""

    def read(ip_version: int, given: str) -> tuple[str, tuple[str, ...]]:
        if not _DIGITS.fullmatch(given) or int(given) >= 2 ** (8 * size):
            raise ValueError(f"no whole number of at most {size} bytes")
        return NUMBER, (str(int(given)),)

    return read


def seconds(ip_version: int, given: str) -> tuple[str, tuple[str, ...]]:
    """Seconds, or `infinite`."""
    return (NUMBER, ("infinite",)) if given == "infinite" else number(4)(ip_version, given)


def text(ip_version: int, given: str) -> tuple[str, tuple[str, ...]]:
    """One text of printable ASCII."""
    if not _TEXT.fullmatch(given):
        raise ValueError("no printable ASCII text")
    return TEXT, (given,)


def untyped(ip_version: int, given: str) -> tuple[str, tuple[str, ...]]:
    """What dnsmasq has no type for: told by its looks, as dnsmasq itself does."""
    for read in (addresses, number(4)):
        try:
            return read(ip_version, given)
        except ValueError:
            continue
    if _PAIRS.fullmatch(given):
        return BYTES, tuple(given.lower().split(":"))
    if _UNCLEAR.fullmatch(given):
        raise ValueError(
            "neither a number, addresses, bytes (aa:bb) nor a text that could not be taken for one of these"
        )
    return text(ip_version, given)


def vendor(ip_version: int, given: str) -> tuple[str, tuple[str, ...]]:
    """Option 43: bytes or a text, never a number."""
    kind, values = untyped(ip_version, given)
    if kind not in (BYTES, TEXT):
        raise ValueError("neither bytes (aa:bb) nor a text")
    return kind, values


def _words(given: str) -> list[str]:
    return [word.strip(" ") for word in given.split(",")]


def _fits(size: int) -> None:
    if size > _OPTION_BYTES:
        raise ValueError(f"more than the {_OPTION_BYTES} bytes of an option")
