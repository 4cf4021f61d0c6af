"""Reading the links, addresses and routes of the caller's network namespace through pyroute2. Runs in the hands child only."""

from __future__ import annotations

import socket
from typing import Any

from pyroute2 import IPRoute

_LINK_SCOPE, _MAIN_TABLE = 253, 254
_OURS = {3, 4}  # route protocols boot and static: what people and agents set, not the kernel nor router advertisements
_ANY = {socket.AF_INET: "0.0.0.0", socket.AF_INET6: "::"}


def links_alone() -> dict[str, dict[str, Any]]:
    """`links` on a socket of its own."""
    with IPRoute() as ipr:
        return links(ipr)


def links(ipr: IPRoute) -> dict[str, dict[str, Any]]:
    """{name: {index, link, mac, mtu, up, kind}}; link is the other end's index where the kernel tells."""
    out = {}
    for link in ipr.get_links():
        info = link.get("linkinfo")
        out[link.get("ifname")] = {
            "index": link["index"],
            "link": link.get("link"),
            "mac": link.get("address"),
            "mtu": link.get("mtu"),
            "up": bool(link["flags"] & 1),
            "kind": info.get("kind") if info else None,
        }
    return out


def devices(ipr: IPRoute) -> dict[str, dict[str, Any]]:
    """The links with their addresses, link-local ones left out."""
    out = {name: link | {"addresses": []} for name, link in links(ipr).items()}
    names = {link["index"]: name for name, link in out.items()}
    for address in ipr.get_addr():
        if address["scope"] != _LINK_SCOPE:
            out[names[address["index"]]]["addresses"].append(f"{address.get('address')}/{address['prefixlen']}")
    return out


def routes(ipr: IPRoute) -> list[list[str]]:
    """Gateway routes of the main table that people or agents set, as [destination CIDR, gateway]."""
    out = []
    for route in ipr.get_routes(table=_MAIN_TABLE):
        if route.get("gateway") and route["proto"] in _OURS:
            to = route.get("dst") or _ANY[route["family"]]
            out.append([f"{to}/{route['dst_len']}", route.get("gateway")])
    return sorted(out)
