"""An agent's life on a bus that comes and goes: in sync before it acts, alive while it works, and its wiring known in the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest

from libs.agent import AgentRuntime, Pace
from libs.config import Settings
from libs.eventlog.protocol import Recorded
from libs.events import PortRenamed
from libs.feed import AgentMessage, Alive, Drift, Feed, Fetch, Hello, PortReport, Wiring
from libs.model import OVS_AGENT

M = TypeVar("M")
FAST = Pace(
    fetch_again=(0.15,), fetch_pause=0.02, check=5.0, complete=5.0, audit=60.0, backoff=(0.02, 0.05), spread=0.01
)


@dataclass
class Host:
    """A brain whose host is a set of names: every fact's name is wired when it is applied."""

    agent_type: str = OVS_AGENT
    binary: str = "neutron-openvswitch-agent"
    desired: set[str] = field(default_factory=set)
    wired: set[str] = field(default_factory=set)
    forgotten: list[tuple[str, ...] | None] = field(default_factory=list)
    scopes: frozenset[str] = frozenset()
    applications: int = 0
    broken: Exception | None = None
    hold: threading.Semaphore | None = None
    drift: dict[str, int] = field(default_factory=dict)

    def configurations(self) -> Mapping[str, Any]:
        return {"tunneling_ip": "192.0.2.1"}

    def forget(self, networks: tuple[str, ...] | None) -> None:
        self.forgotten.append(networks)
        if networks is None:
            self.desired.clear()

    def held(self, scopes: frozenset[str]) -> None:
        self.scopes = scopes

    def take(self, recorded: Recorded) -> None:
        assert isinstance(recorded.event, PortRenamed)
        if recorded.event.after == "unreadable":
            raise KeyError(recorded.event.after)
        self.desired.add(recorded.event.after)

    def apply(self) -> Wiring | None:
        self.applications += 1
        if self.hold is not None:
            self.hold.acquire(timeout=5)
        if self.broken is not None:
            raise self.broken
        new = self.desired - self.wired
        self.wired = set(self.desired)
        return Wiring(tuple(PortReport(name, 1, True) for name in sorted(new)))

    def audit(self) -> dict[str, int]:
        drift, self.drift = self.drift, {}
        return drift

    def load(self) -> dict[str, int]:
        return {"networks": 1}

    def report(self) -> Wiring:
        return Wiring(tuple(PortReport(name, 1, True) for name in sorted(self.wired)), complete=True)


class Bus:
    """The agent's end of a bus without a broker: what was sent is in `sent`; while not `up` nothing is."""

    def __init__(self) -> None:
        self.sent: list[AgentMessage] = []
        self.up = True
        self._closed = threading.Event()

    def run(self) -> None:
        self._closed.wait()

    def close(self) -> None:
        self._closed.set()

    def send(self, message: AgentMessage) -> bool:
        if self.up:
            self.sent.append(message)
        return self.up

    def all(self, kind: type[M]) -> list[M]:
        return [one for one in list(self.sent) if isinstance(one, kind)]

    def await_count(self, kind: type[M], count: int) -> M:
        until(lambda: len(self.all(kind)) >= count, f"{count} {kind.__name__}")
        return self.all(kind)[count - 1]


def until(check: Callable[[], bool], what: str = "it") -> None:
    deadline = time.monotonic() + 5
    while not check():
        assert time.monotonic() < deadline, f"{what} never came"
        time.sleep(0.002)


class Agent:
    def __init__(self, pace: Pace = FAST) -> None:
        self.host, self.bus = Host(), Bus()
        self.runtime = AgentRuntime(Settings(host="compute1", report_seconds=0.05), self.host, self.bus, pace)
        self._thread = threading.Thread(target=self.runtime.run, daemon=True)
        self._thread.start()

    def answer(self, *names: str, position: int = 10) -> None:
        """Answer the last Fetch with everything: these ports are on the host."""
        until(lambda: bool(self.bus.all(Fetch)), "a Fetch")
        facts = tuple(fact(number, name) for number, name in enumerate(names, start=1))
        fetch = self.bus.all(Fetch)[-1]
        self.runtime.on_feed(Feed("log", 1, 0, position, facts, ("n1",), full=True, request=fetch.request))

    def stop(self) -> None:
        self.runtime.close()
        self._thread.join(5)
        assert not self._thread.is_alive()


@pytest.fixture
def agent() -> Iterator[Agent]:
    one = Agent()
    yield one
    one.stop()


@pytest.fixture
def synced(agent: Agent) -> Agent:
    agent.runtime.on_up()
    agent.answer("a")
    until(lambda: agent.host.wired == {"a"})
    agent.bus.await_count(Wiring, 2)
    return agent


def fact(position: int, name: str) -> Recorded:
    return Recorded(position, f"port-{name}", 1, PortRenamed(name, "", name), {}, "")


def feed(prev: int, position: int, *names: str) -> Feed:
    facts = tuple(fact(position - index, name) for index, name in enumerate(reversed(names)))
    return Feed("log", 1, prev, position, facts)


def test_an_agent_introduces_itself_then_asks_for_everything(agent: Agent) -> None:
    agent.runtime.on_up()
    fetch = agent.bus.await_count(Fetch, 1)
    hello = agent.bus.await_count(Hello, 1)
    assert (fetch.after, fetch.networks) == (0, ())
    assert (hello.host, hello.agent_type) == ("compute1", OVS_AGENT)
    assert hello.configurations == {"tunneling_ip": "192.0.2.1"}
    assert agent.bus.sent.index(hello) < agent.bus.sent.index(fetch)


def test_nothing_is_applied_before_the_host_s_state_is_complete(agent: Agent) -> None:
    agent.runtime.on_up()
    agent.runtime.on_feed(feed(0, 5, "early"))
    agent.runtime.poke()
    time.sleep(0.1)
    assert agent.host.applications == 0
    agent.answer("a", "b")
    until(lambda: agent.host.wired == {"a", "b"})


def test_after_the_first_state_the_whole_wiring_is_reported(synced: Agent) -> None:
    first, whole = synced.bus.all(Wiring)[:2]
    assert [one.port_id for one in first.ports] == ["a"]
    assert whole == Wiring((PortReport("a", 1, True),), complete=True)


def test_a_new_fact_is_applied_and_reported_within_milliseconds(synced: Agent) -> None:
    reports = len(synced.bus.all(Wiring))
    start = time.monotonic()
    synced.runtime.on_feed(feed(10, 11, "b"))
    report = synced.bus.await_count(Wiring, reports + 1)
    assert time.monotonic() - start < 0.05
    assert [one.port_id for one in report.ports] == ["b"]


def test_a_burst_of_facts_is_applied_in_few_goes(synced: Agent) -> None:
    before = synced.host.applications
    for position in range(11, 111):
        synced.runtime.on_feed(feed(position - 1, position, f"p{position}"))
    until(lambda: len(synced.host.wired) == 101)
    assert synced.host.applications - before < 50


def test_a_gap_is_fetched_at_once_and_the_rest_of_the_feed_waits_for_it(synced: Agent) -> None:
    asked = len(synced.bus.all(Fetch))
    synced.runtime.on_feed(feed(12, 14, "late"))
    fetch = synced.bus.await_count(Fetch, asked + 1)
    assert (fetch.after, fetch.networks, fetch.log_id, fetch.epoch) == (10, ("n1",), "log", 1)
    assert "late" not in synced.host.desired
    synced.runtime.on_feed(Feed("log", 1, 10, 12, (fact(12, "lost"),), request=fetch.request))
    until(lambda: synced.host.wired == {"a", "lost", "late"})
    assert synced.runtime.in_sync


def test_a_fetch_that_nobody_answers_is_repeated_with_the_hello(agent: Agent) -> None:
    agent.runtime.on_up()
    agent.bus.await_count(Fetch, 3)
    assert len(agent.bus.all(Hello)) >= 2
    assert len({fetch.request for fetch in agent.bus.all(Fetch)}) == 1, "a late answer to the first one counts"


def test_answers_that_never_fit_do_not_make_a_storm(agent: Agent) -> None:
    agent.runtime.on_up()
    agent.answer("a")
    stop = time.monotonic() + 0.4
    agent.runtime.on_feed(Feed("other", 7, 5, 6))
    while time.monotonic() < stop:
        fetch = agent.bus.all(Fetch)[-1]
        agent.runtime.on_feed(Feed("other", 7, 5, 6, request=fetch.request))
        time.sleep(0.001)
    assert 3 < len(agent.bus.all(Fetch)) < 0.4 / FAST.fetch_pause + 5


def test_a_report_that_got_lost_behind_the_bus_is_made_good_soon() -> None:
    agent = Agent(Pace(complete=60.0, confirm=0.05, check=60.0))
    try:
        agent.runtime.on_up()
        agent.answer("a")
        until(lambda: any(one.complete for one in agent.bus.all(Wiring)), "the wiring after the sync")
        before = len(agent.bus.all(Wiring))
        agent.runtime.on_feed(feed(10, 11, "b"))
        until(lambda: any(one.complete and len(one.ports) == 2 for one in agent.bus.all(Wiring)[before:]), "all of it")
    finally:
        agent.stop()


def test_a_reconnection_asks_for_the_difference_and_reports_everything(synced: Agent) -> None:
    asked, reports = len(synced.bus.all(Fetch)), len(synced.bus.all(Wiring))
    synced.bus.up = False
    synced.runtime.on_feed(feed(10, 11, "b"))
    until(lambda: "b" in synced.host.wired)
    assert len(synced.bus.all(Wiring)) == reports, "the report went nowhere"
    synced.bus.up = True
    synced.runtime.on_up()
    fetch = synced.bus.await_count(Fetch, asked + 1)
    assert fetch.after == 11
    synced.runtime.on_feed(Feed("log", 1, 11, 11, request=fetch.request))
    until(lambda: any(one.complete and len(one.ports) == 2 for one in synced.bus.all(Wiring)), "the whole wiring")


def test_the_heart_beats_while_the_brain_is_stuck(synced: Agent) -> None:
    hold = synced.host.hold = threading.Semaphore(0)
    before = synced.host.applications
    synced.runtime.on_feed(feed(10, 11, "b"))
    until(lambda: synced.host.applications == before + 1)
    synced.runtime.on_feed(feed(11, 12, "c"))
    for applied in (10, 11, 12):
        alive = synced.bus.await_count(Alive, len(synced.bus.all(Alive)) + 3)
        assert alive.position == applied, "applied up to here, not heard of"
        assert alive.load == {"networks": 1}
        hold.release()
        time.sleep(0.02)


def test_what_fails_is_tried_again_without_a_poke_and_without_a_storm(synced: Agent) -> None:
    before = synced.host.applications
    synced.host.broken = OSError("no kernel today")
    synced.runtime.on_feed(feed(10, 11, "b"))
    time.sleep(0.3)
    attempts = synced.host.applications - before
    assert 2 <= attempts <= 20
    synced.host.broken = None
    until(lambda: "b" in synced.host.wired)


def test_a_fact_that_cannot_be_taken_in_does_not_stop_the_others(synced: Agent) -> None:
    synced.runtime.on_feed(feed(10, 12, "unreadable", "b"))
    until(lambda: "b" in synced.host.wired)
    assert synced.runtime.in_sync


def test_drift_is_counted_and_told_and_the_wiring_with_it() -> None:
    agent = Agent(Pace(audit=0.05, complete=60.0, check=60.0))
    try:
        agent.host.drift = {"flows": 3, "ports": 0}
        agent.runtime.on_up()
        agent.answer("a")
        assert agent.bus.await_count(Drift, 1) == Drift({"flows": 3})
        reports = [one for one in agent.bus.all(Wiring) if one.complete]
        until(lambda: len([one for one in agent.bus.all(Wiring) if one.complete]) >= max(2, len(reports)))
    finally:
        agent.stop()


def test_the_host_is_audited_although_something_on_it_can_never_be_applied() -> None:
    agent = Agent(Pace(audit=0.05, complete=60.0, check=60.0, backoff=(0.02,)))
    try:
        agent.host.broken = OSError("one network that cannot be served")
        agent.runtime.on_up()
        agent.answer("a")
        until(lambda: agent.host.applications > 2, "failures")
        agent.host.drift = {"dnsmasq": 1}
        assert agent.bus.await_count(Drift, 1) == Drift({"dnsmasq": 1})
    finally:
        agent.stop()


def test_the_whole_wiring_is_told_again_and_again() -> None:
    agent = Agent(Pace(complete=0.05, check=60.0))
    try:
        agent.runtime.on_up()
        agent.answer("a")
        until(lambda: len([one for one in agent.bus.all(Wiring) if one.complete]) >= 2, "a second whole report")
    finally:
        agent.stop()


def test_an_agent_that_hears_nothing_asks_whether_it_missed_something() -> None:
    agent = Agent(Pace(check=0.05))
    try:
        agent.runtime.on_up()
        agent.answer("a")
        fetch = agent.bus.await_count(Fetch, 2)
        assert fetch.after == 10
        agent.runtime.on_feed(Feed("log", 1, 10, 12, (fact(12, "missed"),), request=fetch.request))
        until(lambda: "missed" in agent.host.wired)
    finally:
        agent.stop()


def test_changed_configurations_are_announced(synced: Agent) -> None:
    hellos = len(synced.bus.all(Hello))
    synced.runtime.announce()
    synced.bus.await_count(Hello, hellos + 1)
