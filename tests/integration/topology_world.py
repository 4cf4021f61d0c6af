"""A cloud without hypervisors: real database and broker, topology and ipam as processes, agents that only write down."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from cli.servers import PrivateRabbitMQ
from libs import enrol
from libs.asking import Asker
from libs.bus import Caller
from libs.commands import Command, CreateNetworks, CreatePorts, CreateSubnets, NewNetwork, NewPort, NewSubnet
from libs.config import Settings
from libs.eventlog.commit import Committed, Ledger
from libs.eventlog.postgres import PostgresLog
from libs.feed import members_of
from libs.model import DHCP_AGENT, OVS_AGENT, Actor, Context
from libs.network.kinds import resource_of
from tests.fakes.feed_store import groups_after, lasting, member_facts
from tests.fakes.recording_brain import FakeAgent
from tests.servers import Database
from tests.story.feed_world import group_scopes

SECONDS = 30.0  # for what takes a fraction of one, or a few, on a machine that does nothing else


def eventually(what: str, check: Callable[[], object], seconds: float = SECONDS) -> float:
    """Wait until `check` gives something true; how long that took, in seconds."""
    start = time.monotonic()
    while not check():
        assert time.monotonic() - start < seconds, f"not within {seconds} s: {what}"
        time.sleep(0.002)
    took = time.monotonic() - start
    print(f"{what}: {took:.2f} s")
    return took


class Cloud:
    """What a test needs to say: networks, subnets, ports and agents, and what the log and the read model hold.

    Tests share a running cloud: each `scene` has hosts and an availability zone of its own.
    """

    def __init__(
        self, database: Database, broker: PrivateRabbitMQ, dhcp_agents: int = 1, down_seconds: float = 2.0
    ) -> None:
        self.database, self.broker = database, broker
        self.settings = Settings(
            database_url=database.url,
            amqp_url=broker.url,
            report_seconds=0.3,
            agent_down_seconds=down_seconds,
            dhcp_agents_per_network=dhcp_agents,
        )
        self.more: dict[str, str] = {}  # further environment of processes that are started
        self.processes: list[subprocess.Popen[bytes]] = []
        self.agents: list[FakeAgent] = []
        self._scene = 0
        self.log = PostgresLog(database.url)
        self._caller = Caller(broker.url, 5.0)
        ask = [lambda items, name=name: self._caller.call(name, "answer", items) for name in ("ipam", "topology")]
        self.ledger = Ledger(self.log, Asker(*ask))

    def start(self, *modules: str) -> subprocess.Popen[bytes]:
        """A process with these services' modules, e.g. `topology`."""
        names = [f"services.{name}.service" for name in modules]
        environ = {name: value for name, value in os.environ.items() if not name.startswith("NETLEDGER_")}
        for name in ("database_url", "amqp_url", "report_seconds", "agent_down_seconds", "dhcp_agents_per_network"):
            environ[f"NETLEDGER_{name.upper()}"] = str(getattr(self.settings, name))
        environ["NETLEDGER_VLAN_RANGES"] = "physnet1:100:200"
        environ |= self.more
        process = subprocess.Popen([sys.executable, "-m", "libs.launch", *names], env=environ)
        self.processes.append(process)
        return process

    def scene(self) -> Cloud:
        """Another test begins: earlier agents are gone, the hosts are others."""
        for agent in self.agents:
            agent.runtime.close()
        self.agents, self._scene = [], self._scene + 1
        return self

    def named(self, host: str) -> str:
        """The name of this scene's host."""
        return f"{host}-{self._scene}"

    @property
    def zone(self) -> str:
        """The availability zone of this scene's agents and networks."""
        return f"zone{self._scene}"

    def agent(self, name: str, agent_type: str = OVS_AGENT) -> FakeAgent:
        """A running agent of a host, enrolled with a broker user of its own."""
        host = self.named(name)
        user = enrol.agent(self.broker.admin_url, agent_type, host, "secret")
        address = self.broker.url.rpartition("@")[2]
        settings = replace(
            self.settings, host=host, amqp_url=f"amqp://{user}:secret@{address}", availability_zone=self.zone
        )
        agent = FakeAgent(settings, user, agent_type)
        threading.Thread(target=agent.runtime.run, daemon=True).start()
        self.agents.append(agent)
        return agent

    def host(self, name: str) -> FakeAgent:
        """A registered host with an OVS agent."""
        agent = self.agent(name)
        eventually(f"{name} is known", lambda: self.agent_row(name, OVS_AGENT))
        return agent

    def dhcp_host(self, name: str) -> FakeAgent:
        """A registered host with a DHCP agent beside its OVS agent; gives the DHCP agent."""
        self.host(name)
        agent = self.agent(name, DHCP_AGENT)
        eventually(f"{name} serves DHCP", lambda: self.agent_row(name, DHCP_AGENT))
        return agent

    def commit(self, command: Command) -> Committed:
        """As the API would."""
        made = f"{uuid.uuid4()}"
        actor = Actor("tester", "p", ("admin",))
        return self.ledger.commit(command, Context(actor, f"req-{made}", made, "2026-11-22T15:00:00.000000Z"))

    def network(self, **changes: Any) -> str:
        id = str(uuid.uuid4())
        self.commit(CreateNetworks((NewNetwork(id, "p", availability_zone_hints=(self.zone,), **changes),)))
        return id

    def subnet(self, network_id: str, cidr: str = "10.0.0.0/24", **changes: Any) -> str:
        id = str(uuid.uuid4())
        self.commit(CreateSubnets((NewSubnet(id, network_id, "p", ip_version=4, cidr=cidr, **changes),)))
        return id

    def port(self, network_id: str, host: str = "", **changes: Any) -> str:
        id = str(uuid.uuid4())
        self.commit(CreatePorts((NewPort(id, network_id, "p", host=self.named(host) if host else "", **changes),)))
        return id

    def state(self, kind: str, id: str) -> Any:
        """The resource's state, None when it is gone."""
        row = self.log.rows([(kind, id)]).get((kind, id))
        return None if row is None else resource_of(row).state

    def agent_row(self, host: str, agent_type: str) -> tuple[Any, ...] | None:
        """(id, alive) of an agent of this scene's host."""
        rows = self.log.pool.query(
            "select id, alive from agent where host = %s and agent_type = %s", (self.named(host), agent_type)
        )
        return rows[0] if rows else None

    def facts_of(self, stream: str) -> list[str]:
        """Names of the facts of a stream."""
        return [type(one.event).__name__ for one in self.log.read_streams([stream])]

    def truth(self, host: str) -> set[int]:
        """Positions of all facts that a host must hold, worked out from the whole log."""
        events = self.log.read(0, 100_000)
        rows = self.log.pool.query("select stream, network_id, alive from stream_head")
        place = {stream: network for stream, network, alive in rows if alive and network}
        bound = self.log.pool.query("select network_id, id from port where host = %s", (host,))
        served = self.log.pool.query(
            "select n.id from network n, json_array_elements(n.hidden::json->'dhcp') s where s->>1 = %s"
            " union select id from router where host = %s",
            (host, host),
        )
        mine = {network for network, id in bound if self.state("port", id).is_bound} | {id for (id,) in served}
        mine |= group_scopes(events, host)
        return {one.position for one in lasting(events) if place.get(one.stream) in mine}

    def members(self, host: str) -> set[int]:
        """Positions of all facts that a host must know of members of groups, worked out from the whole log."""
        events = self.log.read(0, 100_000)
        scopes, groups = group_scopes(events, host), dict[str, tuple[str, ...]]()
        for one in events:
            groups[one.stream] = groups_after(one, groups.get(one.stream, ()))
        ports = {stream for stream, ids in groups.items() if not scopes.isdisjoint(map(members_of, ids))}
        return {one.position for one in member_facts(events, ports)}

    def follows(self, agent: FakeAgent) -> bool:
        """Whether an agent holds exactly what its host must hold, and knows exactly the members that it must know."""
        holds, host = agent.brain.holds, agent.brain.host
        return holds.holds() == self.truth(host) and holds.knows() == self.members(host)

    def leader(self) -> subprocess.Popen[bytes] | None:
        """The process that leads, as its session names itself; None between two, also while the database still holds the session of
        one that was killed."""
        rows = self.log.pool.query(
            "select application_name from pg_stat_activity where application_name like 'netledger topology leader %'"
        )
        pids = {int(name.rpartition(" ")[2]) for (name,) in rows}
        return next((one for one in self.processes if one.pid in pids and one.poll() is None), None)

    def stop(self) -> None:
        """End everything."""
        for agent in self.agents:
            agent.runtime.close()
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait(10)
        self._caller.close()
        self.log.pool.close()


@contextmanager
def a_cloud(
    database: Database,
    broker: PrivateRabbitMQ,
    processes: tuple[tuple[str, ...], ...] = (("ipam", "topology"),),
    dhcp_agents: int = 1,
    down_seconds: float = 2.0,
) -> Iterator[Cloud]:
    """A fresh log with topology and ipam running. down_seconds: enough that no agent of a busy machine is taken for dead, where what
    follows from that matters."""
    cloud = Cloud(database.fresh(), broker, dhcp_agents, down_seconds)
    try:
        for modules in processes:
            cloud.start(*modules)
        eventually("topology leads", lambda: leads(cloud))
        yield cloud
    finally:
        cloud.stop()


def leads(cloud: Cloud) -> bool:
    """Whether some process leads."""
    return cloud.leader() is not None
