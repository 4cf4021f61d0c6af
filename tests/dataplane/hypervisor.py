"""A namespace with its own Open vSwitch whose br-int is a plain switch, and one agent as a process that can be killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from libs.codec import recorded_to_json
from tests.fakes.dhcp_facts import HOST, Facts
from tests.fakes.dhcp_guests import Guest, sh

_ROOT = Path(__file__).resolve().parents[2]
_DAEMONS = {"ovsdb-server": ["--remote=punix:{run}/db.sock", "{run}/conf.db"], "ovs-vswitchd": ["unix:{run}/db.sock"]}


def wait_until(happened: Callable[[], bool], seconds: float = 10.0) -> None:
    """Return when it happened; the test fails when it does not."""
    deadline = time.monotonic() + seconds
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert happened()


class Hypervisor:
    """A host. kind: `agent_dhcp` or `agent_l3`, which agent it has; facts: what is said to it by `go`; settings: of the
    agent, beside those that every host has."""

    def __init__(self, kind: str, facts: Facts) -> None:
        self.name = f"nld-{uuid4().hex[:6]}"
        self.run = Path(tempfile.mkdtemp(prefix="nld-", dir="/tmp"))  # short: sockets' paths end at 108 bytes
        self.run.chmod(0o755)
        self.kind, self.facts, self.told = kind, facts, self.run / "facts"
        self.settings: dict[str, str] = {}
        self.guests: list[Guest] = []
        self.agent: subprocess.Popen[bytes] | None = None
        self._daemons: list[subprocess.Popen[bytes]] = []

    def up(self) -> None:
        self.told.write_text("")
        sh("ip", "netns", "add", self.name)
        sh("ovsdb-tool", "create", f"{self.run}/conf.db", "/usr/share/openvswitch/vswitch.ovsschema")
        for program, arguments in _DAEMONS.items():
            words = [word.format(run=self.run) for word in arguments]
            command = ["ip", "netns", "exec", self.name, program, *words, "-vconsole:off", "-vsyslog:off", "--no-chdir"]
            self._daemons.append(
                subprocess.Popen([*command, f"--pidfile={self.run}/{program}.pid"], env=self._environ())
            )
            wait_until(lambda program=program: (self.run / f"{program}.pid").exists())  # type: ignore[misc]
        self.vsctl("--no-wait", "init")
        self.vsctl("add-br", "br-int", "--", "set", "Bridge", "br-int", "datapath_type=netdev", "fail_mode=standalone")

    def down(self) -> None:
        self.kill_agent()
        for path in (self.run / self.kind).glob("*/pid"):
            os.kill(int(path.read_text()), signal.SIGKILL)
        for daemon in reversed(self._daemons):
            daemon.terminate()
            daemon.wait()
        for guest in self.guests:
            guest.halt()
        for name in self.namespaces():
            sh("ip", "netns", "del", name)
        sh("ip", "netns", "del", self.name)
        shutil.rmtree(self.run)

    def start_agent(self) -> None:
        settings = {
            "NETLEDGER_HOST": HOST,
            "NETLEDGER_NETNS": self.name,
            "NETLEDGER_OVS_RUNDIR": str(self.run),
            "NETLEDGER_NAMESPACE_SUFFIX": f"@{self.name}",
            "NETLEDGER_STATE_DIR": str(self.run),
        }
        command = [sys.executable, "-m", "tests.dataplane.agent_process", self.kind, str(self.told)]
        with open(self.run / "agent.log", "ab") as log:
            self.agent = subprocess.Popen(command, cwd=_ROOT, env=os.environ | settings | self.settings, stderr=log)

    def kill_agent(self) -> None:
        if self.agent is not None:
            self.agent.kill()
            self.agent.wait()

    def go(self) -> None:
        """Hand what was said since to the agent."""
        draft = self.told.with_suffix(".draft")
        draft.write_text("".join(json.dumps(recorded_to_json(one)) + "\n" for one in self.facts.said))
        draft.rename(self.told)  # the agent reads it at any moment

    def guest(self, mac: str) -> Guest:
        number = len(self.guests)
        guest = Guest(f"{self.name}-g{number}", f"g{number}", mac, self.run)
        self.guests.append(guest)
        guest.boot(self.name)
        self.vsctl("add-port", "br-int", guest.tap)
        return guest

    def namespaces(self) -> list[str]:
        return sorted(name for name in os.listdir("/run/netns") if name.endswith(f"@{self.name}"))

    def vsctl(self, *arguments: str) -> str:
        return sh("ovs-vsctl", f"--db=unix:{self.run}/db.sock", "--timeout=10", *arguments)

    def pid_in(self, folder: Path) -> int:
        """The process whose pid file lies there, 0 while there is none."""
        try:
            pid = int((folder / "pid").read_text())
            return pid if (Path("/proc") / str(pid) / "cmdline").read_bytes() else 0
        except (OSError, ValueError):
            return 0

    def recompute(self) -> None:
        """The end of a story: an agent that starts anew, and computes everything from the facts, finds nothing to change."""
        if self.agent is None or self.agent.poll() is not None:
            return
        self.settle_down()
        self.kill_agent()
        self.start_agent()
        wait_until(lambda: self.operations() != {}, 20.0)
        assert self.operations()["total"] == 0, self.operations()

    def settle_down(self) -> None:
        """Wait until the agent has done nothing for a while."""
        last, since = self.operations().get("total"), time.monotonic()
        while time.monotonic() - since < 0.5:
            time.sleep(0.05)
            if (now := self.operations().get("total")) != last:
                last, since = now, time.monotonic()

    def operations(self) -> dict[str, Any]:
        """What the running agent has counted, {} before its first apply."""
        try:
            counted = json.loads((self.run / self.kind / "operations.json").read_text())
        except OSError:
            return {}
        return dict(counted) if self.agent is not None and counted["pid"] == self.agent.pid else {}

    def _environ(self) -> dict[str, str]:
        names = ("OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR")
        return os.environ | {name: str(self.run) for name in names}
