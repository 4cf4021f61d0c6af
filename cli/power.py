"""The mains of the lab's hosts: what is left of a hypervisor that loses its power, and how it comes back."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterable
from pathlib import Path

from cli.places import Places
from cli.process import Program, end
from cli.supervision import Supervision
from lab.hosts import NETWORKS, Host, Lab, switch_port
from lab.namespaces import pids_in, with_suffix
from lab.shell import run


class Mains:
    """Hosts of one system, off and on."""

    def __init__(self, places: Places, lab: Lab) -> None:
        self._supervision, self._lab = Supervision(places), lab
        self._ended: dict[str, list[Program]] = {}

    def off(self, host: str) -> None:
        """Kill everything of that host in the middle of its work, and see that nobody starts it again; its wires are dead. What was
        on its disk stays, and so do its namespaces, as where only the processes died. Raises ToolFailed."""
        where, programs, running = self._lab.host(host), self._supervision.programs(), self._supervision.pids()
        ours = [name for name in programs if name.endswith(f"@{host}")]
        pids = with_children(running[name] for name in ours if name in running)
        pids |= {pid for name in with_suffix(where.suffix) for pid in pids_in(name)}
        for pid in pids:  # so that none of them can say good-bye when the supervisor ends them
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        self._wires(where, "down")
        self._ended[host] = [programs[name] for name in ours]
        self._supervision.hand(program for name, program in programs.items() if name not in ours)
        end(pids, signal.SIGKILL)

    def on(self, host: str) -> None:
        """Start it again; returns when its switch has its bridges. Raises ToolFailed."""
        self._wires(self._lab.host(host), "up")
        self._supervision.hand([*self._supervision.programs().values(), *self._ended.pop(host, [])])
        self._lab.configure()

    def _wires(self, host: Host, state: str) -> None:
        for network in NETWORKS:
            run("ip", "-n", self._lab.switch, "link", "set", switch_port(network, host), state)


def with_children(pids: Iterable[int]) -> set[int]:
    """These processes and all that descend from them."""
    found, new = set[int](), set(pids)
    while new:
        found |= new
        new = {child for pid in new for child in _children(pid)} - found
    return found


def _children(pid: int) -> list[int]:
    found = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += [int(child) for child in (task / "children").read_text().split()]
    return found
