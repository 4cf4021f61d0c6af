"""A host that only pretends to run routers: namespaces, nftables, connections, radvds and plugged ports as dictionaries, under the
verbs of the real hands. `tests/contract/test_nat_contract.py` and `test_router_contract.py` hold both to the same answers.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from libs.kernel.hands import KernelRefused
from tests.fakes import nft, nft_packets
from tests.fakes.router_namespace import Answer, Namespace


class FakeRouters:
    """Stands in for Hands: `.call(verb, ...)`. `broken` namespaces refuse everything; without `switch` the plugs' verbs fail.

    told: the announcements [(namespace, device, address)]. advertised: folders whose radvd was told to speak again. calls: the
    verbs. texts: what nft was given.
    """

    def __init__(self) -> None:
        self.namespaces: dict[str, Namespace] = {}
        self.plugs: dict[str, dict[str, str]] = {}
        self.radvds: dict[str, tuple[str, str]] = {}  # {folder: (namespace, text)}
        self.broken: set[str] = set()
        self.switch = True
        self.calls: list[str] = []
        self.told: list[tuple[str, str, str]] = []
        self.advertised: list[str] = []
        self.texts: list[str] = []
        self._next = 0

    def call(self, verb: str, **arguments: Any) -> Any:
        self.calls.append(verb)
        if verb.startswith("plugs.") and not self.switch:
            raise KernelRefused(f"{verb}: no switch")
        return getattr(self, "_" + verb.replace(".", "_"))(**arguments)

    def snapshot(self) -> Any:
        """Everything that a guest or operator could see, to compare two hosts; connections left out."""
        routers = {name: one.seen() for name, one in self.namespaces.items()}
        return copy.deepcopy((routers, self.plugs, self.radvds))

    def connect(self, namespace: str, way: str, source: str, destination: str, port: int = 80) -> tuple[str, str, int]:
        """Open a connection that comes by a device of that prefix: (who is asked, who seems to ask, id). Raises ConnectionError."""
        place = self.namespaces[namespace]
        packet = nft_packets.Packet(source, destination, f"{way}x", port=port)
        assert place.table is not None
        nft_packets.through(place.table, "prerouting", packet)
        if packet.destination == "router" or packet.destination in place.own:
            if nft_packets.through(place.table, "input", packet) == "drop":
                raise ConnectionError("the router does not answer")
            return "router", packet.source, 0
        packet.out = place.way_to(packet.destination)
        on = place.sysctls.get("net.ipv4.ip_forward") == "1"
        if not packet.out or not on or nft_packets.through(place.table, "forward", packet) == "drop":
            raise ConnectionError("not forwarded")
        nft_packets.through(place.table, "postrouting", packet)
        self._next += 1
        sides = {"orig-src": source, "orig-dst": destination}
        place.connections[self._next] = sides | {"reply-src": packet.destination, "reply-dst": packet.source}
        return packet.destination, packet.source, self._next

    def kill(self, folder: str) -> None:
        """Its radvd dies."""
        del self.radvds[folder]

    def _links_list(self, prefix: str, suffix: str = "") -> list[str]:
        return sorted(name for name in self.namespaces if name.startswith(prefix) and name.endswith(suffix))

    def _links_ensure(self, items: list[Answer]) -> list[Answer]:
        return [self._each(item, self._link) for item in items]

    def _link(self, item: Answer, answer: Answer) -> None:
        if item["namespace"] not in self.namespaces:
            self.namespaces[item["namespace"]] = Namespace()
            answer["changes"].append(f"namespace {item['namespace']} added")
            answer["made"] = [item["namespace"]]
        self.namespaces[item["namespace"]].ensure(item, answer)

    def _links_remove(self, items: list[Answer]) -> list[Answer]:
        def work(item: Answer, answer: Answer) -> None:
            if self.namespaces.pop(item["namespace"], None) is not None:
                answer["changes"].append(f"namespace {item['namespace']} removed")

        return [self._each(item, work) for item in items]

    def _addresses_change(self, items: list[Answer]) -> list[Answer]:
        def work(item: Answer, answer: Answer) -> None:
            device = self._place(item).devices.get(item["device"])
            if device is None:
                raise OSError("no such device")
            gone = [cidr for cidr in item["remove"] if cidr in device["addresses"]]
            new = [cidr for cidr in item["add"] if cidr not in device["addresses"]]
            device["addresses"] = [one for one in device["addresses"] if one not in gone] + new
            answer["changes"] += [f"address {cidr}" for cidr in (*gone, *new)]
            answer["addresses"] = [[item["device"], cidr] for cidr in new]

        return [self._each(item, work) for item in items]

    def _nat_read(self, namespaces: list[str], table: str = "netledger") -> dict[str, Any]:
        if broken := self.broken.intersection(namespaces):
            raise KernelRefused(f"{sorted(broken)}: broken")
        found = {name: self.namespaces[name].table for name in namespaces if name in self.namespaces}
        return {name: table.listed() if table else None for name, table in found.items()}

    def _nat_apply(self, items: list[Answer]) -> list[Answer]:
        def work(item: Answer, answer: Answer) -> None:
            place = self._place(item)
            place.table = nft.run(item["text"], place.table)
            self.texts.append(item["text"])
            answer["changes"].append("nft")

        return [self._each(item, work) for item in items]

    def _conntrack_cut(self, items: list[Answer]) -> list[Answer]:
        def work(item: Answer, answer: Answer) -> None:
            place = self._place(item)
            cut = [
                id
                for id, sides in place.connections.items()
                if any(sides[side] == address for side, address in item["addresses"])
            ]
            for id in cut:
                del place.connections[id]
            answer["changes"] += [f"{len(cut)} connections cut"] if cut else []

        return [self._each(item, work) for item in items]

    def _arp_announce(self, items: list[Answer]) -> list[Answer]:
        def work(item: Answer, answer: Answer) -> None:
            device = self._place(item).devices.get(item["device"])
            if device is None:
                raise OSError("no such device")
            here = {cidr.partition("/")[0] for cidr in device["addresses"]}
            self.told += [(item["namespace"], item["device"], one) for one in item["addresses"] if one in here]

        return [self._each(item, work) for item in items]

    def _radvd_list(self, root: str) -> list[str]:
        return sorted(name.removeprefix(f"{root}/") for name in self.radvds)

    def _radvd_ensure(self, items: list[Answer]) -> list[Answer]:
        def work(item: Answer, answer: Answer) -> None:
            self._place(item)
            if item["text"].count("{") != item["text"].count("}"):
                raise OSError("syntax error")
            now = (item["namespace"], item["text"])
            if self.radvds.get(item["folder"]) != now or item.get("restart"):
                answer["changes"].append("radvd")
            self.radvds[item["folder"]] = now

        return [self._each(item, work) for item in items]

    def _radvd_remove(self, folders: list[str]) -> list[Answer]:
        return [{"changes": ["radvd removed"] if self.radvds.pop(one, None) else [], "error": None} for one in folders]

    def _radvd_advertise(self, folders: list[str]) -> list[Answer]:
        self.advertised += [one for one in folders if one in self.radvds]
        return [{"changes": [], "error": None} for _ in folders]

    def _plugs_read(self, database: str, owner: str) -> dict[str, dict[str, str]]:
        return dict(self.plugs)

    def _plugs_ensure(self, database: str, bridge: str, owner: str, items: list[Answer]) -> list[str]:
        ports = [{key: value for key, value in item.items() if key != "anew"} for item in items]
        pairs = zip(items, ports, strict=True)
        new = [port for item, port in pairs if item["anew"] or self.plugs.get(port["name"]) != port]
        self.plugs.update({item["name"]: item for item in new})
        return [item["name"] for item in new]

    def _plugs_remove(self, database: str, names: list[str]) -> list[str]:
        return [name for name in names if self.plugs.pop(name, None)]

    def _place(self, item: Answer) -> Namespace:
        if item["namespace"] not in self.namespaces:
            raise OSError("no such namespace")
        return self.namespaces[item["namespace"]]

    def _each(self, item: Answer, work: Callable[[Answer, Answer], None]) -> Answer:
        answer: Answer = {"changes": [], "error": None}
        try:
            if item["namespace"] in self.broken:
                raise OSError("broken")
            work(item, answer)
        except (OSError, nft.Refused) as error:
            answer |= {"error": f"{item['namespace']}: {error}"}
        return answer
