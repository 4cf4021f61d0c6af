"""Who is called how on the bus, and what is declared there (`libs.feed` tells why)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import amqp
from amqp.exceptions import PreconditionFailed

from libs.feed import EVENTS_EXCHANGE, REQUESTS_EXCHANGE
from libs.model import DHCP_AGENT, L3_AGENT, OVS_AGENT, host_token

RPC_EXCHANGE = "nameko-rpc"
REQUESTS_QUEUE = "nl.requests.topology"
ASK = "ask."
QUARANTINE, PARDONS = "nl.quarantine", "nl.pardons"
"""Queues: an agent's name waits in the first and then comes to the second."""
MESSAGE_LIMIT = 256 * 1024
"""Bytes of an agent's message; a larger one is refused."""

KINDS: Mapping[str, str] = {OVS_AGENT: "ovs", DHCP_AGENT: "dhcp", L3_AGENT: "l3"}
"""Agent type -> the short name in users and queues."""

# Nothing piles up for who is away (milliseconds). What a host misses is a gap, which a Fetch heals; what agents said while no
# server listened they say again: the whole wiring every half minute, a Fetch every few seconds.
_BOUNDED: Mapping[str, Any] = {"x-max-length": 100_000, "x-overflow": "drop-head"}
AGENT_QUEUE: Mapping[str, Any] = {
    **_BOUNDED,
    "x-max-length-bytes": 16 * 1024 * 1024,
    "x-message-ttl": 10 * 60 * 1000,
}
SERVER_QUEUE: Mapping[str, Any] = {
    **_BOUNDED,
    "x-max-length-bytes": 64 * 1024 * 1024,
    "x-message-ttl": 60 * 1000,
    "x-single-active-consumer": True,
}

QUARANTINE_QUEUE: Mapping[str, Any] = {
    "x-message-ttl": 60 * 1000,
    "x-dead-letter-exchange": "",
    "x-dead-letter-routing-key": PARDONS,
}

_USER = re.compile(r"agent-(ovs|dhcp|l3)\.([a-z0-9-]+)")


def agent_user(agent_type: str, host: str) -> str:
    """Broker user and queue of an agent: `agent-ovs.<token>`; agent_type as in `libs.model` (OVS_AGENT, ..)."""
    return f"agent-{KINDS[agent_type]}.{host_token(host)}"


def parse_user(user: str) -> tuple[str, str] | None:
    """(agent type, host token) of a broker user; None when it is no agent's."""
    match = _USER.fullmatch(user)
    if match is None:
        return None
    return next(kind for kind, short in KINDS.items() if short == match[1]), match[2]


def ask_exchange(user: str) -> str:
    """The exchange that one agent alone may publish to; a fanout, which neither keys nor CC and BCC headers lead astray."""
    return f"{ASK}{user}"


def asker(exchange: str) -> str:
    """Whose exchange it is; empty when it is no agent's."""
    user = exchange.removeprefix(ASK)
    return user if exchange.startswith(ASK) and parse_user(user) else ""


def host_key(host: str) -> str:
    """Routing key of a host's feed."""
    return f"host.{host_token(host)}"


def declare_queue(channel: amqp.Channel, queue: str, arguments: Mapping[str, Any]) -> None:
    """A durable queue. Raises PreconditionFailed when an older version made it otherwise: it is deleted then, to be tried again."""
    try:
        channel.queue_declare(queue, durable=True, auto_delete=False, arguments=dict(arguments))
    except PreconditionFailed:
        channel.connection.channel().queue_delete(queue)
        raise


def declare_exchanges(channel: amqp.Channel) -> None:
    """The exchanges between servers and agents; services only, agents have no right to."""
    for exchange in (EVENTS_EXCHANGE, REQUESTS_EXCHANGE):
        channel.exchange_declare(exchange, "topic", durable=True, auto_delete=False)
