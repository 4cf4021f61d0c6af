"""The tour of docs/architecture.md, walked: one port from POST to a frame that arrives, through the files that the page names."""

from __future__ import annotations

import itertools
import json
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from libs.commands import RegisterAgent, ReportWired
from libs.config import Settings
from libs.eventlog.commit import Ledger
from libs.eventlog.postgres import PostgresLog
from libs.feed import Feed, PortReport
from libs.http.limits import Limits
from libs.materialise.dhcp.desired import Desired
from libs.model import OVS_AGENT, Actor, Context, Segment
from libs.network.world import Answer, ChooseAddresses, ChooseBinding, ChooseMac, ChooseSegment, Question, SegmentChoice
from services.api.gateway import make_app
from services.ipam.plan import AddressPlan
from services.topology import binding
from services.topology.agents import Agents
from services.topology.relay import Relay
from tests.fakes.browser import Browser
from tests.fakes.feed_store import MemoryFeedStore
from tests.fakes.ovs_cloud import MAPPINGS, Agent
from tests.fakes.ovs_fabric import Fabric
from tests.fakes.ovs_host import FakeHost
from tests.fakes.switch import Packet
from tests.fakes.switch_packets import Ip

ROOT = Path(__file__).parents[2]
HOSTS = ("compute1", "compute2")
UNSEEN = {"libs/kernel/flows.py", "libs/commands/port.py"}
"""The first runs in the agent's child process (tests/contract: the pretended switch does as it does), the second is values alone."""
pytestmark = pytest.mark.postgres


class Askable:
    """ipam's and topology's own answers, without the bus between."""

    def __init__(self, log: PostgresLog) -> None:
        self._log, self._seen = log, 0
        self._addresses, self._agents, self._numbers = AddressPlan(), Agents(), itertools.count(1)

    def ask(self, questions: list[Question]) -> Sequence[Answer]:
        for recorded in self._log.read(self._seen, 10_000):
            self._seen = recorded.position
            self._addresses.take(recorded)
            if recorded.stream.startswith("agent-"):
                self._agents.take(recorded.event)  # type: ignore[arg-type]
        return [self._answer(question) for question in questions]

    def _answer(self, question: Question) -> Answer:
        if isinstance(question, ChooseAddresses):
            return self._addresses.choose(question, 0.0)
        if isinstance(question, ChooseBinding):
            return binding.choose(question, self._agents)
        if isinstance(question, ChooseSegment):
            return SegmentChoice(Segment("vxlan", None, 5001), 1450)
        assert isinstance(question, ChooseMac)
        return f"fa:16:3e:00:00:{next(self._numbers):02x}"


class Tour:
    """The system from the HTTP application to two hosts' switches, and which of our files ran."""

    def __init__(self, log: PostgresLog) -> None:
        self.log = log
        self.ledger = Ledger(log, Askable(log).ask)
        self.http = Browser(
            make_app(log.pool.query, self.ledger.commit, Settings(), Limits(), lambda: datetime.now(UTC))
        )
        self.fabric = Fabric(
            {name: FakeHost(f"192.0.2.{n}", tuple(MAPPINGS.values())) for n, name in enumerate(HOSTS, 1)}
        )
        self.agents = {name: Agent(name, host) for name, host in self.fabric.hosts.items()}
        self.dhcp = Desired()
        self.seen: list[Any] = []
        self.relay = Relay(MemoryFeedStore(self.seen), self.deliver)
        self._commands = itertools.count(1)
        for number, host in enumerate(HOSTS, 1):
            ends = {
                "tunneling_ip": f"192.0.2.{number}",
                "tunnel_mac": f"02:00:00:00:00:0{number}",
                "tunnel_types": ["vxlan"],
            }
            id = f"00000000-0000-4000-8000-00000000000{number}"
            self.does(RegisterAgent(id, host, OVS_AGENT, "agent_ovs", "nova", {**ends, "datapath_type": "netdev"}))

    def does(self, command: Any) -> None:
        at = f"2026-11-22T16:00:00.{next(self._commands):06d}Z"
        self.ledger.commit(command, Context(Actor("topology", ""), "req-tour", f"tour-{at}", at))

    def deliver(self, messages: Sequence[tuple[str, Feed]]) -> None:
        for host, feed in messages:
            self.agents[host].take(feed.events)
            for fact in feed.events if host == HOSTS[0] else ():
                self.dhcp.take(fact)

    def post(self, plural: str, **attributes: Any) -> Any:
        seen = self.http.call("POST", f"/v2.0/{plural}", {plural[:-1]: attributes})
        assert seen.status == 201, seen.text
        return seen.json[plural[:-1]]

    def settle(self) -> None:
        """The relay brings what is new to the hosts, which apply it and report."""
        news = self.log.read(self.relay.position, 10_000)
        self.seen += news
        self.relay.take(news)
        for agent in self.agents.values():
            agent.apply()
            for report in agent.wired.values():
                self.report(agent.name, report)

    def report(self, host: str, report: PortReport) -> None:
        self.does(ReportWired(report.port_id, host, report.generation, report.wired))

    def boot(self, network: str, host: str) -> Any:
        server = {"device_id": "vm-" + host, "device_owner": "compute:nova", "binding:host_id": host}
        port = self.post("ports", network_id=network, **server)
        self.settle()
        self.fabric.hosts[host].plug(port["id"])
        self.settle()
        return json.loads(self.http.call("GET", f"/v2.0/ports/{port['id']}").text)["port"]


@pytest.fixture
def tour(database: Any) -> Iterator[Tour]:
    log = PostgresLog(database.fresh().url)
    yield Tour(log)
    log.pool.close()


def named_by_the_page() -> list[str]:
    """The files that the tour's ten steps link to."""
    page = (ROOT / "docs/architecture.md").read_text().partition("in ten files")[2].partition("## The rooms")[0]
    assert len(re.findall(r"^\d+\. ", page, re.MULTILINE)) == 10
    return re.findall(r"\]\(\.\./([^)]+)\)", page)


def test_one_port_from_post_to_a_frame_that_arrives(tour: Tour) -> None:
    ran: set[str] = set()

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            ran.add(frame.f_code.co_filename)

    sys.setprofile(note)
    try:
        network = tour.post("networks", name="blue")["id"]
        tour.post("subnets", network_id=network, ip_version=4, cidr="10.0.0.0/24")
        one, two = tour.boot(network, "compute1"), tour.boot(network, "compute2")
    finally:
        sys.setprofile(None)
    assert (one["status"], two["status"]) == ("ACTIVE", "ACTIVE")
    assert [ip["ip_address"] for port in (one, two) for ip in port["fixed_ips"]] == ["10.0.0.2", "10.0.0.3"]
    frame = Packet(one["mac_address"], two["mac_address"], ip=Ip("10.0.0.2", "10.0.0.3"))
    reached = tour.fabric.deliver("compute1", f"tap{one['id'][:11]}", frame)
    assert [(host, tap) for host, tap, _ in reached] == [("compute2", f"tap{two['id'][:11]}")]
    view = tour.dhcp.view(network)
    assert view is not None and one["id"] in view.ports, "agent_dhcp's desired state knows the port as well"

    walked = {str(Path(name).relative_to(ROOT)) for name in ran if name.startswith(str(ROOT)) and ".venv" not in name}
    missed = [name for name in named_by_the_page() if name not in walked and name not in UNSEEN]
    assert not missed, f"the page names files that are not on the way: {missed}"


def test_every_file_of_the_tour_can_be_read_in_a_minute_or_two() -> None:
    for name in named_by_the_page():
        assert len((ROOT / name).read_text().splitlines()) <= 250, name
