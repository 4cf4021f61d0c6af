"""Small appends as a network service makes them, for the log's contract tests."""

from __future__ import annotations

import uuid
from typing import Any

from libs.eventlog.protocol import Append, Change, Guard, Row
from libs.events import Event, PortCreated, PortDeleted, PortRenamed
from libs.model import Actor, Context

NET = "11111111-1111-4111-8111-111111111111"
SUBNET = "22222222-2222-4222-8222-222222222222"
PROJECT = "p1"


def context(command_id: str = "") -> Context:
    """A request of an ordinary user; a fresh command id unless one is given."""
    id = command_id or str(uuid.uuid4())
    return Context(Actor("u1", PROJECT, ("member",)), f"req-{id}", id, "2026-11-22T12:00:00.000000Z")


def created(port: str, name: str = "") -> PortCreated:
    """The fact that a port exists."""
    return PortCreated(port, NET, PROJECT, name, "", "fa:16:3e:00:00:01", True, "", "")


def deleted(port: str) -> PortDeleted:
    """The fact that it is gone."""
    return PortDeleted(port, NET, PROJECT, "fa:16:3e:00:00:01", "", "", "")


def renamed(port: str, before: str, after: str) -> PortRenamed:
    """The fact that its name changed."""
    return PortRenamed(port, before, after)


def change(port: str, expected: int, *events: Event, ends: bool = False) -> Change:
    """Facts on a port's stream."""
    return Change(f"port-{port}", expected, events, NET, ends)


def port_row(port: str, version: int, **columns: Any) -> Row:
    """A port's row in the read model."""
    every: dict[str, Any] = {
        "project_id": PROJECT,
        "network_id": NET,
        "device_id": "",
        "device_owner": "",
        "mac_address": "fa:16:3e:00:00:01",
        "host": "",
        "further_hosts": None,
        "status": "DOWN",
        "name": "",
        "admin_state_up": True,
        "ip_addresses": [],
        "subnet_ids": [],
        "security_groups": None,
        "tags": None,
        "created_at": "2026-11-22T12:00:00Z",
    }
    return Row("port", port, version, {**every, **columns}, f'{{"id":"{port}","näme":"{version}"}}', "")


def gone_row(port: str, version: int) -> Row:
    """What deletes it."""
    return Row("port", port, version, None)


def new_port(
    port: str,
    *,
    command_id: str = "",
    take: tuple[str, ...] = (),
    guards: tuple[Guard, ...] = (),
    rows: tuple[Row, ...] = (),
    result: str = "",
) -> Append:
    """A port is created, holding the claims in `take`."""
    return Append(
        context(command_id),
        (change(port, 0, created(port)),),
        take={key: f"port-{port}" for key in take},
        guards=guards,
        rows=rows,
        result=result,
    )


def gone_port(port: str, expected: int, *, release: tuple[str, ...] = (), rows: tuple[Row, ...] = ()) -> Append:
    """A port is deleted and sets claims free."""
    return Append(context(), (change(port, expected, deleted(port), ends=True),), release=release, rows=rows)


def rename(port: str, expected: int, after: str = "b") -> Append:
    """A port gets another name."""
    return Append(context(), (change(port, expected, renamed(port, "a", after)),))
