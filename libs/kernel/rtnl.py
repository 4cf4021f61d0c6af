"""Reading the links, addresses and routes of the caller's network namespace through pyroute2. Runs in the hands child only."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

LINK_SCOPE, _MAIN_TABLE, _UNICAST = 253, 254, 1
_OURS = {3, 4}  # route protocols boot and static: what people and agents set, not the kernel nor router advertisements
_ANY = {socket.AF_INET: "0.0.0.0", socket.AF_INET6: "::"}


def links_alone() -> dict[str, dict[str, Any]]:
    """`links` on a socket of its own."""
    with IPRoute() as ipr:
        return links(ipr)


def links(ipr: IPRoute) -> dict[str, dict[str, Any]]:
    """{name: {index, link, mac, mtu, up, kind}}; link is the other end's index where the kernel tells."""
    return {link.get("ifname"): _told(link) for link in ipr.get_links()}


def links_named(ipr: IPRoute, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """As `links`, of those of these that are there: a dump of 1,000 others takes 0.3 s."""
    out = {}
    for name in names:
        with contextlib.suppress(NetlinkError):  # there is none
            out[name] = _told(ipr.link("get", ifname=name)[0])
    return out


def _told(link: Any) -> dict[str, Any]:
    info = link.get("linkinfo")
    return {
        "index": link["index"],
        "link": link.get("link"),
        "mac": link.get("address"),
        "mtu": link.get("mtu"),
        "up": bool(link["flags"] & 1),
        "kind": info.get("kind") if info else None,
    }


def devices(ipr: IPRoute) -> dict[str, dict[str, Any]]:
    """The links with their addresses, link-local ones left out."""
    out = {name: link | {"addresses": []} for name, link in links(ipr).items()}
    names = {link["index"]: name for name, link in out.items()}
    for address in ipr.get_addr():
        if address["scope"] != LINK_SCOPE:
            out[names[address["index"]]]["addresses"].append(f"{address.get('address')}/{address['prefixlen']}")
    return out


@dataclass(frozen=True, slots=True)
class Route:
    """A route to `to` (a CIDR) by the gateway `via` (empty: on the link) out of `device`, whose index is `index`; priority and scope
    as netlink has them."""

    to: str
    via: str
    device: str
    index: int
    priority: int
    scope: int


def set_routes(ipr: IPRoute) -> list[Route]:
    """Routes of the main table that people or agents set, sorted."""
    names = {link["index"]: name for name, link in links(ipr).items()}
    out = []
    for route in ipr.get_routes(table=_MAIN_TABLE):
        if route["proto"] in _OURS and route["type"] == _UNICAST:
            to = f"{route.get('dst') or _ANY[route['family']]}/{route['dst_len']}"
            index = route.get("oif") or 0
            via, priority = route.get("gateway") or "", route.get("priority") or 0
            out.append(Route(to, via, names.get(index, ""), index, priority, route["scope"]))
    return sorted(out, key=lambda one: (one.to, one.priority, one.via, one.index))


def gateway_routes(ipr: IPRoute) -> list[list[str]]:
    """Those of `set_routes` with a gateway, as [destination CIDR, gateway]."""
    return sorted([route.to, route.via] for route in set_routes(ipr) if route.via)
