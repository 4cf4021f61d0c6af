"""Network namespaces of one lab: made, remembered and removed, so that nobody else's is ever touched."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

from lab.shell import ToolFailed, run

NETNS = Path("/run/netns")
# AF_PACKET readers see a sender's packet before its checksum is filled in and before it is cut up: switch both off at both ends.
OFFLOADS = ("tx", "off", "tso", "off", "gso", "off", "gro", "off")


class Namespaces:
    """The namespaces that this lab made. Their names are kept in the file `registry`, one a line, before they are made."""

    def __init__(self, registry: Path) -> None:
        self._registry = registry

    def names(self) -> list[str]:
        """Names on record, oldest first."""
        with contextlib.suppress(OSError):
            return self._registry.read_text().split()
        return []

    def ensure(self, name: str) -> bool:
        """Make a namespace with its loopback up; False when it was there. Raises ToolFailed when another lab owns the name."""
        if name in self.names() and exists(name):
            return False
        if exists(name):
            raise ToolFailed(
                f"the network namespace {name} exists and is not ours: another netledger lab runs here? "
                "Stop it, or set NETLEDGER_LAB_PREFIX to give this one's namespaces other names"
            )
        if name not in self.names():
            with open(self._registry, "a") as file:
                file.write(f"{name}\n")
        run("ip", "netns", "add", name)
        run("ip", "-n", name, "link", "set", "lo", "up")
        return True

    def remove(self, names: Iterable[str] | None = None) -> None:
        """Delete these (default: all on record) with every process in them. Safe to repeat."""
        known = self.names()
        if not known:
            return
        gone = set(known if names is None else names)
        for name in gone & set(known):
            delete(name)
        self._registry.write_text("".join(f"{name}\n" for name in known if name not in gone))


def exists(name: str) -> bool:
    """Whether there is a namespace of this name."""
    return (NETNS / name).exists()


def with_suffix(suffix: str) -> list[str]:
    """Names of all namespaces that end so; agents name theirs `qdhcp-<network><suffix>`."""
    return sorted(path.name for path in NETNS.glob(f"*{suffix}")) if suffix else []


def delete(name: str) -> None:
    """Delete a namespace after ending every process in it."""
    if not exists(name):
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + 2.0
        while (pids := pids_in(name)) and time.monotonic() < deadline:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            time.sleep(0.02)
    run("ip", "netns", "delete", name)


def pids_in(name: str) -> list[int]:
    """Every process in a namespace, none when there is no such namespace."""
    return [int(pid) for pid in run("ip", "netns", "pids", name, ok=True).split()]


def links(name: str) -> set[str]:
    """Names of a namespace's interfaces."""
    return {link["ifname"] for link in json.loads(run("ip", "-n", name, "-j", "link", "show") or "[]")}


def pings(name: str, address: str) -> bool:
    """Whether `address` answers a ping from this namespace within a second; False also when there is no such namespace."""
    return "1 received" in run("ip", "netns", "exec", name, "ping", "-c", "1", "-W", "1", address, ok=True)


def veth(left: str, left_if: str, right: str, right_if: str, mtu: int, mac: str = "") -> None:
    """A pair of interfaces between two namespaces, both up, offloads off at both ends. `mac`: of the left one."""
    address = ["address", mac] if mac else []
    peer = ["peer", "name", right_if, "netns", right, "mtu", str(mtu)]
    run("ip", "link", "add", left_if, "netns", left, "mtu", str(mtu), *address, "type", "veth", *peer)
    for namespace, interface in ((left, left_if), (right, right_if)):
        run("ip", "netns", "exec", namespace, "ethtool", "-K", interface, *OFFLOADS)
        run("ip", "-n", namespace, "link", "set", interface, "up")
