"""Namespaces, veth pairs, addresses and routes of this host, by pyroute2. Runs in the hands child only.

The verbs are declarative and idempotent: `links.ensure` reads what is there, changes what differs and answers with the changes it
made; an empty answer means that nothing was touched. One call takes a batch; an item that fails does not stop its neighbours.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from libs.kernel import addresses, routes, sysctls
from libs.kernel.inside import FOLDER, create, delete, exists, inside
from libs.kernel.link_changes import delete_alone, delete_device, offload_off, set_link, set_sysctls
from libs.kernel.names import checked_namespace
from libs.kernel.rtnl import devices, gateway_routes, links_alone, links_named

Item = Mapping[str, Any]
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
            return {"devices": devices(ipr), "routes": gateway_routes(ipr)}

    return inside(namespace, read)


def ensure(items: Sequence[Item]) -> list[dict[str, Any]]:
    """Make each namespace hold exactly these veth devices, addresses and routes.

    Item: {"namespace", "devices": [{"name", "peer", "mac", "mtu", "addresses": [cidr]}], "routes": [[destination, gateway]],
    "sysctls": [[key, value]]}; the peer is in the host's own namespace; destination is a CIDR. A route may have a device as its third
    word, its gateway may be empty then. Sysctls, which may be left out, are set before addresses and routes. Other veths go, and
    other routes that people or agents set. Answer, one per item: {"changes": [text], "error": text or None, "addresses":
    [[device, cidr]] that were added, "made": [namespace or device that was not there]}; after an error what was changed before stays.
    """
    with IPRoute() as ipr:
        peers = links_named(ipr, [device["peer"] for item in items for device in item["devices"]])
    return [_each(lambda item, done: _ensure(item, peers, done), item) for item in items]


def remove(items: Sequence[Item]) -> list[dict[str, Any]]:
    """Delete namespaces with their devices. Item: {"namespace", "peers": [device in the host's namespace]}; answers as `ensure`,
    without addresses and names."""
    answers = [_each(_remove, item) for item in items]
    return [{"changes": answer["changes"], "error": answer["error"]} for answer in answers]


class _Done(NamedTuple):
    """What was changed so far; among it the addresses, [device, cidr], and the names of what is new."""

    changes: list[str]
    addresses: list[list[str]]
    made: list[str]


def _each(work: Callable[[Item, _Done], None], item: Item) -> dict[str, Any]:
    done, failure = _Done([], [], []), None
    try:
        checked_namespace(item["namespace"])
        work(item, done)
    except (OSError, NetlinkError, ValueError) as error:
        failure = f"{item['namespace']}: {error}"
    return done._asdict() | {"error": failure}


def _remove(item: Item, done: _Done) -> None:
    changes = done.changes
    with IPRoute() as ipr:
        for peer in item.get("peers", ()):
            delete_device(ipr, peer, changes)
    if item["namespace"] in list_namespaces(item["namespace"]):
        delete(item["namespace"])
        changes.append(f"namespace {item['namespace']} removed")


def _ensure(item: Item, peers: Mapping[str, Item], done: _Done) -> None:
    namespace = item["namespace"]
    if not exists(namespace):
        create(namespace)
        done.changes.append(f"namespace {namespace} added")
        done.made.append(namespace)
    with IPRoute() as ipr:
        if not inside(namespace, lambda: _ensure_inside(item, peers, done)):
            peers = _make_pairs(ipr, item, peers, done)
            if not inside(namespace, lambda: _ensure_inside(item, peers, done)):
                raise OSError("its devices went away while they were made")
        for device in item["devices"]:
            _ensure_peer(ipr, device, peers[device["peer"]], done.changes)


def _fits(device: Item, ends: Mapping[str, Item], peers: Mapping[str, Item]) -> bool:
    """Whether both ends are there and belong together."""
    end, peer = ends.get(device["name"]), peers.get(device["peer"])
    return end is not None and peer is not None and end["link"] == peer["index"]


def _make_pairs(ipr: IPRoute, item: Item, peers: Mapping[str, Item], done: _Done) -> Mapping[str, Item]:
    """New pairs for devices that do not fit, after what is left of old ones; returns the switch's ends as they are then."""
    namespace, changes = item["namespace"], done.changes
    ends = inside(namespace, links_alone)
    unfit = [device for device in item["devices"] if not _fits(device, ends, peers)]
    for device in unfit:
        name, peer, mtu = device["name"], device["peer"], device["mtu"]
        delete_device(ipr, peer, changes)
        inside(namespace, lambda name=name: delete_alone(name, changes))  # type: ignore[misc]
        end = {"ifname": name, "net_ns_fd": namespace, "address": device["mac"], "mtu": mtu}
        ipr.link("add", ifname=peer, kind="veth", mtu=mtu, peer=end)
        changes.append(f"veth {peer} {name} added")
        done.made.append(name)
    return {**peers, **links_named(ipr, [device["peer"] for device in unfit])}


def _ensure_peer(ipr: IPRoute, device: Item, peer: Item, changes: list[str]) -> None:
    """The switch's end is up, silent and without offload."""
    name = device["peer"]
    set_sysctls(name, _PEER_SYSCTLS, changes)
    offload_off(name, changes)
    set_link(ipr, peer["index"], name, {"mtu": (peer["mtu"], device["mtu"]), "state": (peer["up"], True)}, changes)


def _ensure_inside(item: Item, peers: Mapping[str, Item], done: _Done) -> bool:
    """Everything within the namespace; the caller is in it. False, and nothing done, when a device is not there as it should be."""
    changes = done.changes
    wanted = {device["name"] for device in item["devices"]}
    with IPRoute() as ipr:
        actual = devices(ipr)
        if not all(_fits(device, actual, peers) for device in item["devices"]):
            return False
        set_link(ipr, actual["lo"]["index"], "lo", {"state": (actual["lo"]["up"], True)}, changes)
        for name in [name for name, device in actual.items() if device["kind"] == "veth" and name not in wanted]:
            delete_device(ipr, name, changes)
        sysctls.ensure(item.get("sysctls", ()), changes)
        for device in item["devices"]:
            _ensure_device(ipr, device, actual[device["name"]], done)
        indexes = {name: device["index"] for name, device in actual.items()}
        routes.ensure(ipr, routes.wanted_routes(item.get("routes", ())), indexes, changes)
    return True


def _ensure_device(ipr: IPRoute, device: Item, state: Item, done: _Done) -> None:
    changes = done.changes
    name, index = device["name"], state["index"]
    set_sysctls(name, _PORT_SYSCTLS, changes)
    offload_off(name, changes)
    ways = {
        "address": (state["mac"], device["mac"]),
        "mtu": (state["mtu"], device["mtu"]),
        "state": (state["up"], True),
    }
    set_link(ipr, index, name, ways, changes)
    change = addresses.ensure(index, state["addresses"], device["addresses"])
    changes.extend(change.texts(name))
    done.addresses.extend([name, cidr] for cidr in change.added)


VERBS = {
    "links.list": list_namespaces,
    "links.read": read_actual,
    "links.ensure": ensure,
    "links.remove": remove,
}
