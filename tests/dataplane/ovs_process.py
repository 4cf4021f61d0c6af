"""One host's OVS agent as a process of its own, and the test's end of what takes the bus's place."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from lab.hosts import Host
from libs.codec import feed_to_json, message_from_json
from libs.eventlog.protocol import Recorded
from libs.events import PortSecurityGroupsChanged
from libs.feed import Feed, Fetch, Wiring, members_of
from tests.fakes.ovs_facts import Facts

SECONDS = 15.0


def until(what: Callable[[], Any], seconds: float = SECONDS) -> Any:
    """The first true value of `what()`. Fails when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (value := what()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)
    return value


def scopes_of(facts: Iterable[Recorded]) -> set[str]:
    """Networks, groups with their members, address groups of which these facts tell: every host is in all of them."""
    out = {one.event.network_id for one in facts if hasattr(one.event, "network_id")}
    for one in facts:
        kind, _, id = one.stream.partition("-")
        if kind in ("security_group", "address_group"):
            out |= {id, members_of(id)}
    return out


class Agent:
    """One host's agent process, and what it said. `wired`: {port_id: (generation, when)} by its reports."""

    def __init__(self, host: Host, facts: Facts, folder: Path) -> None:
        self.host, self._facts, self._folder = host, facts, folder
        self.messages: list[Any] = []
        self.wired: dict[str, tuple[int, float]] = {}
        self.completes = 0
        self.audit_seconds = 600.0
        self._sent = 0
        self._connection: socket.socket | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start the process; it asks for everything and gets it."""
        path = self._folder / f"{self.host.name}.sock"
        path.unlink(missing_ok=True)
        server = socket.socket(socket.AF_UNIX)
        server.bind(str(path))
        server.listen()
        environ = {**os.environ, **self.host.agent_settings(), "TEST_AUDIT_SECONDS": str(self.audit_seconds)}
        command = [sys.executable, "-m", "tests.dataplane.ovs_agent", str(path)]
        with open(self._folder / f"{self.host.name}.log", "ab") as out:
            self.process = subprocess.Popen(command, env=environ, stderr=out, stdout=out)
        self._connection, _ = server.accept()
        server.close()
        threading.Thread(target=self._listen, args=(self._connection,), daemon=True).start()

    def ready(self) -> None:
        """Wait until a start is over: everything was reported, and counted."""
        before = self.completes
        until(lambda: self.completes > before or self.completes and self.operations())

    def kill(self) -> None:
        """kill -9."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.counts_file.unlink(missing_ok=True)
        self.completes = 0

    def publish(self) -> None:
        """Send what was not sent yet."""
        with self._lock:
            news = tuple(self._facts.log[self._sent :])
            if news and self._connection is not None:
                prev, self._sent = self._sent, len(self._facts.log)
                entered = scopes_of(news) - scopes_of(self._facts.log[:prev])
                joined = {one.stream for one in news if isinstance(one.event, PortSecurityGroupsChanged)}
                events = tuple(one for one in self._facts.log if one.position > prev or one.stream in joined)
                self._send(Feed("log", 1, prev, self._sent, events, tuple(entered)))

    @property
    def counts_file(self) -> Path:
        """Where the agent counts its operations."""
        return self.host.run / "state" / "agent_ovs.json"

    def operations(self) -> dict[str, int]:
        """What this process did so far; empty before its first round is over."""
        with contextlib.suppress(OSError, ValueError):
            counts = json.loads(self.counts_file.read_text())
            if counts.pop("pid") == self.process.pid:
                return dict(counts)
        return {}

    def changes(self) -> int:
        """Flows and rows that this process changed."""
        counts = until(self.operations)
        return sum(count for name, count in counts.items() if name.startswith(("flows", "rows")))

    def _send(self, feed: Feed) -> None:
        assert self._connection is not None
        with contextlib.suppress(OSError):
            self._connection.sendall(json.dumps(feed_to_json(feed)).encode() + b"\n")

    def _listen(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            for line in connection.makefile("r"):
                self._hear(message_from_json(json.loads(line)))

    def _hear(self, message: Any) -> None:
        self.messages.append(message)
        if isinstance(message, Fetch):
            with self._lock:
                self._sent = len(self._facts.log)
                everything = tuple(self._facts.log)
                scopes = tuple(scopes_of(everything))
                self._send(Feed("log", 1, 0, self._sent, everything, scopes, (), True, message.request))
        if isinstance(message, Wiring):
            if message.complete:
                self.wired = {}
            for report in message.ports:
                self.wired.pop(report.port_id, None)
                if report.wired:
                    self.wired[report.port_id] = (report.generation, time.time())
            self.completes += message.complete
