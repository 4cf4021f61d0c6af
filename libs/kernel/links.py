"""Namespaces, veth pairs, addresses and routes of this host, by pyroute2. Runs in the hands child only.

The verbs are declarative and idempotent: `links.ensure` reads what is there, changes what differs and answers with the changes it
made; an empty answer means that nothing was touched. One call takes a batch; an item that fails does not stop its neighbours.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pyroute2 import IPRoute, netns
from pyroute2.netlink.exceptions import NetlinkError

from libs.kernel import offload
from libs.kernel.inside import FOLDER, exists, inside
from libs.kernel.rtnl import devices, links, links_alone, routes

Item = Mapping[str, Any]
_NODAD = 0x02
# a port of ours learns nothing from the network it serves, and its address is usable at once
_PORT_SYSCTLS = {"accept_ra": "0", "autoconf": "0", "accept_dad": "0"}
_PEER_SYSCTLS = {"disable_ipv6": "1"}  # the switch's side is no host


def list_namespaces(prefix: str, suffix: str = "") -> list[str]:
    """Names of the namespaces that start and end so, sorted."""
    with contextlib.suppress(FileNotFoundError):
        return sorted(name for name in os.listdir(FOLDER) if name.startswith(prefix) and name.endswith(suffix))
    return []


def read_actual(namespace: str) -> dict[str, Any]:
    """{"devices": {name: {mac, mtu, up, kind, index, link, addresses: [cidr]}}, "routes": [[destination, gateway]]} of a namespace
    (empty: the host's own). Link-local addresses are left out. Raises OSError when there is none."""

    def read() -> dict[str, Any]:
        with IPRoute() as ipr:
            return {"devices": devices(ipr), "routes": routes(ipr)}

    return inside(namespace, read)


def ensure(items: Sequence[Item]) -> list[dict[str, Any]]:
    """Make each namespace hold exactly these veth devices, addresses and gateway routes.

    Item: {"namespace", "devices": [{"name", "peer", "mac", "mtu", "addresses": [cidr]}], "routes": [[destination, gateway]]}; the
    peer is in the host's own namespace; destination is a CIDR. Other veths in the namespace go. Answer, one per item:
    {"changes": [text], "error": text or None}; after an error what was changed before stays.
    """
    with IPRoute() as ipr:
        peers = links(ipr)
    return [_each(lambda item, changes: _ensure(item, peers, changes), item) for item in items]


def remove(items: Sequence[Item]) -> list[dict[str, Any]]:
    """Delete namespaces with their devices. Item: {"namespace", "peers": [device in the host's namespace]}; answers as `ensure`."""
    return [_each(_remove, item) for item in items]


def _each(work: Callable[[Item, list[str]], None], item: Item) -> dict[str, Any]:
    changes: list[str] = []
    try:
        work(item, changes)
    except (OSError, NetlinkError, ValueError) as error:
        return {"changes": changes, "error": f"{item['namespace']}: {error}"}
    return {"changes": changes, "error": None}


def _remove(item: Item, changes: list[str]) -> None:
    with IPRoute() as ipr:
        for peer in item.get("peers", ()):
            _delete_device(ipr, peer, changes)
    if exists(item["namespace"]):
        netns.remove(item["namespace"])
        changes.append(f"namespace {item['namespace']} removed")


def _ensure(item: Item, peers: Mapping[str, Item], changes: list[str]) -> None:
    namespace = item["namespace"]
    if not exists(namespace):
        netns.create(namespace)
        changes.append(f"namespace {namespace} added")
    actual = inside(namespace, links_alone)
    wanted = {device["name"] for device in item["devices"]}
    with IPRoute() as ipr:
        for device in item["devices"]:
            _ensure_pair(ipr, namespace, device, actual.get(device["name"]), peers.get(device["peer"]), changes)
    inside(namespace, lambda: _ensure_inside(item, wanted, changes))


def _ensure_pair(
    ipr: IPRoute, namespace: str, device: Item, end: Item | None, peer: Item | None, changes: list[str]
) -> None:
    """Both ends exist and belong together; the switch's end is up, silent and without offload."""
    if end is None or peer is None or end["link"] != peer["index"]:
        peer = _make_pair(ipr, namespace, device, changes)
    name = device["peer"]
    _sysctls(name, _PEER_SYSCTLS, changes)
    _offload(name, changes)
    _set(ipr, peer["index"], name, {"mtu": (peer["mtu"], device["mtu"]), "state": (peer["up"], True)}, changes)


def _make_pair(ipr: IPRoute, namespace: str, device: Item, changes: list[str]) -> Item:
    """A new pair, after what is left of an old one; returns the switch's end."""
    name, peer, mtu = device["name"], device["peer"], device["mtu"]
    _delete_device(ipr, peer, changes)
    inside(namespace, lambda: _delete_alone(name, changes))
    end = {"ifname": name, "net_ns_fd": namespace, "address": device["mac"], "mtu": mtu}
    ipr.link("add", ifname=peer, kind="veth", mtu=mtu, peer=end)
    changes.append(f"veth {peer} {name} added")
    return {"index": ipr.link_lookup(ifname=peer)[0], "mtu": mtu, "up": False}


def _ensure_inside(item: Item, wanted: set[str], changes: list[str]) -> None:
    """Everything within the namespace; the caller is in it."""
    with IPRoute() as ipr:
        actual = devices(ipr)
        _set(ipr, actual["lo"]["index"], "lo", {"state": (actual["lo"]["up"], True)}, changes)
        for name in [name for name, device in actual.items() if device["kind"] == "veth" and name not in wanted]:
            _delete_device(ipr, name, changes)
        for device in item["devices"]:
            _ensure_device(ipr, device, actual[device["name"]], changes)
        _ensure_routes(ipr, {(to, via) for to, via in item.get("routes", ())}, changes)


def _ensure_device(ipr: IPRoute, device: Item, state: Item, changes: list[str]) -> None:
    name, index = device["name"], state["index"]
    _sysctls(name, _PORT_SYSCTLS, changes)
    _offload(name, changes)
    ways = {
        "address": (state["mac"], device["mac"]),
        "mtu": (state["mtu"], device["mtu"]),
        "state": (state["up"], True),
    }
    _set(ipr, index, name, ways, changes)
    for cidr in sorted(set(state["addresses"]) - set(device["addresses"])):
        address, _, length = cidr.partition("/")
        ipr.addr("del", index=index, address=address, prefixlen=int(length))
        changes.append(f"address {cidr} {name} removed")
    for cidr in sorted(set(device["addresses"]) - set(state["addresses"])):
        address, _, length = cidr.partition("/")
        flags = {"flags": _NODAD} if ":" in address else {}
        ipr.addr("add", index=index, address=address, prefixlen=int(length), **flags)
        changes.append(f"address {cidr} {name} added")


def _ensure_routes(ipr: IPRoute, wanted: set[tuple[str, str]], changes: list[str]) -> None:
    actual = {(to, via) for to, via in routes(ipr)}
    for to, via in sorted(actual - wanted):
        ipr.route("del", dst=to, gateway=via)
        changes.append(f"route {to} via {via} removed")
    for to, via in sorted(wanted - actual):
        ipr.route("add", dst=to, gateway=via)
        changes.append(f"route {to} via {via} added")


def _set(ipr: IPRoute, index: int, name: str, ways: Mapping[str, tuple[Any, Any]], changes: list[str]) -> None:
    """Set the attributes whose (is, wanted) differ."""
    differing = {key: wanted for key, (actual, wanted) in ways.items() if actual != wanted}
    if differing:
        values = {key: "up" if key == "state" else value for key, value in differing.items()}
        ipr.link("set", index=index, **values)
        changes.extend(f"{name} {key} {value}" for key, value in values.items())


def _offload(name: str, changes: list[str]) -> None:
    off = offload.switch_off(name)
    if off:
        changes.append(f"{name} offload off: {' '.join(off)}")


def _sysctls(name: str, wanted: Mapping[str, str], changes: list[str]) -> None:
    for key, value in wanted.items():
        path = f"/proc/sys/net/ipv6/conf/{name}/{key}"
        with contextlib.suppress(FileNotFoundError):  # absent on a host without IPv6
            with open(path) as handle:
                actual = handle.read().strip()
            if actual != value:
                with open(path, "w") as handle:
                    handle.write(value)
                changes.append(f"{name} {key} {value}")


def _delete_alone(name: str, changes: list[str]) -> None:
    with IPRoute() as ipr:
        _delete_device(ipr, name, changes)


def _delete_device(ipr: IPRoute, name: str, changes: list[str]) -> None:
    for index in ipr.link_lookup(ifname=name):
        ipr.link("del", index=index)
        changes.append(f"veth {name} removed")


VERBS = {
    "links.list": list_namespaces,
    "links.read": read_actual,
    "links.ensure": ensure,
    "links.remove": remove,
}
