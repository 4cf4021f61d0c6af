"""Ports of our own on the integration bridge, plugged as Nova plugs a guest's. Runs in the hands child only.

Rows carry `external_ids:netledger-owner`, so that they are known as ours after a restart. Batches go in one `ovs-vsctl`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from libs.kernel.tools import run

_OWNER = "netledger-owner"
_DEADLINE_SECONDS = 10


class PlugRefused(Exception):
    """ovs-vsctl failed; the text is its own."""


def read(database: str, owner: str) -> dict[str, dict[str, str]]:
    """{port name: its external ids} of the interfaces that `owner` plugged; `database` is a socket's path."""
    text = _vsctl(database, "--format=json", "--columns=name,external_ids", "list", "Interface")
    out = {}
    for name, (_, pairs) in json.loads(text)["data"] if text.strip() else ():
        ids = dict(pairs)
        if ids.get(_OWNER) == owner:
            out[name] = ids
    return out


def ensure(database: str, bridge: str, owner: str, items: Sequence[Mapping[str, Any]]) -> list[str]:
    """Plug what is not plugged, or not so. Item: {"name", "port_id", "mac", "anew"}; answers with the names plugged, all or none.

    anew: the device was made anew under an old name; the switch holds on to the dead one unless its port goes first.
    Raises PlugRefused, also while the bridge does not exist.
    """
    actual = read(database, owner)
    dead = [item["name"] for item in items if item["anew"] and item["name"] in actual]
    if dead:
        _vsctl(database, *(word for name in dead for word in ("--", "--if-exists", "del-port", name)))
    wanted = {item["name"]: _external_ids(owner, item) for item in items}
    changes = [name for name, ids in wanted.items() if actual.get(name) != ids or name in dead]
    arguments: list[str] = []
    for name in changes:
        values = [f'external-ids:{key}="{value}"' for key, value in wanted[name].items()]
        arguments += ["--", "--may-exist", "add-port", bridge, name]
        arguments += ["--", "set", "Interface", name, *values]
    if arguments:
        _vsctl(database, "--no-wait", *arguments)
    return changes


def _external_ids(owner: str, item: Mapping[str, Any]) -> dict[str, str]:
    return {_OWNER: owner, "iface-id": item["port_id"], "iface-status": "active", "attached-mac": item["mac"]}


def remove(database: str, names: Sequence[str]) -> list[str]:
    """Unplug these ports wherever they are; answers with the names that were there."""
    listed = json.loads(_vsctl(database, "--format=json", "--columns=name", "list", "Port") or '{"data": []}')
    ports = {row[0] for row in listed["data"]}
    present = [name for name in names if name in ports]
    arguments = [word for name in present for word in ("--", "--if-exists", "del-port", name)]
    if arguments:
        _vsctl(database, "--no-wait", *arguments)
    return present


def _vsctl(database: str, *arguments: str) -> str:
    command = ["ovs-vsctl", f"--db=unix:{database}", f"--timeout={_DEADLINE_SECONDS}", *arguments]
    done = run(command, 2 * _DEADLINE_SECONDS)
    if done.returncode != 0:
        raise PlugRefused(done.stderr.strip() or f"ovs-vsctl ended with {done.returncode}")
    return done.stdout


VERBS = {"plugs.read": read, "plugs.ensure": ensure, "plugs.remove": remove}
