"""`./netledger doctor`: what commonly goes wrong, each finding with what to do about it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from cli import plan
from cli.agents import troubles
from cli.ledger import database_url
from cli.places import Places, listening
from cli.supervision import Supervision
from cli.system import answers
from lab.namespaces import exists
from libs.config import load
from libs.errors import Refusal

PROGRAMS = (
    "ip",
    "ovs-vswitchd",
    "ovsdb-server",
    "dnsmasq",
    "dhcp_release",
    "nft",
    "radvd",
    "busybox",
    "ethtool",
    "ping",
    "epmd",
)


def examine(places: Places, console: Console) -> int:
    """Print findings; 0 when there are none."""
    findings = [*_machine(places), *_processes(places)]
    for finding in findings:
        console.print(f"[yellow]-[/yellow] {escape(finding)}", soft_wrap=True)
    if not findings:
        console.print("nothing found; logs are in", str(places.log))
    return 1 if findings else 0


def _machine(places: Places) -> list[str]:
    found = []
    if os.geteuid() != 0:
        found.append("you are not root: up, down, demo and test need it")
    found += [f"{name} is not installed: run ./netledger as root once" for name in PROGRAMS if not shutil.which(name)]
    if shutil.disk_usage(places.run.parent).free < 500 * 2**20:
        found.append(f"less than 500 MiB free under {places.run.parent}: PostgreSQL and RabbitMQ will stop taking data")
    limit = Path("/proc/sys/fs/inotify/max_user_instances")
    if limit.exists() and int(limit.read_text()) < 128:
        found.append(
            f"fs.inotify.max_user_instances is {limit.read_text().strip()}: each DHCP server takes one; raise it"
        )
    return found


def _processes(places: Places) -> list[str]:
    supervision = Supervision(places)
    if not supervision.running():
        found = [
            f"process {name} (pid {pid}) is left from a crash: ./netledger up or down"
            for name, pid in _left(supervision)
        ]
        taken = [port for port in plan.api_ports() if listening(port)]
        found += [f"port {port} is in use by another program: set NETLEDGER_API_PORT" for port in taken]
        return found
    pids = supervision.pids()
    found = [f"{name} is down: see {places.log / name}.log" for name in supervision.programs() if name not in pids]
    lab = plan.lab_of(places)
    gone = [f"the namespace {name} is gone: ./netledger up" for name in lab.names() if not exists(name)]
    found += gone
    if not gone and os.geteuid() == 0:
        found += [f"{one} does not reach {other} over the underlay: ./netledger up" for one, other in lab.unreachable()]
    if not answers():
        found.append(f"the API does not answer on {plan.api_url()}: see {places.log}/api.log")
    return found + _agents(places)


def _agents(places: Places) -> list[str]:
    try:
        return troubles(database_url(places), 2 * load().report_seconds)
    except Refusal as refusal:
        return [f"{refusal.message} See {places.log}/postgres.log"]


def _left(supervision: Supervision) -> list[tuple[str, int]]:
    return sorted(supervision.pids().items())
