"""Namespaces, veth pairs, addresses and routes of this host, by pyroute2. Runs in the hands child only.

The verbs are declarative and idempotent: `links.ensure` reads what is there, changes what differs and answers with the changes it
made; an empty answer means that nothing was touched. One call takes a batch; an item that fails does not stop its neighbours.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from libs.kernel.inside import FOLDER, create, delete, exists, inside
from libs.kernel.link_changes import delete_alone, delete_device, offload_off, set_link, set_sysctls
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
            delete_device(ipr, peer, changes)
    if item["namespace"] in list_namespaces(item["namespace"]):
        delete(item["namespace"])
        changes.append(f"namespace {item['namespace']} removed")


def _ensure(item: Item, peers: Mapping[str, Item], changes: list[str]) -> None:
    namespace = item["namespace"]
    if not exists(namespace):
        create(namespace)
        changes.append(f"namespace {namespace} added")
    with IPRoute() as ipr:
        if not inside(namespace, lambda: _ensure_inside(item, peers, changes)):
            peers = _make_pairs(ipr, item, peers, changes)
            if not inside(namespace, lambda: _ensure_inside(item, peers, changes)):
                raise OSError("its devices went away while they were made")
        for device in item["devices"]:
            _ensure_peer(ipr, device, peers[device["peer"]], changes)


def _fits(device: Item, ends: Mapping[str, Item], peers: Mapping[str, Item]) -> bool:
    """Whether both ends are there and belong together."""
    end, peer = ends.get(device["name"]), peers.get(device["peer"])
    return end is not None and peer is not None and end["link"] == peer["index"]


def _make_pairs(ipr: IPRoute, item: Item, peers: Mapping[str, Item], changes: list[str]) -> Mapping[str, Item]:
    """New pairs for devices that do not fit, after what is left of old ones; returns the switch's ends as they are then."""
    namespace = item["namespace"]
    ends = inside(namespace, links_alone)
    for device in [device for device in item["devices"] if not _fits(device, ends, peers)]:
        name, peer, mtu = device["name"], device["peer"], device["mtu"]
        delete_device(ipr, peer, changes)
        inside(namespace, lambda name=name: delete_alone(name, changes))  # type: ignore[misc]
        end = {"ifname": name, "net_ns_fd": namespace, "address": device["mac"], "mtu": mtu}
        ipr.link("add", ifname=peer, kind="veth", mtu=mtu, peer=end)
        changes.append(f"veth {peer} {name} added")
    return links(ipr)


def _ensure_peer(ipr: IPRoute, device: Item, peer: Item, changes: list[str]) -> None:
    """The switch's end is up, silent and without offload."""
    name = device["peer"]
    set_sysctls(name, _PEER_SYSCTLS, changes)
    offload_off(name, changes)
    set_link(ipr, peer["index"], name, {"mtu": (peer["mtu"], device["mtu"]), "state": (peer["up"], True)}, changes)


def _ensure_inside(item: Item, peers: Mapping[str, Item], changes: list[str]) -> bool:
    """Everything within the namespace; the caller is in it. False, and nothing done, when a device is not there as it should be."""
    wanted = {device["name"] for device in item["devices"]}
    with IPRoute() as ipr:
        actual = devices(ipr)
        if not all(_fits(device, actual, peers) for device in item["devices"]):
            return False
        set_link(ipr, actual["lo"]["index"], "lo", {"state": (actual["lo"]["up"], True)}, changes)
        for name in [name for name, device in actual.items() if device["kind"] == "veth" and name not in wanted]:
            delete_device(ipr, name, changes)
        for device in item["devices"]:
            _ensure_device(ipr, device, actual[device["name"]], changes)
        _ensure_routes(ipr, {(to, via) for to, via in item.get("routes", ())}, changes)
    return True


def _ensure_device(ipr: IPRoute, device: Item, state: Item, changes: list[str]) -> None:
    name, index = device["name"], state["index"]
    set_sysctls(name, _PORT_SYSCTLS, changes)
    offload_off(name, changes)
    ways = {
        "address": (state["mac"], device["mac"]),
        "mtu": (state["mtu"], device["mtu"]),
        "state": (state["up"], True),
    }
    set_link(ipr, index, name, ways, changes)
    _ensure_addresses(ipr, index, name, set(state["addresses"]), set(device["addresses"]), changes)


def _ensure_addresses(
    ipr: IPRoute, index: int, name: str, actual: set[str], wanted: set[str], changes: list[str]
) -> None:
    stale = sorted(actual - wanted)
    for cidr in stale:
        address, _, length = cidr.partition("/")
        ipr.addr("del", index=index, address=address, prefixlen=int(length))
        changes.append(f"address {cidr} {name} removed")
    if stale:  # a subnet's first IPv4 address takes its others along
        actual = set(devices(ipr)[name]["addresses"])
    for cidr in sorted(wanted - actual):
        address, _, length = cidr.partition("/")
        flags = {"flags": _NODAD} if ":" in address else {}
        with _unless_there():
            ipr.addr("add", index=index, address=address, prefixlen=int(length), **flags)
            changes.append(f"address {cidr} {name} added")


@contextlib.contextmanager
def _unless_there() -> Iterator[None]:
    """What is there already counts as added: not everything is read back (link-local addresses, routes of others)."""
    try:
        yield
    except NetlinkError as error:
        if error.code != errno.EEXIST:
            raise


def _ensure_routes(ipr: IPRoute, wanted: set[tuple[str, str]], changes: list[str]) -> None:
    actual = {(to, via) for to, via in routes(ipr)}
    for to, via in sorted(actual - wanted):
        ipr.route("del", dst=to, gateway=via)
        changes.append(f"route {to} via {via} removed")
    for to, via in sorted(wanted - actual):
        with _unless_there():
            ipr.route("add", dst=to, gateway=via)
            changes.append(f"route {to} via {via} added")


VERBS = {
    "links.list": list_namespaces,
    "links.read": read_actual,
    "links.ensure": ensure,
    "links.remove": remove,
}
