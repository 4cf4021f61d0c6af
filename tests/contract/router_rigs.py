"""Rigs for the contract of a router's verbs: the real kernel, in a namespace that stands for a host, and one that pretends."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from libs.config import Settings
from libs.kernel.hands import Hands
from libs.materialise.l3.objects import sysctls
from tests.fakes.dhcp_guests import sh
from tests.fakes.router_host import FakeRouters

GATEWAY = "198.51.100.10"
MODULES = tuple(f"libs.kernel.{name}" for name in ("links", "addresses", "nat", "announce", "radvd"))


class Rig(Protocol):
    """What the contract needs of a host. suffix: of its namespaces; folder: for files of daemons."""

    suffix: str
    folder: str

    def call(self, verb: str, **arguments: Any) -> Any:
        """A verb of the hands."""
        ...

    def close(self) -> None:
        """Leave nothing behind."""
        ...


class RealRig:
    """Real hands."""

    def __init__(self, folder: Path) -> None:
        name = f"kn{uuid4().hex[:6]}"
        self.suffix, self.folder = f"@{name}", str(folder)
        sh("ip", "netns", "add", name)
        self._name = name
        self._hands = Hands(replace(Settings(), netns=name), modules=MODULES)
        self.call = self._hands.call

    def close(self) -> None:
        """Leave nothing behind."""
        self.call(
            "radvd.remove", folders=[f"{self.folder}/{name}" for name in self.call("radvd.list", root=self.folder)]
        )
        for namespace in self.call("links.list", prefix="qrouter-", suffix=self.suffix):
            self.call("links.remove", items=[{"namespace": namespace, "peers": []}])
        self._hands.close()
        subprocess.run(["ip", "netns", "del", self._name], check=True)


class FakeRig:
    """Hands that pretend."""

    def __init__(self, folder: Path) -> None:
        self.suffix, self.folder = "@fake", str(folder)
        self.call = FakeRouters().call

    def close(self) -> None:
        """Nothing is left behind."""


def router(rig: Rig, name: str = "r1") -> dict[str, Any]:
    """A router with an inner and an outer device."""
    inner = {"name": "qr-1", "peer": f"tap-{name}1", "mac": "fa:16:3e:00:00:01", "mtu": 1450}
    outer = {"name": "qg-2", "peer": f"tap-{name}2", "mac": "fa:16:3e:00:00:02", "mtu": 1450}
    inner["addresses"], outer["addresses"] = ["10.4.0.1/24", "fd00:4::1/64"], [f"{GATEWAY}/24"]
    return {
        "namespace": f"qrouter-{name}{rig.suffix}",
        "devices": [inner, outer],
        "routes": [["0.0.0.0/0", "198.51.100.254", "qg-2"], ["203.0.113.0/24", "10.4.0.9", "qr-1"]],
        "sysctls": [list(pair) for pair in sysctls(True)],
    }


def one(rig: Rig, verb: str, **item: Any) -> dict[str, Any]:
    """The answer for one item."""
    (answer,) = rig.call(verb, items=[item])
    return dict(answer)
