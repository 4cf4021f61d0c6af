"""A cloud without machines: the log in memory, those who choose, people who ask, and what must hold whatever they did."""

from __future__ import annotations

import itertools
import json
from typing import Any

from libs.commands import (
    Command,
    CreateNetworks,
    CreatePorts,
    CreateSubnets,
    NewNetwork,
    NewPort,
    NewSubnet,
    ReportWired,
    UpdatePort,
)
from libs.eventlog.commit import Committed, Ledger
from libs.eventlog.memory import MemoryLog
from libs.model import Actor, Context
from libs.network.kinds import row_of
from libs.network.resources import fold_recorded, kind_and_id
from tests.fakes.choosers import Choosers

OWNER, GUEST = "1" * 32, "2" * 32
NOVA = Actor("nova", "service", ("admin", "service"))
DHCP_AGENT_ID = "00000000-0000-4000-8000-0000000000a1"


class Cloud:
    """A log (in memory unless another is given), those who are asked, and a clock: what the story's people talk to."""

    def __init__(self, log: Any = None) -> None:
        self.log = log or MemoryLog()
        self.choosers = Choosers(self.log)
        self.ledger = Ledger(self.log, self.choosers.ask)
        self._numbers = itertools.count(1)

    def new_id(self) -> str:
        number = next(self._numbers)
        return f"{number:08x}-0000-4000-8000-{number:012x}"  # as real ones they differ in what devices are named by

    def context(self, actor: Actor) -> Context:
        number = next(self._numbers)
        return Context(actor, f"req-{number}", f"command-{number}", f"2026-11-22T15:30:{number % 60:02d}.000000Z")

    def does(self, actor: Actor, command: Command) -> Committed:
        return self.ledger.commit(command, self.context(actor))

    def body(self, kind: str, id: str) -> dict[str, Any]:
        return json.loads(self.log.rows([(kind, id)])[(kind, id)].body)

    def facts(self, kind: str, id: str) -> list[str]:
        return [type(one.event).__name__ for one in self.log.read_streams([f"{kind}-{id}"])]

    def claims_left(self) -> set[str]:
        """What is claimed, but for the rules of default groups: those stay with their project."""
        return {key for key in self.log.claims() if not key.startswith("sg-rule/")}

    def check(self) -> None:
        """Everything that is served is what the facts say, from the first one on."""
        resources = fold_recorded(self.log.read(0, 100_000))
        live = {kind_and_id(stream): row_of(one) for stream, one in resources.items() if one is not None}
        assert self.log.rows([kind_and_id(stream) for stream in resources]) == live


def user(project: str = OWNER) -> Actor:
    return Actor("user", project, ("member",))


def a_tenants_network(cloud: Cloud, cidr: str = "10.0.0.0/24", **more: Any) -> tuple[str, str]:
    network, subnet = cloud.new_id(), cloud.new_id()
    cloud.does(NOVA, CreateNetworks((NewNetwork(network, OWNER, "blue", **more),)))
    cloud.does(user(), CreateSubnets((NewSubnet(subnet, network, OWNER, 4, cidr),)))
    return network, subnet


def a_port(cloud: Cloud, network: str, project: str = OWNER, **more: Any) -> dict[str, Any]:
    port = cloud.new_id()
    [row] = cloud.does(user(project), CreatePorts((NewPort(port, network, project, **more),))).rows
    return json.loads(row.body)


def boots(cloud: Cloud, port: dict[str, Any], host: str) -> dict[str, Any]:
    changes = {"device_id": cloud.new_id(), "device_owner": "compute:nova", "host": host}
    [row] = cloud.does(NOVA, UpdatePort(port["id"], changes)).rows
    return json.loads(row.body)


def wired(cloud: Cloud, port: dict[str, Any], host: str, generation: int, wired: bool = True) -> dict[str, Any]:
    [row] = cloud.does(NOVA, ReportWired(port["id"], host, generation, wired)).rows
    return json.loads(row.body)
