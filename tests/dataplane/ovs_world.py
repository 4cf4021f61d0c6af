"""Two hypervisors with real Open vSwitch and real OVS agents, servers behind taps, and a test that plays the log's side."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab.hosts import Host, Lab
from lab.namespaces import veth
from lab.shell import run
from libs.codec import feed_to_json, message_from_json
from libs.feed import Feed, Fetch, Wiring
from tests.fakes.ovs_facts import APort, Facts

SECONDS = 15.0


def until(what: Callable[[], Any], seconds: float = SECONDS) -> Any:
    """The first true value of `what()`. Fails when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (value := what()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)
    return value


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
                self._send(Feed("log", 1, prev, self._sent, news))

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
                networks = {e.event.network_id for e in self._facts.log if hasattr(e.event, "network_id")}
                everything = tuple(self._facts.log)
                self._send(Feed("log", 1, 0, self._sent, everything, tuple(networks), (), True, message.request))
        if isinstance(message, Wiring):
            if message.complete:
                self.wired = {}
            for report in message.ports:
                self.wired.pop(report.port_id, None)
                if report.wired:
                    self.wired[report.port_id] = (report.generation, time.time())
            self.completes += message.complete


class World:
    """Hosts h1, h2, ..; `facts` is the log. Everything it makes is named with `prefix`."""

    def __init__(self, folder: Path, prefix: str, count: int = 2) -> None:
        self.folder, self.prefix = folder, prefix
        self.facts = Facts(seed=prefix)
        self.lab = Lab(folder, prefix, tuple(f"h{n}" for n in range(1, count + 1)))
        self._programs: dict[str, subprocess.Popen[bytes]] = {}
        self._guests: dict[str, APort] = {}
        self.agents = {host.name: Agent(host, self.facts, folder) for host in self.lab.hosts}

    def start(self) -> None:
        """Hosts, switches, agents."""
        self.lab.build()
        for host in self.lab.hosts:
            for program in ("ovsdb-server", "ovs-vswitchd"):
                self.run_switch(host.name, program)
        self.lab.configure()
        for host in self.lab.hosts:
            mac = json.loads(run("ip", "-n", host.netns, "-j", "link", "show", "br-ul"))[0]["address"]
            self.facts.agent(host.name, host.tunnel_ip, mac)
            self.agents[host.name].start()
        until(lambda: all(agent.completes for agent in self.agents.values()))

    def stop(self) -> None:
        """End all of it."""
        for agent in self.agents.values():
            with contextlib.suppress(AttributeError):
                agent.kill()
        for process in self._programs.values():
            process.kill()
            process.wait()
        self.lab.clear()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run_switch(self, host: str, program: str) -> None:
        """Start ovsdb-server or ovs-vswitchd of a host."""
        where = self.lab.host(host)
        command = ["ip", "netns", "exec", where.netns, *where.switch_commands()[program]]
        with open(self.folder / f"{host}.{program}.log", "ab") as out:
            self._programs[f"{host}.{program}"] = subprocess.Popen(
                command, env=where.environment, stdout=out, stderr=out
            )
        if program == "ovsdb-server":
            until((where.run / "db.sock").exists)
            until(lambda: subprocess.run(["ovs-vsctl", "--no-wait", "init"], env=where.environment).returncode == 0)

    def kill_switch(self, host: str, program: str) -> None:
        """kill -9 of ovsdb-server or ovs-vswitchd."""
        process = self._programs.pop(f"{host}.{program}")
        process.kill()
        process.wait()

    def publish(self) -> None:
        """Tell all agents what is new."""
        for agent in self.agents.values():
            agent.publish()

    def boot(self, network: str, host: str, ip: str) -> APort:
        """A server on a host: its port is bound, its tap is plugged, and it is wired."""
        port = self.facts.port(network, host, ip)
        self.publish()
        self.build(port)
        self.plug(port)
        self.wired(port)
        return port

    def build(self, port: APort, host: str = "") -> None:
        """The machine behind a port, not plugged yet."""
        self.lab.namespaces.ensure(self._netns(port))
        veth(self._netns(port), "eth0", self.lab.host(host or port.host).netns, self.tap(port), 1500, port.mac)
        run("ip", "-n", self._netns(port), "addr", "add", f"{port.ip}/24", "dev", "eth0")
        self._guests[port.id] = port

    def plug(self, port: APort, host: str = "", *extra: str) -> None:
        """As Nova does it."""
        tap, where = self.tap(port), self.lab.host(host or port.host)
        ids = [f"external-ids:iface-id={port.id}", "external-ids:iface-status=active"]
        ids.append(
            f"external-ids:attached-mac={port.mac}".replace(":", "\\:").replace("external-ids\\:", "external-ids:")
        )
        where.vsctl("--", "--may-exist", "add-port", "br-int", tap, *extra, "--", "set", "Interface", tap, *ids)

    def unplug(self, port: APort, host: str = "") -> None:
        """As Nova does it."""
        self.lab.host(host or port.host).vsctl("--", "--if-exists", "del-port", "br-int", self.tap(port))

    def wired(self, port: APort) -> float:
        """Wait until its host reports it wired; when that was."""
        agent = self.agents[port.host]
        return float(until(lambda: agent.wired.get(port.id, (0, 0))[0] == port.generation and agent.wired[port.id])[1])

    def unwired(self, port: APort, host: str = "") -> None:
        """Wait until its host reports it as not wired."""
        until(lambda: port.id not in self.agents[host or port.host].wired)

    def tap(self, port: APort) -> str:
        """The tap's name, as Nova makes it."""
        return f"tap{port.id[:11]}"

    def _netns(self, port: APort) -> str:
        return f"{self.prefix}vm-{port.id[:8]}"

    def ping(self, source: APort, target: str, count: int = 1, seconds: float = 1.0) -> int:
        """How many of `count` pings were answered."""
        command = ("ping", "-n", "-c", str(count), "-i", "0.2", "-W", str(seconds), target)
        out = run("ip", "netns", "exec", self._netns(source), *command, ok=True)
        return out.count(" bytes from ")

    def reaches(self, source: APort, target: APort) -> bool:
        """Whether a ping is answered, within a few tries."""
        return any(self.ping(source, target.ip) for _ in range(4))

    def pinging(self, source: APort, target: APort) -> subprocess.Popen[str]:
        """A ping each 20 ms that goes on; `lost(process)` ends it."""
        command = ("ip", "netns", "exec", self._netns(source), "ping", "-n", "-i", "0.02", target.ip)
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def lost(self, pinging: subprocess.Popen[str]) -> tuple[int, int]:
        """End it; (sent, lost)."""
        pinging.send_signal(signal.SIGINT)
        words = pinging.communicate()[0].split("packets transmitted")
        sent, received = int(words[0].split()[-1]), int(words[1].split("received")[0].split()[-1])
        return sent, sent - received

    def flows(self, host: str, bridge: str) -> list[str]:
        """All flows of a bridge."""
        where = self.lab.host(host)
        out = run(
            "ovs-ofctl", "-O", "OpenFlow14", "--no-stats", "--no-names", "dump-flows", bridge, env=where.environment
        )
        return sorted(line.strip() for line in out.splitlines() if "actions=" in line)
