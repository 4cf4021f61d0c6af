"""A host that only pretends: namespaces, plugged ports and dnsmasqs as dictionaries, under the verbs of the real hands.

`tests/contract/test_dnsmasq.py` holds the real ones to the same answers where they matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from libs.kernel.hands import KernelRefused


@dataclass
class Process:
    """A running dnsmasq and the lines in its memory, of hosts and of ports' options: what it serves, whatever the files say."""

    command: list[str]
    namespace: str
    lines: list[str]
    options: list[str]


@dataclass
class Folder:
    options: str = ""
    hosts: dict[str, str] = field(default_factory=dict)
    own: dict[str, str] = field(default_factory=dict)  # {port: its options}
    process: Process | None = None
    leases: dict[str, str] = field(default_factory=dict)  # {address: mac}


class FakeHost:
    """Stands in for Hands: `.call(verb, ...)`. `broken` namespaces refuse everything; without `switch` the plugs' verbs fail."""

    def __init__(self) -> None:
        self.namespaces: dict[str, Mapping[str, Any]] = {}
        self.plugs: dict[str, dict[str, str]] = {}
        self.folders: dict[str, Folder] = {}
        self.broken: set[str] = set()
        self.switch = True
        self.calls: list[str] = []

    def call(self, verb: str, **arguments: Any) -> Any:
        self.calls.append(verb)
        if verb.startswith("plugs.") and not self.switch:
            raise KernelRefused(f"{verb}: no switch")
        return getattr(self, "_" + verb.replace(".", "_"))(**arguments)

    def lease(self, folder: str, mac: str) -> str | None:
        """What a guest with that MAC is offered: the last line that names it, unless another MAC holds the address."""
        place = self.folders[folder]
        offers = [
            line.split(",")[-1] for line in (place.process.lines if place.process else []) if line.startswith(mac)
        ]
        if not offers or place.leases.get(offers[-1], mac) != mac:
            return None
        place.leases[offers[-1]] = mac
        return offers[-1]

    def told(self, folder: str, mac: str) -> list[str]:
        """The port's own options that a guest with that MAC is told, as the lines say them without their tag."""
        lines = self.folders[folder].process.lines if self.folders[folder].process else []  # type: ignore[union-attr]
        tags = {
            word[4:] for line in lines if line.startswith(mac) for word in line.split(",") if word.startswith("set:")
        }
        options = (line.split(",", 1) for line in self.folders[folder].process.options)  # type: ignore[union-attr]
        return [rest for tag, rest in options if tag[4:] in tags]

    def snapshot(self) -> Any:
        """Everything that a guest or operator could see, to compare two hosts."""
        folders = {
            name: (
                folder.options,
                dict(folder.hosts),
                dict(folder.own),
                (sorted(folder.process.lines), sorted(folder.process.options)) if folder.process else None,
            )
            for name, folder in self.folders.items()
        }
        return dict(self.namespaces), dict(self.plugs), folders

    def kill(self, folder: str) -> None:
        self.folders[folder].process = None

    def _links_list(self, prefix: str, suffix: str) -> list[str]:
        return sorted(name for name in self.namespaces if name.startswith(prefix) and name.endswith(suffix))

    def _links_ensure(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [self._answer(item["namespace"], self._link, item) for item in items]

    def _link(self, item: dict[str, Any]) -> list[str]:
        before = self.namespaces.get(item["namespace"])
        if before == item:
            return []
        self.namespaces[item["namespace"]] = item
        ends = [device["peer"] for device in item["devices"]]
        old = [device["peer"] for device in before["devices"]] if before else []
        return [f"veth {end} added" for end in ends if end not in old] or ["addresses changed"]

    def _links_remove(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            self._answer(
                item["namespace"], lambda one: ["removed"] if self.namespaces.pop(one["namespace"], None) else [], item
            )
            for item in items
        ]

    def _plugs_read(self, database: str, owner: str) -> dict[str, dict[str, str]]:
        return dict(self.plugs)

    def _plugs_ensure(self, database: str, bridge: str, owner: str, items: list[dict[str, Any]]) -> list[str]:
        ports = [{key: value for key, value in item.items() if key != "anew"} for item in items]
        new = [item for item in ports if self.plugs.get(item["name"]) != item]
        self.plugs.update({item["name"]: item for item in new})
        return [item["name"] for item in new]

    def _plugs_remove(self, database: str, names: list[str]) -> list[str]:
        return [name for name in names if self.plugs.pop(name, None)]

    def _dnsmasq_list(self, root: str) -> list[str]:
        return sorted(name.removeprefix(f"{root}/") for name in self.folders)

    def _dnsmasq_ensure(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [self._answer(item["namespace"], self._start, item) for item in items]

    def _start(self, item: dict[str, Any]) -> list[str]:
        folder = self.folders.setdefault(item["folder"], Folder())
        lines = _lines(item["hosts"])
        running = folder.process
        same = running and (running.command, running.namespace) == (item["command"], item["namespace"])
        if (
            same
            and not item["restart"]
            and (folder.options, folder.hosts, folder.own)
            == (
                item["options"],
                item["hosts"],
                item["port_options"],
            )
        ):
            return []
        folder.options, folder.hosts, folder.own = item["options"], dict(item["hosts"]), dict(item["port_options"])
        folder.process = Process(item["command"], item["namespace"], lines, _lines(folder.own))
        pairs = {(line.split(",")[-1], line.split(",")[0]) for line in lines}
        folder.leases = dict(pair for pair in folder.leases.items() if pair in pairs)
        return ["started"]

    def _dnsmasq_change(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [self._answer(item["namespace"], self._change, item) for item in items]

    def _change(self, item: dict[str, Any]) -> list[str]:
        folder = self.folders[item["folder"]]
        if folder.process is None:
            raise RuntimeError("dnsmasq does not run")
        reload = item["options"] is not None or any(name in folder.hosts for name in (*item["remove"], *item["write"]))
        reload |= any(name in folder.own for name in (*item["remove_options"], *item["write_options"]))
        for name in item["remove"]:
            del folder.hosts[name]
        for name in item["remove_options"]:
            del folder.own[name]
        folder.hosts.update(item["write"])
        folder.own.update(item["write_options"])
        folder.options = folder.options if item["options"] is None else item["options"]
        folder.process.lines += _lines(item["write"])
        folder.process.options += _lines(item["write_options"])
        if reload:
            folder.process.lines, folder.process.options = _lines(folder.hosts), _lines(folder.own)
        for mac, address in item["release"]:
            if folder.leases.get(address) == mac:
                del folder.leases[address]
        files = (*item["write"], *item["remove"], *item["write_options"], *item["remove_options"])
        return [*(["reload"] if reload else []), *files]

    def _dnsmasq_remove(self, folders: list[str]) -> list[dict[str, Any]]:
        return [{"changes": ["removed"] if self.folders.pop(one, None) else [], "error": None} for one in folders]

    def _answer(self, namespace: str, work: Any, item: Any) -> dict[str, Any]:
        if namespace in self.broken:
            return {"changes": [], "error": f"{namespace}: broken"}
        try:
            return {"changes": work(item), "error": None}
        except RuntimeError as error:
            return {"changes": [], "error": str(error)}


def _lines(files: Mapping[str, str]) -> list[str]:
    return "".join(files.values()).splitlines()
