"""Two rigs for one contract: the pretended switch, and a private Open vSwitch on dummy devices (no namespaces, no root's network)."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from libs.config import Settings
from libs.kernel.hands import Hands
from services.agent_ovs.brain import MODULES
from tests.contract.switch_frames import frame_of
from tests.fakes.ovs_host import FakeHost
from tests.fakes.switch import Packet

PHYSICAL = ("br-physnet1", "br-public")
_SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"


class Rig(Protocol):
    """What the contract needs of a host."""

    rundir: str
    tell: Callable[[dict[str, Any]], None]

    def call(self, verb: str, **arguments: Any) -> Any:
        """A verb of the hands."""
        ...

    def plug(self, port_id: str) -> str:
        """Nova plugs a tap."""
        ...

    def settle(self) -> None:
        """Give vswitchd the time to follow the database."""
        ...

    def hears(self, tap: str, packet: Packet) -> set[tuple[str, int | None]]:
        """(port, VLAN tag) of everybody that a frame goes out to."""
        ...

    def passes(self, tap: str, packet: Packet, to: str) -> bool:
        """Whether a frame that is really sent reaches this tap."""
        ...


class FakeRig(FakeHost):
    """The pretended host."""

    rundir = ""

    def __init__(self) -> None:
        super().__init__("192.0.2.1", PHYSICAL)

    def settle(self) -> None:
        """At once."""
        self.vswitchd()

    def hears(self, tap: str, packet: Packet) -> set[tuple[str, int | None]]:
        """By the pretended tables."""
        return {(name, frame.vlan) for name, frame in self.send(tap, packet)}

    def passes(self, tap: str, packet: Packet, to: str) -> bool:
        """The same, for one of them."""
        return to in {name for name, _ in self.send(tap, packet)}


class RealRig:
    """A private ovsdb-server and ovs-vswitchd, whose devices are dummies, behind real hands."""

    def __init__(self, folder: Path) -> None:
        self.rundir, self._programs = str(folder), list[subprocess.Popen[bytes]]()
        names = ("OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR")
        self._environ = {**os.environ, **dict.fromkeys(names, self.rundir)}
        self.tell: Callable[[dict[str, Any]], None] = lambda message: None
        self._start(folder)
        self._hands = Hands(Settings(), lambda message: self.tell(message), modules=MODULES)
        self.call = self._hands.call
        self.call("ovsdb.open", rundir=self.rundir)
        kind: dict[str, Any] = {"datapath_type": "netdev", "fail_mode": "secure", "protocols": ["OpenFlow14"]}
        bridges = [{"do": "SetBridge", "name": name, **kind} for name in PHYSICAL]
        nics = [
            {"do": "SetPort", "bridge": name, "name": f"nic-{name}", "type": "", "options": {}} for name in PHYSICAL
        ]
        self.call("ovsdb.write", rundir=self.rundir, changes=bridges + nics)
        self.settle()

    def _start(self, folder: Path) -> None:
        quiet = ("-vconsole:off", "-vsyslog:off", "-vfile:off", "--no-chdir")
        socket, pid = f"{folder}/db.sock", f"--pidfile={folder}/ovs-vswitchd.pid"
        self._tool("ovsdb-tool", "create", f"{folder}/conf.db", _SCHEMA)
        self._run(
            "ovsdb-server", f"{folder}/conf.db", f"--remote=punix:{socket}", "--unixctl", f"{folder}/db.ctl", *quiet
        )
        _until((folder / "db.sock").exists)
        self._tool("ovs-vsctl", "--no-wait", "init")
        self._run("ovs-vswitchd", f"unix:{socket}", "--enable-dummy=override", pid, *quiet)

    def close(self) -> None:
        """End it all."""
        self._hands.close()
        for process in reversed(self._programs):
            process.kill()
            process.wait()

    def plug(self, port_id: str) -> str:
        """As Nova does."""
        tap = f"tap{port_id[:11]}"
        words = [f"external-ids:iface-id={port_id}", "external-ids:iface-status=active"]
        words.append(f"options:tx_pcap={self.rundir}/{tap}.pcap")
        self._tool("ovs-vsctl", "--", "--may-exist", "add-port", "br-int", tap, "--", "set", "Interface", tap, *words)
        return tap

    def plug_many(self, port_ids: list[str]) -> None:
        """Many taps in few commands."""
        for at in range(0, len(port_ids), 100):
            words: list[str] = []
            for id in port_ids[at : at + 100]:
                tap = f"tap{id[:11]}"
                words += ["--", "add-port", "br-int", tap, "--", "set", "Interface", tap, f"external-ids:iface-id={id}"]
            self._tool("ovs-vsctl", *words)

    def settle(self) -> None:
        """Until every port has its number."""
        numbers = ("ovs-vsctl", "--bare", "--columns=ofport", "find", "Interface")
        _until(lambda: "\n\n\n" not in self._tool(*numbers) and self._tool("ovs-vsctl", "show"))

    def hears(self, tap: str, packet: Packet) -> set[tuple[str, int | None]]:
        """By `ofproto/trace`."""
        shown = self._tool("ovs-appctl", "dpif/show")
        names = {found[2]: found[1] for found in re.finditer(r"(\S+) \d+/(\d+):", shown)}
        number = self._tool("ovs-vsctl", "get", "Interface", tap, "ofport").strip()
        trace = self._tool("ovs-appctl", "ofproto/trace", "br-int", f"in_port={number},{_flow(packet)}")
        actions = trace.rpartition("Datapath actions: ")[2].split("\n")[0]
        return set(_outputs(actions, names, packet.vlan))

    def passes(self, tap: str, packet: Packet, to: str) -> bool:
        """By the datapath itself, into which the frame is put; a dummy device writes down what it is to send."""
        frame, sent = frame_of(packet), Path(self.rundir, f"{to}.pcap")
        before = sent.stat().st_size
        self._tool("ovs-appctl", "netdev-dummy/receive", tap, frame.hex())
        deadline = time.monotonic() + 0.1
        while time.monotonic() < deadline:
            if frame in sent.read_bytes()[before:]:
                return True
            time.sleep(0.005)
        return False

    def _tool(self, *argv: str) -> str:
        done = subprocess.run(argv, env=self._environ, capture_output=True, text=True, timeout=20)
        assert done.returncode == 0, f"{argv}: {done.stderr}"
        return done.stdout

    def _run(self, *argv: str) -> None:
        null = subprocess.DEVNULL
        self._programs.append(subprocess.Popen(argv, env=self._environ, stdout=null, stderr=null))


def _flow(packet: Packet) -> str:
    out = f"dl_src={packet.src},dl_dst={packet.dst}"
    if packet.vlan is not None:
        out += f",dl_vlan={packet.vlan}"
    if packet.arp is not None:
        op, sha, spa, tha, tpa = packet.arp
        out += f",arp,arp_op={op},arp_sha={sha},arp_spa={spa},arp_tha={tha},arp_tpa={tpa}"
    return out


def _outputs(actions: str, names: dict[str, str], vlan: int | None) -> list[tuple[str, int | None]]:
    """(port, VLAN) for each output of datapath actions, in which tags are pushed and popped on the way."""
    out = []
    for action in re.split(r",(?![^()]*\))", actions):
        pushed = re.fullmatch(r"push_vlan\(vid=(\d+),.*\)", action)
        if pushed is not None:
            vlan = int(pushed[1])
        elif action == "pop_vlan":
            vlan = None
        elif action.isdigit():
            out.append((names[action], vlan))
    return out


def _until(what: Callable[[], Any], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(AssertionError):
            if what():
                return
        time.sleep(0.01)
    raise AssertionError("the switch does not come up")
