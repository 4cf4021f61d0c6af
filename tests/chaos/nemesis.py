"""The adversary: kills, stops, restarts or takes away any one process of a system, by dice with a seed."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.places import Places
from cli.process import alive
from cli.servers import await_true
from cli.supervision import Supervision
from lab.hosts import HOSTS

KILL, RESTART, STOP, AWAY = "kill -9", "restart", "stop", "away"
SERVICES, SERVERS = ("api", "ipam", "topology"), ("rabbitmq", "postgres")
AGENTS = ("agent_ovs", "agent_dhcp", "agent_l3")
ON_HOSTS = (*AGENTS, *(f"hands of {agent}" for agent in AGENTS), "ovs-vswitchd", "ovsdb-server")
QUICK, SLOW = 3.0, 10.0
"""Goals in seconds until everything works again: after a fault of a Python process, of anything else."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is done to whom. host: empty for services and servers. seconds: how long it stands still or is away."""

    action: str
    target: str
    host: str = ""
    seconds: float = 0.0

    def __str__(self) -> str:
        where = f"@{self.host}" if self.host else ""
        long = f" for {self.seconds:.0f} s" if self.seconds else ""
        return f"{self.action} {self.target}{where}{long}"

    @property
    def goal(self) -> float:
        """Seconds after its end until everything must work again."""
        return SLOW if self.target in (*SERVERS, "ovs-vswitchd", "ovsdb-server") else QUICK


def schedule(seed: int, number: int) -> list[Fault]:
    """`number` faults by this seed; the first round strikes every kind of process once."""
    dice, faults = random.Random(seed), list[Fault]()
    while len(faults) < number:
        round_ = [*SERVICES, *SERVERS, *ON_HOSTS]
        dice.shuffle(round_)
        first = not faults
        for target in round_:
            action = KILL if first and dice.random() < 0.7 else dice.choice((KILL, RESTART, STOP))
            if action == RESTART and target.startswith("hands"):
                action = KILL
            host = dice.choice(HOSTS) if target in ON_HOSTS else ""
            faults.append(Fault(action, target, host, dice.uniform(1.5, 4.0) if action == STOP else 0.0))
    return faults[:number]


class Nemesis:
    """Does faults to the system in `places`."""

    def __init__(self, places: Places) -> None:
        self._places, self._supervision = places, Supervision(places)

    def strike(self, fault: Fault) -> float:
        """Do it; the monotonic second at which it is over and the system may heal. Blocks as long as the fault lasts."""
        if fault.action == AWAY:
            with self.away([fault.target]):
                time.sleep(fault.seconds)
            return time.monotonic()
        pid = self._pid(fault)
        if fault.action == STOP:
            with still(tree(pid)):
                time.sleep(fault.seconds)
            return time.monotonic()
        over = time.monotonic()
        os.kill(pid, signal.SIGKILL if fault.action == KILL else self._stop_signal(fault.target))
        await_true(f"the end of {fault.target}", lambda: not alive(pid), 60)  # who ends in order still works meanwhile
        return over

    @contextlib.contextmanager
    def away(self, names: Iterable[str]) -> Iterator[None]:
        """These programs do not run inside; they are killed, and started again at the end."""
        gone, programs = set(names), list(self._supervision.programs().values())
        pids = self._supervision.pids()
        for name in gone & pids.keys():
            os.kill(pids[name], signal.SIGKILL)
        self._supervision.hand([one for one in programs if one.name not in gone])
        await_true(f"the end of {gone}", lambda: not gone & self._supervision.pids().keys(), 40)
        try:
            yield
        finally:
            self._supervision.hand(programs)

    def _pid(self, fault: Fault) -> int:
        """The struck process. Raises TimeoutError when it does not run."""
        found: list[int] = []

        def there() -> bool:
            pids = self._supervision.pids()
            found[:] = self._find(fault, pids)
            return bool(found)

        await_true(f"{fault.target} {fault.host}", there, 20)
        return found[0]

    @staticmethod
    def _find(fault: Fault, pids: dict[str, int]) -> list[int]:
        if fault.target.startswith("hands of "):
            agent = pids.get(f"{fault.target.removeprefix('hands of ')}@{fault.host}", 0)
            return [pid for pid in tree(agent)[1:] if "libs.kernel.hands" in command_line(pid)]
        name = f"{fault.target}@{fault.host}" if fault.host else fault.target
        return [pids[name]] if name in pids else []

    def _stop_signal(self, target: str) -> int:
        return signal.SIGINT if target == "postgres" else signal.SIGTERM


@contextlib.contextmanager
def still(pids: Sequence[int]) -> Iterator[None]:
    """These processes stand still inside (SIGSTOP)."""
    _each(pids, signal.SIGSTOP)
    try:
        yield
    finally:
        _each(pids, signal.SIGCONT)


def _each(pids: Iterable[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def tree(pid: int) -> list[int]:
    """A process and all that descend from it; PostgreSQL's backends have sessions of their own, so a group is not enough."""
    if not pid:
        return []
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def command_line(pid: int) -> str:
    """Its argv, joined by spaces; empty when it is gone."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    return ""
