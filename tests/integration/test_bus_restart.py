"""The broker dies and comes back: everybody is refused in time meanwhile, and at work again without a restart."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cli.servers import PrivateRabbitMQ, remove
from libs import enrol
from libs.bus import AgentLink, Away, Caller, HostFeeds
from libs.config import Settings
from libs.errors import Refusal
from libs.feed import Alive, Feed
from libs.model import OVS_AGENT
from tests.fakes.launched import Launched
from tests.servers import scratch_places

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]
BACK_SECONDS = 3.0


class Restartable:
    """A broker of this test's own that can die and come back with its data and ports."""

    def __init__(self) -> None:
        self.places = scratch_places()
        self.running = PrivateRabbitMQ(self.places)
        self.url, self.admin_url = self.running.url, self.running.admin_url

    def signal(self, number: int) -> None:
        os.kill(self.running.started.pids()["rabbitmq"], number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self.running.stop()

    def start(self) -> None:
        self.running = PrivateRabbitMQ(self.places)

    def gone(self) -> None:
        self.running.stop()
        remove(self.places)
        shutil.rmtree(self.places.run, ignore_errors=True)


class Party:
    """Everyone who lives on the bus: two replicas of a service, an asker, the feeds' publisher and an agent."""

    def __init__(self, broker: Restartable) -> None:
        self.services = [Launched("tests.fakes.bus_service", settings={"amqp_url": broker.url}) for _ in range(2)]
        self.caller, self.feeds = Caller(broker.url, 2.0), HostFeeds(broker.url, wait_seconds=1.0)
        self.user = enrol.agent(broker.admin_url, OVS_AGENT, "host1", "pw")
        settings = Settings(host="host1", amqp_url=f"amqp://{self.user}:pw@{broker.url.rpartition('@')[2]}")
        self.heard: list[Feed] = []
        self.link = AgentLink(settings, self.user, self.heard.append)
        threading.Thread(target=self.link.run, daemon=True).start()

    def calls(self) -> bool:
        return bool(self.caller.call("echo", "double", [1]) == [2])

    def feed_arrives(self, position: int) -> bool:
        self.feeds.publish("host1", Feed("log", 1, 0, position))
        return eventually(lambda: any(one.position == position for one in self.heard), 0.5)

    def request_arrives(self, position: int) -> bool:
        self.link.send(Alive(position))
        said = eventually(lambda: [one["position"] for one in self.caller.call("echo", "heard", self.user)], 0.5)
        return position in (said or ())

    def works(self, position: int) -> float:
        """Seconds until everything works."""
        start = time.monotonic()
        for one in (self.calls, lambda: self.feed_arrives(position), lambda: self.request_arrives(position)):
            assert eventually(one, 20), "it does not work again"
        return time.monotonic() - start

    def end(self) -> None:
        for service in self.services:
            service.stop()
        self.caller.close()
        self.feeds.close()
        self.link.close()


def eventually(check: Callable[[], Any], seconds: float) -> Any:
    """What `check` gives once it is something, False when it stays nothing or keeps being refused."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if result := check():
                return result
        except (Refusal, Away):
            pass
        time.sleep(0.02)
    return False


@pytest.fixture(scope="module")
def broker() -> Iterator[Restartable]:
    one = Restartable()
    yield one
    one.gone()


@pytest.fixture
def party(broker: Restartable) -> Iterator[Party]:
    one = Party(broker)
    one.works(1)
    yield one
    one.end()


def test_everything_works_again_soon_after_the_broker_was_killed(broker: Restartable, party: Party) -> None:
    pids = [service.process.pid for service in party.services]
    slow: list[float] = []

    def in_flight() -> None:
        start = time.monotonic()
        with pytest.raises(Refusal):
            party.caller.call("echo", "slow", 5.0)
        slow.append(time.monotonic() - start)

    thread = threading.Thread(target=in_flight)
    thread.start()
    time.sleep(0.3)
    broker.kill()
    thread.join(5)
    assert slow and slow[0] < 2.0, "what was in flight is refused when the broker goes"
    _is_refused_in_time(party)
    broker.start()
    back = party.works(2)
    assert back < BACK_SECONDS
    assert [service.process.poll() for service in party.services] == [None, None]
    assert [service.process.pid for service in party.services] == pids


def _is_refused_in_time(party: Party) -> None:
    start = time.monotonic()
    with pytest.raises(Refusal) as refused:
        party.caller.call("echo", "double", [1])
    assert refused.value.status == 503
    with pytest.raises(Away):
        party.feeds.publish("host1", Feed("log", 1, 0, 99))
    assert not party.link.send(Alive(99))
    assert time.monotonic() - start < 4


def test_a_broker_that_was_away_for_long_is_noticed_at_once_when_it_is_back(broker: Restartable, party: Party) -> None:
    broker.kill()
    time.sleep(8)
    broker.start()
    assert party.works(3) < BACK_SECONDS
    assert [service.process.poll() for service in party.services] == [None, None]


def test_a_broker_that_hangs_holds_nobody_longer_than_the_deadline(broker: Restartable, party: Party) -> None:
    broker.signal(signal.SIGSTOP)
    try:
        start = time.monotonic()
        with pytest.raises(Refusal):
            party.caller.call("echo", "double", [1])
        with pytest.raises(Away):
            party.feeds.publish("host1", Feed("log", 1, 0, 99))
        assert time.monotonic() - start < 4
    finally:
        broker.signal(signal.SIGCONT)
    assert party.works(4) < BACK_SECONDS


def test_calls_under_load_survive_a_restart_of_the_broker(broker: Restartable, party: Party) -> None:
    done, refused, wrong, stop = [0], [0], [], time.monotonic() + 10
    longest = [0.0]

    def ask() -> None:
        number = 0
        while time.monotonic() < stop:
            number, start = number + 1, time.monotonic()
            try:
                if party.caller.call("echo", "double", [number]) != [2 * number]:
                    wrong.append(number)
                done[0] += 1
            except Refusal:
                refused[0] += 1
                time.sleep(0.05)
            longest[0] = max(longest[0], time.monotonic() - start)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    broker.kill()
    broker.start()
    assert party.works(5) < BACK_SECONDS
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    assert wrong == []
    assert refused[0] > 0, "the broker was away"
    assert longest[0] < 4
    assert [service.process.poll() for service in party.services] == [None, None]
