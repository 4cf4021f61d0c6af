"""What settings' texts may be, and as what values they are read; each raises ValueError saying what is expected. Pure."""

from __future__ import annotations

import re


def names(text: str) -> tuple[str, ...]:
    """`a, b` -> ("a", "b")."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def positive(text: str) -> int:
    """A whole number above zero."""
    number = int(text)
    if number <= 0:
        raise ValueError("must be above zero")
    return number


def limit(text: str) -> int:
    """How many at most; -1 for any number."""
    number = int(text)
    if not -1 <= number <= 2**31 - 1:
        raise ValueError("must be -1 (no limit) to 2147483647")
    return number


def seconds(text: str) -> float:
    """A time above zero."""
    number = float(text)
    if not 0 < number < 1e9:
        raise ValueError("must be a number of seconds above zero")
    return number


def vni_ranges(text: str) -> tuple[tuple[int, int], ...]:
    """`1:1000,5000:6000` -> ((1, 1000), (5000, 6000))."""
    out = tuple((int(low), int(high)) for low, _, high in (part.partition(":") for part in names(text)))
    if any(not 0 < low <= high < 2**24 for low, high in out):
        raise ValueError("VNIs are 1 to 16777215, low:high")
    return out


def vlan_ranges(text: str) -> tuple[tuple[str, int, int], ...]:
    """`physnet1:1:4000,public` -> (("physnet1", 1, 4000), ("public", 0, 0)); without a range only given VLANs are used there."""
    out = []
    for part in names(text):
        name, _, numbers = part.partition(":")
        low, _, high = numbers.partition(":")
        out.append((name, int(low or 0), int(high or 0)))
        if numbers and not 0 < out[-1][1] <= out[-1][2] < 4095:
            raise ValueError("VLANs are 1 to 4094, physnet:low:high")
    return tuple(out)


def mappings(text: str) -> dict[str, str]:
    """`physnet1:br-physnet1,public:br-public` -> {physical network: bridge}."""
    pairs = [part.partition(":") for part in names(text)]
    if any(not name or not bridge for name, _, bridge in pairs):
        raise ValueError("expects physical_network:bridge, ..")
    return {name: bridge for name, _, bridge in pairs}


def auth(text: str) -> str:
    """A mode of authentication."""
    if text not in ("none", "keystone"):
        raise ValueError("expects none or keystone")
    return text


def datapath_type(text: str) -> str:
    """A kind of Open vSwitch bridge."""
    if text not in ("system", "netdev"):
        raise ValueError("expects system or netdev")
    return text


def http_url(text: str) -> str:
    """An address for HTTP."""
    if not text.startswith(("http://", "https://")):
        raise ValueError("expects http://.. or https://..")
    return text


def domain(text: str) -> str:
    """`openstacklocal.` -> the same, lower case, always with the dot at its end."""
    name = text.lower().removesuffix(".")
    label = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
    if len(name) > 200 or not re.fullmatch(rf"{label}(\.{label})*", name):
        raise ValueError("expects a domain name")
    return f"{name}."


def flag(text: str) -> bool:
    """Yes or no, in the usual words."""
    if text.lower() not in ("0", "1", "true", "false", "yes", "no"):
        raise ValueError("expects true or false")
    return text.lower() in ("1", "true", "yes")
