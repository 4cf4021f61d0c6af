"""Plugs as Nova makes them: interfaces on a host's br-int that carry a port's id. What there really is, the switches are asked."""

from __future__ import annotations

import json
import subprocess

from lab.hosts import Host, Lab

SECONDS = 3


class Taps:
    """Plugs and unplugs on the hosts of a lab; a switch that is away refuses within a few seconds."""

    def __init__(self, lab: Lab) -> None:
        self._hosts = {host.name: host for host in lab.hosts}

    def plug(self, host: str, port_id: str) -> bool:
        """Put the port's tap on br-int; whether the switch's database took it."""
        tap = name_of(port_id)
        ids = [f"external-ids:iface-id={port_id}", "external-ids:iface-status=active", "type=internal"]
        words = ("--may-exist", "add-port", "br-int", tap, "--", "set", "Interface", tap, *ids)
        return _vsctl(self._hosts[host], "--no-wait", "--", *words) is not None

    def unplug(self, host: str, port_id: str) -> bool:
        """Take it away; safe to repeat."""
        return _vsctl(self._hosts[host], "--no-wait", "--if-exists", "del-port", "br-int", name_of(port_id)) is not None

    def plugged(self) -> dict[str, list[str]]:
        """{port id: hosts whose switch has it, with an OpenFlow port}. Raises RuntimeError when one cannot be asked."""
        found: dict[str, list[str]] = {}
        for name, host in self._hosts.items():
            text = _vsctl(host, "--format=json", "--columns=external_ids,ofport", "list", "Interface")
            if text is None:
                raise RuntimeError(f"the switch of {name} does not answer")
            for (_, ids), ofport in json.loads(text)["data"]:
                port_id = dict(ids).get("iface-id", "")
                if port_id and isinstance(ofport, int) and ofport > 0:
                    found.setdefault(port_id, []).append(name)
        return found


def name_of(port_id: str) -> str:
    """The tap's name, as Nova makes it."""
    return f"tap{port_id[:11]}"


def _vsctl(host: Host, *arguments: str) -> str | None:
    """The output, None when it failed or took too long."""
    command = ["ovs-vsctl", f"--timeout={SECONDS}", *arguments]
    try:
        done = subprocess.run(
            command, env=host.environment, capture_output=True, text=True, timeout=SECONDS + 2, check=False
        )
    except subprocess.TimeoutExpired:
        return None
    return done.stdout if done.returncode == 0 else None
