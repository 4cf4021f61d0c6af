"""Two hypervisors with real Open vSwitch and real OVS agents, servers behind taps, and a test that plays the log's side."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

from lab.hosts import Lab
from lab.namespaces import veth
from lab.shell import run
from tests.dataplane.ovs_process import Agent, until
from tests.fakes.ovs_facts import APort, Facts


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

    def boot(self, network: str, host: str, ip: str, **more: Any) -> APort:
        """A server on a host: its port is bound, its tap is plugged, and it is wired. more: of `Facts.port`."""
        port = self.facts.port(network, host, ip, **more)
        self.publish()
        self.build(port)
        self.plug(port)
        self.wired(port)
        return port

    def build(self, port: APort, host: str = "") -> None:
        """The machine behind a port, not plugged yet."""
        self.lab.namespaces.ensure(self.netns(port))
        veth(self.netns(port), "eth0", self.lab.host(host or port.host).netns, self.tap(port), 1500, port.mac)
        run("ip", "-n", self.netns(port), "addr", "add", f"{port.ip}/24", "dev", "eth0")
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

    def netns(self, port: APort) -> str:
        """The namespace that is the machine."""
        return f"{self.prefix}vm-{port.id[:8]}"

    def ping(self, source: APort, target: str, count: int = 1, seconds: float = 1.0) -> int:
        """How many of `count` pings were answered."""
        command = ("ping", "-n", "-c", str(count), "-i", "0.2", "-W", str(seconds), target)
        out = run("ip", "netns", "exec", self.netns(source), *command, ok=True)
        return out.count(" bytes from ")

    def reaches(self, source: APort, target: APort) -> bool:
        """Whether a ping is answered, within a few tries."""
        return any(self.ping(source, target.ip) for _ in range(4))

    def pinging(self, source: APort, target: APort) -> subprocess.Popen[str]:
        """A ping each 20 ms that goes on; `lost(process)` ends it."""
        command = ("ip", "netns", "exec", self.netns(source), "ping", "-n", "-D", "-i", "0.02", target.ip)
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def lost(self, pinging: subprocess.Popen[str]) -> tuple[int, int]:
        """End it; (sent, lost). The last ones may still be on their way when it ends: they are no loss when only they lack."""
        pinging.send_signal(signal.SIGINT)
        out = pinging.communicate()[0]
        sent = int(out.partition(" packets transmitted")[0].split()[-1])
        missing = set(range(1, sent + 1)) - {int(number) for number in re.findall(r"icmp_seq=(\d+) ttl=", out)}
        return sent, 0 if missing <= {sent - 1, sent} else len(missing)

    def answered(self, pinging: subprocess.Popen[str]) -> float:
        """End it; when the first answer came, in seconds since the epoch."""
        pinging.send_signal(signal.SIGINT)
        answers = [line for line in pinging.communicate()[0].splitlines() if line.startswith("[") and "ttl=" in line]
        return float(answers[0][1:].partition("]")[0])

    def flows(self, host: str, bridge: str) -> list[str]:
        """All flows of a bridge."""
        where = self.lab.host(host)
        out = run(
            "ovs-ofctl", "-O", "OpenFlow14", "--no-stats", "--no-names", "dump-flows", bridge, env=where.environment
        )
        return sorted(line.strip() for line in out.splitlines() if "actions=" in line)
