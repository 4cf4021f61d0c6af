"""What a compromised host may not do on the broker (SECURITY.md section 3, and more), tried with its real credentials."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import amqp
import pytest
import requests
from amqp.exceptions import AMQPError

from cli.servers import PrivateRabbitMQ
from libs.bus.names import PARDONS, REQUESTS_QUEUE, RPC_EXCHANGE, agent_user, ask_exchange, host_key
from libs.enrol import LIMITS
from libs.feed import EVENTS_EXCHANGE, REQUESTS_EXCHANGE
from libs.model import DHCP_AGENT, OVS_AGENT
from tests.redteam.attacker import Attacker
from tests.redteam.conftest import PASSWORD, Scene

pytestmark = [pytest.mark.postgres, pytest.mark.broker]

Attempt = Callable[[Attacker], Any]
OTHER = agent_user(OVS_AGENT, "compute2-1")
OTHER_KEY, OWN_KEY = host_key("compute2-1"), host_key("compute1-1")
"""The scene's first two hosts."""


def said(body: str = "{}", **properties: Any) -> amqp.Message:
    return amqp.Message(body, **properties)


def publish(exchange: str, key: str, **properties: Any) -> Attempt:
    return lambda red: red.channel.basic_publish(
        said(**properties), exchange.format(me=red.user), key.format(me=red.user)
    )


def declare(queue: str, **arguments: Any) -> Attempt:
    return lambda red: red.channel.queue_declare(
        queue.format(me=red.user), durable=True, auto_delete=False, arguments=arguments
    )


def bind(exchange: str, key: str, queue: str = "{me}", **arguments: Any) -> Attempt:
    return lambda red: red.channel.queue_bind(queue.format(me=red.user), exchange, key, arguments=arguments)


PUBLISH: dict[str, Attempt] = {
    "an event to another host": publish(EVENTS_EXCHANGE, OTHER_KEY),
    "an event to its own host": publish(EVENTS_EXCHANGE, OWN_KEY),
    "a request by another's exchange": publish(ask_exchange(OTHER), "request.{me}"),
    "a request past its own exchange": publish(REQUESTS_EXCHANGE, "request.{me}"),
    "to another's queue": publish("", OTHER),
    "to its own queue": publish("", "{me}"),
    "to the servers' queue": publish("", REQUESTS_QUEUE),
    "a call of topology": publish(RPC_EXCHANGE, "topology.answer", reply_to="{me}", correlation_id="1"),
    "a call of ipam": publish(RPC_EXCHANGE, "ipam.answer", reply_to="{me}", correlation_id="1"),
    "a call into a service's queue": publish("", "rpc-ipam"),
    "an answer to a caller": publish("", "amq.rabbitmq.reply-to.g1hkABF0ZXN0"),
    "by amq.topic": publish("amq.topic", "request.x"),
    "by amq.direct": publish("amq.direct", OTHER),
    "by amq.fanout": publish("amq.fanout", ""),
    "by amq.headers": publish("amq.headers", ""),
    "by amq.match": publish("amq.match", ""),
    "by the broker's trace": publish("amq.rabbitmq.trace", "publish.x"),
    "as another user": publish(ask_exchange("{me}"), "request.{me}", user_id=OTHER),
    "as the services": publish(ask_exchange("{me}"), "request.{me}", user_id="netledger"),
}
DECLARE: dict[str, Attempt] = {
    "a queue": declare("mine"),
    "a reply queue": declare("rpc.reply-ipam-x"),
    "a queue for ipam's calls": declare("rpc-ipam"),
    "a queue of the broker": declare("amq.gen-mine"),
    "a queue that the broker names": declare(""),
    "a queue named after its own": declare("{me}.more"),
    "its own queue, refusing every message": declare("{me}", **{"x-max-length": 0, "x-overflow": "reject-publish"}),
    "its own queue, dead letters to the events": declare("{me}", **{"x-dead-letter-exchange": EVENTS_EXCHANGE}),
    "its own queue, dead letters by the default exchange": declare("{me}", **{"x-dead-letter-exchange": ""}),
    "its own queue as a stream without end": declare("{me}", **{"x-queue-type": "stream"}),
    "an exchange": lambda red: red.channel.exchange_declare("mine", "topic"),
    "an exchange of its own name": lambda red: red.channel.exchange_declare(red.user, "fanout"),
    "the events anew, with an alternate": lambda red: red.channel.exchange_declare(
        EVENTS_EXCHANGE, "topic", durable=True, auto_delete=False, arguments={"alternate-exchange": REQUESTS_EXCHANGE}
    ),
}
BIND: dict[str, Attempt] = {
    "every feed": bind(EVENTS_EXCHANGE, "#"),
    "every host": bind(EVENTS_EXCHANGE, "host.*"),
    "another host's feed": bind(EVENTS_EXCHANGE, OTHER_KEY),
    "its own feed once more": bind(EVENTS_EXCHANGE, OWN_KEY, **{"number": 1}),
    "a key with its dot read as any letter": bind(EVENTS_EXCHANGE, OWN_KEY.replace(".", "x")),
    "every request": bind(REQUESTS_EXCHANGE, "request.#"),
    "the services' calls": bind(RPC_EXCHANGE, "#"),
    "the broker's trace": bind("amq.rabbitmq.trace", "#"),
    "the broker's log": bind("amq.rabbitmq.log", "#"),
    "another's queue to nothing": bind("amq.direct", "x", OTHER),
    "its queue to its exchange": lambda red: red.channel.queue_bind(red.user, ask_exchange(red.user), "x"),
    "its exchange to the events": lambda red: red.channel.exchange_bind(EVENTS_EXCHANGE, ask_exchange(red.user), "x"),
    "its exchange to the requests, in so many ways": lambda red: red.channel.exchange_bind(
        REQUESTS_EXCHANGE, ask_exchange(red.user), "x", arguments={"x": 1}
    ),
    "its exchange to a host's queue": lambda red: red.channel.queue_bind(OTHER, ask_exchange(red.user), "x"),
    "itself free": lambda red: red.channel.queue_bind(PARDONS, ask_exchange(red.user), "x"),
    "events into the requests": lambda red: red.channel.exchange_bind(REQUESTS_EXCHANGE, EVENTS_EXCHANGE, "#"),
    "requests into the events": lambda red: red.channel.exchange_bind(EVENTS_EXCHANGE, REQUESTS_EXCHANGE, "#"),
    "another host off its feed": lambda red: red.channel.queue_unbind(OTHER, EVENTS_EXCHANGE, OTHER_KEY),
    "the servers off the requests": lambda red: red.channel.queue_unbind(
        REQUESTS_QUEUE, REQUESTS_EXCHANGE, "request.#"
    ),
}
TAKE: dict[str, Attempt] = {
    f"{verb} {queue or 'the reply queue of none'}": attempt
    for queue in (OTHER, agent_user(DHCP_AGENT, "compute2-1"), REQUESTS_QUEUE, "rpc-ipam", "rpc-topology")
    for verb, attempt in {
        "consume": lambda red, queue=queue: red.channel.basic_consume(queue),
        "get": lambda red, queue=queue: red.channel.basic_get(queue),
        "purge": lambda red, queue=queue: red.channel.queue_purge(queue),
        "delete": lambda red, queue=queue: red.channel.queue_delete(queue),
        "declare": lambda red, queue=queue: red.channel.queue_declare(queue, auto_delete=False),
    }.items()
}
DELETE: dict[str, Attempt] = {
    name: lambda red, name=name: red.channel.exchange_delete(name)
    for name in (EVENTS_EXCHANGE, REQUESTS_EXCHANGE, RPC_EXCHANGE, "amq.topic")
} | {"its own queue": lambda red: red.channel.queue_delete(red.user)}
ATTEMPTS = {
    f"{group} {name}": attempt
    for group, attempts in {"publish": PUBLISH, "declare": DECLARE, "bind": BIND, "": TAKE, "delete": DELETE}.items()
    for name, attempt in attempts.items()
}


def test_nothing_but_its_job_is_allowed(scene: Scene, attacker: Attacker, harmless: None) -> None:
    allowed = {name: attempt for name, attempt in ATTEMPTS.items() if not attacker.refused(attempt)}
    assert not allowed, sorted(allowed)


def test_the_scene_is_as_the_attempts_assume(scene: Scene, broker: PrivateRabbitMQ) -> None:
    assert (scene.cloud.named("compute1"), scene.cloud.named("compute2")) == ("compute1-1", "compute2-1")
    queues = requests.get(f"{broker.admin_url}/api/queues/%2F", timeout=5).json()
    assert {OTHER, agent_user(DHCP_AGENT, "compute2-1"), REQUESTS_QUEUE, "rpc-ipam"} <= {one["name"] for one in queues}


def test_the_same_client_may_do_its_job(scene: Scene, attacker: Attacker, harmless: None) -> None:
    """Else the refusals above would say nothing."""
    assert not attacker.refused(lambda red: red.say({"kind": "Alive", "position": 0}))
    assert not attacker.refused(lambda red: red.channel.basic_consume(red.user, callback=print))
    assert not attacker.refused(lambda red: red.channel.queue_purge(red.user))


@pytest.mark.parametrize("header", ["CC", "BCC"])
def test_copies_reach_nobody_else(scene: Scene, attacker: Attacker, harmless: None, header: str) -> None:
    """The broker looks at the main key alone; but who gets the copy is who may get requests: the servers, who ask for user_id."""
    heard = len(scene.victim.brain.forgotten)
    for key in (OTHER, f"request.{OTHER}", OTHER_KEY, "#", REQUESTS_QUEUE):
        lie = {"kind": "Wiring", "ports": [{"port_id": scene.theirs, "generation": 1, "wired": False}]}
        attacker.say(lie, application_headers={header: [key]})
    attacker.settle()
    assert len(scene.victim.brain.forgotten) == heard


def test_the_answer_goes_to_who_the_broker_says_it_was(scene: Scene, attacker: Attacker, harmless: None) -> None:
    told = len(scene.victim.brain.forgotten)
    fetch = {"kind": "Fetch", "request": "mine", "after": 0}
    attacker.say(fetch, reply_to=OTHER, correlation_id="x", application_headers={"user_id": OTHER, "reply_to": OTHER})
    answers = [raw for raw in attacker.hear(1.0) if b'"request":"mine"' in raw.body]
    assert len(answers) == 1
    assert len(scene.victim.brain.forgotten) == told


def test_direct_answers_are_of_no_use(scene: Scene, attacker: Attacker, harmless: None) -> None:
    """The pseudo-queue of direct reply-to is open to all, but nobody answers an agent there."""
    heard: list[amqp.Message] = []
    attacker.channel.basic_consume("amq.rabbitmq.reply-to", no_ack=True, callback=heard.append)
    attacker.say({"kind": "Fetch", "request": "direct", "after": 0}, reply_to="amq.rabbitmq.reply-to")
    attacker.hear(0.5)
    assert heard == []


def test_the_management_api_does_not_let_it_in(attacker: Attacker, broker: PrivateRabbitMQ, harmless: None) -> None:
    place = broker.admin_url.rpartition("@")[2]
    for path in ("whoami", "overview", "users", "definitions", "queues", "exchanges/%2F/nl.events/publish"):
        for method in ("GET", "PUT", "POST", "DELETE"):
            reply = requests.request(
                method, f"http://{place}/api/{path}", auth=(attacker.user, PASSWORD), json={}, timeout=5
            )
            assert reply.status_code in (401, 405), (method, path, reply.status_code)


def test_no_other_virtual_host_and_no_other_user_is_open(attacker: Attacker, harmless: None) -> None:
    for changes in (
        {"virtual_host": "other"},
        {"virtual_host": "/../"},
        {"userid": "guest", "password": "guest"},
        {"userid": "netledger"},
        {"userid": "netledger-admin"},
        {"userid": OTHER},
        {"password": ""},
    ):
        with pytest.raises((AMQPError, OSError)):
            attacker.dial(**changes)


def test_connections_and_channels_are_counted(scene: Scene, attacker: Attacker, harmless: None) -> None:
    more: list[amqp.Connection] = []
    with pytest.raises((AMQPError, OSError)):
        while len(more) < 50:
            more.append(attacker.dial())
    assert 0 < len(more) < LIMITS["max-connections"]
    for connection in more:
        connection.collect()
    with pytest.raises((AMQPError, OSError)):
        for _ in range(200):
            attacker.connection.channel()
    attacker.recover()


def test_a_message_that_would_fill_the_broker_is_refused(scene: Scene, attacker: Attacker, harmless: None) -> None:
    assert "message size" in attacker.refused(lambda red: red.say(b"x" * (17 << 20)))
