"""Agents on a real RabbitMQ, each with its own enrolled user: feeds out, requests in, and nothing beyond that."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import amqp
import pytest
import requests
from amqp.exceptions import AccessRefused, AMQPError, NotFound, PreconditionFailed

from cli.servers import PrivateRabbitMQ
from libs import enrol
from libs.bus import AgentLink, Caller, HostFeeds, Wire, agent_user
from libs.bus.names import REQUESTS_QUEUE, ask_exchange, host_key
from libs.config import Settings
from libs.eventlog.protocol import Recorded
from libs.events import PortRenamed
from libs.feed import EVENTS_EXCHANGE, REQUESTS_EXCHANGE, Alive, Drift, Feed, Fetch, PortReport, Wiring
from libs.model import DHCP_AGENT, OVS_AGENT
from tests.fakes.launched import Launched

pytestmark = pytest.mark.broker
PASSWORD = "only-for-this-test"


def until(check: Callable[[], Any], seconds: float = 10.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (result := check()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)
    return result


def url_of(broker: PrivateRabbitMQ, user: str) -> str:
    return f"amqp://{user}:{PASSWORD}@{broker.url.rpartition('@')[2]}"


class Agent:
    """An agent's end of the bus: what it heard is in `heard`."""

    def __init__(self, broker: PrivateRabbitMQ, host: str, agent_type: str = OVS_AGENT) -> None:
        self.user = enrol.agent(broker.admin_url, agent_type, host, PASSWORD)
        self.heard: list[Feed] = []
        self.ups = 0
        settings = Settings(host=host, amqp_url=url_of(broker, self.user))
        self.link = AgentLink(settings, self.user, self.heard.append, self._up)
        threading.Thread(target=self.link.run, daemon=True).start()
        until(lambda: self.ups)

    def _up(self) -> None:
        self.ups += 1

    def await_positions(self, positions: list[int]) -> None:
        until(lambda: [feed.position for feed in self.heard] == positions)


@pytest.fixture
def feeds(broker: PrivateRabbitMQ) -> Iterator[HostFeeds]:
    one = HostFeeds(broker.url)
    yield one
    one.close()


@pytest.fixture
def make(broker: PrivateRabbitMQ, feeds: HostFeeds) -> Iterator[Callable[..., Agent]]:
    agents: list[Agent] = []

    def make(host: str, agent_type: str = OVS_AGENT) -> Agent:
        feeds.answer("nobody", feed(0, 0))  # the exchanges are there
        agents.append(Agent(broker, host, agent_type))
        return agents[-1]

    yield make
    for agent in agents:
        agent.link.close()


def feed(prev: int, position: int, *names: str) -> Feed:
    facts = tuple(
        Recorded(position - index, f"port-{name}", 1, PortRenamed(name, "", name), {"request_id": "r"}, "2026")
        for index, name in enumerate(names)
    )
    return Feed("log", 1, prev, position, facts, ("n1",))


def test_a_host_s_agents_get_its_feed_and_others_do_not(make: Callable[..., Agent], feeds: HostFeeds) -> None:
    ovs, dhcp, other = make("compute1"), make("compute1", DHCP_AGENT), make("compute2")
    feeds.publish_all([("compute1", feed(0, 5, "a", "b")), ("compute2", feed(0, 6)), ("compute1", feed(5, 7))])
    ovs.await_positions([5, 7])
    dhcp.await_positions([5, 7])
    other.await_positions([6])
    assert ovs.heard[0] == feed(0, 5, "a", "b"), "unchanged by the way"


def test_an_answer_goes_to_the_asking_agent_alone(make: Callable[..., Agent], feeds: HostFeeds) -> None:
    ovs, dhcp = make("compute1"), make("compute1", DHCP_AGENT)
    parts = [feed(0, 9) for _ in range(3)]
    feeds.answer(ovs.user, *parts)
    feeds.publish("compute1", feed(9, 10))
    ovs.await_positions([9, 9, 9, 10])
    dhcp.await_positions([10])


def test_hosts_that_nobody_listens_on_are_no_error(feeds: HostFeeds) -> None:
    feeds.publish("compute-unknown", feed(0, 1))
    feeds.publish_all([])


def test_host_names_of_any_kind_have_their_own_feed(make: Callable[..., Agent], feeds: HostFeeds) -> None:
    plain, dotted, upper = make("c1.example"), make("c1-example"), make("C1.example")
    for position, host in enumerate(("c1.example", "c1-example", "C1.example"), start=1):
        feeds.publish(host, feed(0, position))
    plain.await_positions([1])
    dotted.await_positions([2])
    upper.await_positions([3])


def test_feeds_wait_for_an_agent_that_is_cut_off_and_not_for_a_new_process(
    broker: PrivateRabbitMQ, make: Callable[..., Agent], feeds: HostFeeds
) -> None:
    agent = make("compute3")
    agent.link._wire.hang_up()
    until(
        lambda: consumers(broker, agent.user) == 0
    )  # else it would go into the dead connection; the agent fetches that
    feeds.publish("compute3", feed(0, 1))
    agent.await_positions([1])
    agent.link.close()
    until(lambda: not agent.link.is_up)
    feeds.publish("compute3", feed(1, 2))
    successor = make("compute3")
    feeds.publish("compute3", feed(2, 3))
    successor.await_positions([3])


def test_an_agent_may_come_before_the_servers(broker: PrivateRabbitMQ) -> None:
    admin = amqp_of(broker.url)
    admin.channel().exchange_delete(EVENTS_EXCHANGE)  # as on a broker that no service has seen yet
    user = enrol.agent(broker.admin_url, OVS_AGENT, "early", PASSWORD)
    heard: list[Feed] = []
    link = AgentLink(Settings(host="early", amqp_url=url_of(broker, user)), user, heard.append)
    threading.Thread(target=link.run, daemon=True).start()
    until(lambda: link.is_up)
    feeds = HostFeeds(broker.url)
    feeds.publish("early", feed(0, 1))
    until(lambda: heard)
    link.close()
    feeds.close()
    admin.close()


@pytest.fixture(scope="module")
def topology(broker: PrivateRabbitMQ) -> Iterator[Launched]:
    service = Launched("tests.fakes.bus_service", settings={"amqp_url": broker.url})
    until(lambda: queue_exists(broker, REQUESTS_QUEUE) and consumers(broker, REQUESTS_QUEUE), 20)
    yield service
    service.stop()


@pytest.fixture
def heard(broker: PrivateRabbitMQ, topology: Launched) -> Iterator[Callable[[str], list[dict[str, Any]]]]:
    caller = Caller(broker.url, 3.0)
    yield lambda user: list(caller.call("echo", "heard", user))
    caller.close()


Heard = Callable[[str], list[dict[str, Any]]]


def test_requests_arrive_in_order_with_the_name_that_the_broker_vouches_for(
    make: Callable[..., Agent], heard: Heard
) -> None:
    agent = make("talker")
    wiring = Wiring((PortReport("p1", 1, True),))
    agent.link.send(Alive(0, {"slowly": 100}))  # the first one takes its time
    for position in range(1, 20):
        agent.link.send(Alive(position))
    agent.link.send(wiring)
    said = until(lambda: len(all_ := heard(agent.user)) == 21 and all_)
    assert [one.get("position") for one in said] == [*range(20), None]
    assert said[-1]["kind"] == "Wiring"


def test_one_slow_agent_does_not_hold_up_the_others(make: Callable[..., Agent], heard: Heard) -> None:
    slow, quick = make("slow"), make("quick")
    slow.link.send(Alive(1, {"slowly": 1500}))
    time.sleep(0.1)
    quick.link.send(Alive(1))
    until(lambda: heard(quick.user), 1.0)
    assert heard(slow.user) == []


def test_a_failing_handler_does_not_see_its_message_again(make: Callable[..., Agent], heard: Heard) -> None:
    agent = make("failing")
    agent.link.send(Drift({"flows": 1}))
    agent.link.send(Alive(1))
    until(lambda: len(heard(agent.user)) == 2)
    time.sleep(0.3)
    assert [one["kind"] for one in heard(agent.user)] == ["Drift", "Alive"]


@pytest.mark.parametrize(
    ("body", "properties"),
    [
        ('{"kind":"Alive","position":666}', {}),
        ('{"kind":"Alive","position":"many"}', {"user_id": "agent-ovs.evil"}),
        ('{"kind":"PortBecameActive"}', {"user_id": "agent-ovs.evil"}),
        ("[" * 50_000, {"user_id": "agent-ovs.evil"}),
        ("not json", {"user_id": "agent-ovs.evil"}),
        (json.dumps({"kind": "Drift", "counts": {"x" * 300_000: 1}}), {"user_id": "agent-ovs.evil"}),
    ],
)
def test_what_cannot_be_believed_is_dropped(
    broker: PrivateRabbitMQ, make: Callable[..., Agent], heard: Heard, body: str, properties: dict[str, str]
) -> None:
    agent = make("evil")
    before = len(heard(agent.user))
    wire = Wire(url_of(broker, agent.user), lambda channel: None)
    wire.start()
    assert wire.wait_up(5)
    wire.publish(body, ask_exchange(agent.user), f"request.{agent.user}", **properties)
    agent.link.send(Alive(before))
    until(lambda: len(heard(agent.user)) > before)
    assert [one["position"] for one in heard(agent.user)[before:]] == [before]
    wire.close()


def test_a_services_user_is_no_agent(broker: PrivateRabbitMQ, topology: Launched, heard: Heard) -> None:
    wire = Wire(broker.url, lambda channel: None)
    wire.start()
    assert wire.wait_up(5)
    wire.publish('{"kind":"Alive","position":1}', REQUESTS_EXCHANGE, "request.x", user_id=wire.user)
    until(lambda: "not an agent" in topology.log())
    assert heard(wire.user) == []
    wire.close()


def amqp_of(url: str) -> amqp.Connection:
    parts = Wire(url, lambda channel: None)._address
    connection = amqp.Connection(**parts, login_method="PLAIN")
    connection.connect()
    return connection


def consumers(broker: PrivateRabbitMQ, queue: str) -> int:
    with amqp_of(broker.url) as connection:
        return int(connection.channel().queue_declare(queue, passive=True).consumer_count)


def queue_exists(broker: PrivateRabbitMQ, name: str) -> bool:
    with amqp_of(broker.url) as connection:
        try:
            connection.channel().queue_declare(name, passive=True)
        except NotFound:
            return False
        return True


def said(body: str = "{}", **properties: Any) -> amqp.Message:
    return amqp.Message(body, **properties)


Attempt = Callable[[amqp.Channel, str], Any]
FORBIDDEN: dict[str, Attempt] = {
    "publish events": lambda ch, me: ch.basic_publish(said(), EVENTS_EXCHANGE, "host.other"),
    "publish events to itself": lambda ch, me: ch.basic_publish(said(), EVENTS_EXCHANGE, "host.red"),
    "request as another": lambda ch, me: ch.basic_publish(said(), ask_exchange("agent-ovs.other"), f"request.{me}"),
    "request past its own exchange": lambda ch, me: ch.basic_publish(said(), REQUESTS_EXCHANGE, f"request.{me}"),
    "lie about its name": lambda ch, me: ch.basic_publish(
        said(user_id="agent-ovs.other"), ask_exchange(me), f"request.{me}"
    ),
    "call a service": lambda ch, me: ch.basic_publish(said(), "nameko-rpc", "echo.double"),
    "publish by the default exchange": lambda ch, me: ch.basic_publish(said(), "", "agent-ovs.other"),
    "answer a service's call": lambda ch, me: ch.basic_publish(said(), "", "amq.rabbitmq.reply-to.x"),
    "bind another host's feed": lambda ch, me: ch.queue_bind(me, EVENTS_EXCHANGE, "host.other"),
    "bind every feed": lambda ch, me: ch.queue_bind(me, EVENTS_EXCHANGE, "#"),
    "bind the requests": lambda ch, me: ch.queue_bind(me, REQUESTS_EXCHANGE, "request.#"),
    "bind the services' calls": lambda ch, me: ch.queue_bind(me, "nameko-rpc", "#"),
    "read another's queue": lambda ch, me: ch.basic_consume("agent-ovs.other"),
    "read the requests": lambda ch, me: ch.basic_consume(REQUESTS_QUEUE),
    "delete the requests": lambda ch, me: ch.queue_delete(REQUESTS_QUEUE),
    "purge the requests": lambda ch, me: ch.queue_purge(REQUESTS_QUEUE),
    "make its own queue otherwise": lambda ch, me: ch.queue_declare(
        me, auto_delete=False, arguments={"x-max-length": 0, "x-overflow": "reject-publish"}
    ),
    "delete its own queue": lambda ch, me: ch.queue_delete(me),
    "bind its own feed, in so many ways": lambda ch, me: ch.queue_bind(me, EVENTS_EXCHANGE, "host.red", {"x": 1}),
    "make an exchange of its own name": lambda ch, me: ch.exchange_declare(me, "topic"),
    "make another queue": lambda ch, me: ch.queue_declare("rpc.reply-echo", auto_delete=False),
    "make a queue with its name as a prefix": lambda ch, me: ch.queue_declare(f"{me}.more", auto_delete=False),
    "make a queue with its dots read as any letter": lambda ch, me: ch.queue_declare(
        "agent-ovsxred", auto_delete=False
    ),
    "make an exchange": lambda ch, me: ch.exchange_declare("nl.mine", "topic"),
    "delete an exchange": lambda ch, me: ch.exchange_delete(EVENTS_EXCHANGE),
}


@pytest.mark.parametrize("attempt", FORBIDDEN)
def test_an_agent_s_user_can_do_its_job_and_nothing_else(
    broker: PrivateRabbitMQ, make: Callable[..., Agent], topology: Launched, attempt: str
) -> None:
    make("other")
    me = make("red")
    connection = amqp_of(url_of(broker, me.user))
    channel = connection.channel()
    with pytest.raises((AccessRefused, PreconditionFailed)):
        FORBIDDEN[attempt](channel, me.user)
        channel.queue_declare(me.user, passive=True)  # the broker answers a publish only with the next reply
        connection.drain_events(timeout=2)
    connection.collect()


def test_an_agent_that_is_revoked_is_cut_off_and_stays_out(broker: PrivateRabbitMQ, make: Callable[..., Agent]) -> None:
    agent = make("revoked")
    enrol.revoke(broker.admin_url, OVS_AGENT, "revoked")
    until(lambda: not agent.link.is_up)
    for password in (PASSWORD, ""):
        with pytest.raises(AMQPError):
            amqp_of(url_of(broker, agent.user).replace(PASSWORD, password))
    assert not queue_exists(broker, agent.user)
    assert enrol.enrolled(broker.admin_url, OVS_AGENT, "revoked"), "nobody can take its name"
    make("revoked")


def test_an_agent_that_is_dismissed_is_cut_off(broker: PrivateRabbitMQ, make: Callable[..., Agent]) -> None:
    agent = make("dismissed")
    enrol.dismiss(broker.admin_url, OVS_AGENT, "dismissed")
    until(lambda: not agent.link.is_up)
    with pytest.raises(AMQPError):
        amqp_of(url_of(broker, agent.user))


def test_enrolment_can_be_repeated_and_renews_the_password(broker: PrivateRabbitMQ) -> None:
    user = enrol.agent(broker.admin_url, OVS_AGENT, "again", "first")
    assert enrol.agent(broker.admin_url, OVS_AGENT, "again", PASSWORD) == user == agent_user(OVS_AGENT, "again")
    amqp_of(url_of(broker, user)).close()


def test_a_failed_enrolment_tells_no_secret(broker: PrivateRabbitMQ) -> None:
    scheme, _, rest = broker.admin_url.partition("://")
    wrong = f"{scheme}://netledger-admin:not-the-secret@{rest.rpartition('@')[2]}"
    with pytest.raises(enrol.EnrolmentFailed) as failed:
        enrol.agent(wrong, OVS_AGENT, "h", "another-secret")
    assert "401" in str(failed.value)
    assert "secret" not in str(failed.value)


def test_an_agent_s_queue_is_bounded(broker: PrivateRabbitMQ, make: Callable[..., Agent]) -> None:
    agent = make("bounded")
    queues = requests.get(f"{broker.admin_url}/api/queues/%2F/{agent.user}", timeout=5).json()
    limits = queues["arguments"]
    assert limits["x-max-length"] == 100_000
    assert limits["x-overflow"] == "drop-head"
    assert limits["x-message-ttl"] <= 3600_000
    assert queues["durable"]
    assert host_key("bounded") == "host.bounded"


def test_a_queue_that_an_older_version_made_otherwise_is_made_anew(
    broker: PrivateRabbitMQ, make: Callable[..., Agent], feeds: HostFeeds
) -> None:
    with amqp_of(broker.url) as connection:
        connection.channel().queue_declare(agent_user(OVS_AGENT, "upgraded"), durable=True, auto_delete=False)
    agent = make("upgraded")
    feeds.publish("upgraded", feed(0, 1))
    agent.await_positions([1])


def test_a_fetch_and_its_answer_make_the_round(make: Callable[..., Agent], feeds: HostFeeds, heard: Heard) -> None:
    agent = make("fetching")
    agent.link.send(Fetch("r1", 3, ("n1",), "log", 1))
    (fetch,) = until(lambda: heard(agent.user))
    assert (fetch["after"], fetch["networks"]) == (3, ["n1"])
    feeds.answer(fetch["user"], feed(3, 4))
    agent.await_positions([4])
