"""What `./netledger doctor` tells of agents, out of their heartbeats."""

from __future__ import annotations

import threading
import time
import uuid

import pytest

from cli.agents import trouble, troubles
from libs.commands import MarkAgentDown, RegisterAgent
from libs.eventlog.commit import Ledger
from libs.eventlog.postgres import PostgresLog
from libs.model import DHCP_AGENT, L3_AGENT, OVS_AGENT, Actor, Context
from services.topology.heartbeats import Heartbeats
from tests.servers import Database

NET, OTHER = (str(uuid.uuid5(uuid.NAMESPACE_DNS, name)) for name in ("net", "other"))


@pytest.mark.postgres
def test_networks_that_keep_failing_are_named_and_silent_agents_told(database: Database) -> None:
    log = PostgresLog(database.fresh().url)
    ledger, beats = Ledger(log, lambda questions: []), Heartbeats(log.pool, 1.0)
    agents = {}
    for host, kind in (("a", DHCP_AGENT), ("a", OVS_AGENT), ("b", DHCP_AGENT), ("c", OVS_AGENT)):
        agents[host, kind] = str(uuid.uuid5(uuid.NAMESPACE_DNS, host + kind))
        command = RegisterAgent(agents[host, kind], host, kind, "x", "nova", {})
        ledger.commit(command, Context(Actor("t", ""), "", f"{host}{kind}", "2026-11-22T10:00:00.000000Z"))
    ledger.commit(MarkAgentDown(agents["c", OVS_AGENT]), Context(Actor("t", ""), "", "", "2026-11-22T10:00:00.000000Z"))
    beats.note(agents["a", DHCP_AGENT], 1, {"networks": 9, "failing": 2, f"failing/{NET}": 1})
    beats.note(agents["b", DHCP_AGENT], 1, {"failing": 1, f"failing/{OTHER}": 1})
    beats.flush()
    beats.note(agents["b", DHCP_AGENT], 1, {"failing": 0})

    def recover() -> None:
        time.sleep(0.2)
        beats.flush()

    recovery = threading.Thread(target=recover)
    recovery.start()
    found = troubles(database.url, 0.6)
    recovery.join()
    assert found == [
        f"the DHCP agent of a keeps failing on 2 networks ({NET}, ..): see its log",
        "the Open vSwitch agent of c is not heard of: see whether it runs, and its log",
    ]


def test_what_an_agent_says_is_not_believed_to_make_sense() -> None:
    lies = {"failing": 1, "failing/[bold]": 1, f"failing/{NET}": 1, "failing/": 1}
    assert (
        trouble("a", DHCP_AGENT, True, lies) == f"the DHCP agent of a keeps failing on 1 network ({NET}): see its log"
    )
    assert trouble("a", DHCP_AGENT, True, {"failing": "many"}) == trouble("a", OVS_AGENT, True, None) == ""
    assert "keeps failing on 2 routers: see" in trouble("a", L3_AGENT, True, {"failing": 2, "failing/x; rm": 1})
    assert "3 flows or rows" in trouble("a", OVS_AGENT, True, {"failing": 3})
