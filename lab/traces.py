"""What the system has left on the hosts and in the log: taken before and after a story, and compared."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, fields
from pathlib import Path

import psycopg2

from lab.hosts import Host, Lab
from lab.namespaces import links, with_suffix
from lab.shell import run

BRIDGES = ("br-int", "br-tun", "br-physnet1", "br-public")
_COUNTERS = re.compile(
    r"cookie=[^ ]+ |duration=[^ ]+ |n_packets=[^ ]+ |n_bytes=[^ ]+ |(idle|hard)_age=[^ ]+ |,?(idle|hard)_age=\d+"
)


@dataclass(frozen=True)
class Traces:
    """Sets of what is there, each entry with its host in front. Two of them are equal when nothing was left behind."""

    flows: frozenset[str]
    switch_ports: frozenset[str]
    links: frozenset[str]
    namespaces: frozenset[str]
    dhcp_hosts: frozenset[str]
    router_files: frozenset[str]
    claims: frozenset[str]

    def beyond(self, before: Traces) -> dict[str, list[str]]:
        """{what: entries that were not there before}, empty when all is gone."""
        more = {one.name: sorted(getattr(self, one.name) - getattr(before, one.name)) for one in fields(self)}
        return {name: entries for name, entries in more.items() if entries}


def taken(lab: Lab, database_url: str) -> Traces:
    """Look now. Raises ToolFailed, psycopg2.Error."""
    hosts = lab.hosts
    return Traces(
        frozenset(entry for host in hosts for entry in _flows(host)),
        frozenset(entry for host in hosts for entry in _switch_ports(host)),
        frozenset(f"{name} {link}" for name in lab.names() for link in links(name)),
        frozenset(name for host in hosts for name in with_suffix(host.suffix)),
        frozenset(entry for host in hosts for entry in _dhcp_hosts(host)),
        frozenset(entry for host in hosts for entry in _router_files(host)),
        _claims(database_url),
    )


def settled(lab: Lab, database_url: str, seconds: float = 20.0) -> Traces:
    """Look until nothing changes any more and every switch has its flows: agents that have just started still prepare their hosts.
    Raises TimeoutError."""
    deadline, last = time.monotonic() + seconds, None
    while True:
        now = taken(lab, database_url)
        if now == last and all(flows(host, "br-int") and flows(host, "br-tun") for host in lab.hosts):
            return now
        if time.monotonic() > deadline:
            raise TimeoutError(f"the hosts did not come to rest within {seconds:.0f} s")
        last = now
        time.sleep(0.4)


def flows(host: Host, bridge: str) -> list[str]:
    """A bridge's flows as text, without counters, ages and cookies."""
    text = run("ovs-ofctl", "-O", "OpenFlow14", "dump-flows", bridge, env=host.environment, ok=True)
    lines = (line.strip() for line in text.splitlines() if "actions=" in line)
    return [_COUNTERS.sub("", line) for line in lines]


def _flows(host: Host) -> list[str]:
    return [f"{host.name} {bridge} {flow}" for bridge in BRIDGES for flow in flows(host, bridge)]


def _switch_ports(host: Host) -> list[str]:
    """Ports with their VLAN tags."""
    table = run(
        "ovs-vsctl", "--format=csv", "--no-headings", "--columns=name,tag", "list", "Port", env=host.environment
    )
    return [f"{host.name} {line}" for line in table.splitlines()]


def _dhcp_hosts(host: Host) -> list[str]:
    """Lines of DHCP host files, which name a MAC and an address each."""
    mac = re.compile(r"\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b", re.IGNORECASE)
    found = []
    for path in (host.run / "state").rglob("*"):
        if path.is_file():
            found += [f"{host.name} {line}" for line in _lines(path) if mac.search(line)]
    return found


def _router_files(host: Host) -> list[str]:
    """Folders of routers."""
    return [f"{host.name} {path.name}" for path in (host.run / "state" / "agent_l3").glob("*") if path.is_dir()]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(errors="replace").splitlines()
    except OSError:  # it went while we looked
        return []


def _claims(database_url: str) -> frozenset[str]:
    connection = psycopg2.connect(database_url)
    try:
        with connection.cursor() as cursor:
            # A project keeps its default security group, with its rules, from its first port on.
            cursor.execute("select key from claim where key not like 'sg-rule/%'")
            return frozenset(key for (key,) in cursor.fetchall())
    finally:
        connection.close()
