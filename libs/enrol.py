"""Enrolment: broker users and their permissions, by RabbitMQ's management API. Run at set-up and for each new host.

A hypervisor may be compromised, so each agent has a user of its own that can do its job and nothing else: read its own queue and
publish to an exchange of its own, where it can be told apart and shut off. Queue, exchange and bindings are made here, since who may
declare a queue may also declare one that refuses every message (and so fails the relay's), or make exchanges and bindings until the
broker's memory is full. The permissions were tried against RabbitMQ 3.10.8; what they cannot stop (CC and BCC headers, a missing
user_id) `libs.bus.requests` does not believe.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import requests

from libs.bus.names import (
    AGENT_QUEUE,
    PARDONS,
    QUARANTINE,
    REQUESTS_QUEUE,
    RPC_EXCHANGE,
    agent_user,
    ask_exchange,
    host_key,
)
from libs.feed import EVENTS_EXCHANGE, REQUESTS_EXCHANGE

NOTHING = "^$"
SECONDS = 10.0
LIMITS = {"max-connections": 8, "max-channels": 32}
"""Of one agent's user; an agent needs one of each, and a second while the first dies."""
SHARED_QUEUES = ("rpc-ipam", "rpc-topology", REQUESTS_QUEUE, QUARANTINE, PARDONS)


class EnrolmentFailed(RuntimeError):
    """The management API refused or did not answer; the text says what was tried, without secrets."""


def service(admin_url: str, user: str, password: str, vhost: str = "/") -> None:
    """Create or renew the user of the services: everything in the vhost. Raises EnrolmentFailed."""
    api = _Management(admin_url, vhost)
    api.user(user, password)
    api.permissions(user, ".*", ".*", ".*")


def agent(admin_url: str, agent_type: str, host: str, password: str, vhost: str = "/") -> str:
    """Create or renew the user and the queue of one agent of one host; the name of both is returned. Raises EnrolmentFailed.

    admin_url: http://user:password@host:port of the management API, of an administrator with all rights on the vhost.
    agent_type: as in `libs.model`. Side effects: the exchanges of `libs.feed` are declared; an agent that was revoked may come back.
    """
    user = agent_user(agent_type, host)
    api = _Management(admin_url, vhost)
    api.feed(user, host_key(host))
    api.user(user, password)
    # Nothing that it may write to can be bound to anything that it may read from: it makes no bindings either.
    api.permissions(user, NOTHING, write=_exactly(re.escape(ask_exchange(user))), read=_exactly(re.escape(user)))
    for exchange in (EVENTS_EXCHANGE, REQUESTS_EXCHANGE):
        api.topics(user, exchange, write=NOTHING, read=NOTHING)
    for limit, value in LIMITS.items():
        api.put(f"user-limits/{user}/{limit}", {"value": value})
    return user


def enrolled(admin_url: str, agent_type: str, host: str, vhost: str = "/") -> bool:
    """Whether this agent's user is there, be it revoked. Raises EnrolmentFailed."""
    return _Management(admin_url, vhost).has(f"users/{agent_user(agent_type, host)}")


def revoke(admin_url: str, agent_type: str, host: str, vhost: str = "/") -> None:
    """Cut an agent off and keep it out: its connections end, its queue goes, and the name stays taken by a user without a password or
    rights, so that a bootstrap token cannot enrol it again; `agent` can. Raises EnrolmentFailed."""
    user = agent_user(agent_type, host)
    dismiss(admin_url, agent_type, host, vhost)
    _Management(admin_url, vhost).put(f"users/{user}", {"password_hash": "", "tags": ""})


def dismiss(admin_url: str, agent_type: str, host: str, vhost: str = "/") -> None:
    """Delete an agent's user, which also cuts its connections, and its queue; absent is fine. Raises EnrolmentFailed."""
    user = agent_user(agent_type, host)
    api = _Management(admin_url, vhost)
    api.delete(f"users/{user}")
    api.drop_queue(user)
    api.delete(f"exchanges/{quote(vhost, safe='')}/{ask_exchange(user)}")


def dissolve(admin_url: str, vhost: str = "/") -> bool:
    """Delete the queues and exchanges that services share, once no agent is bound to them; whether it was done. The services must
    have ended. Raises EnrolmentFailed."""
    api = _Management(admin_url, vhost)
    place = quote(vhost, safe="")
    bound = api.ask("GET", f"exchanges/{place}/{REQUESTS_EXCHANGE}/bindings/destination", also=(404,))
    if bound.status_code != 404 and bound.json():
        return False
    for queue in SHARED_QUEUES:
        api.drop_queue(queue)
    for exchange in (EVENTS_EXCHANGE, REQUESTS_EXCHANGE):
        api.delete(f"exchanges/{place}/{exchange}")
    # Other programs may be built on nameko too.
    api.ask("DELETE", f"exchanges/{place}/{RPC_EXCHANGE}?if-unused=true", also=(400, 404))
    return True


def _exactly(*patterns: str) -> str:
    return f"^({'|'.join(patterns)})$"


class _Management:
    """The few calls of RabbitMQ's management API that enrolment needs."""

    def __init__(self, admin_url: str, vhost: str) -> None:
        parts = urlsplit(admin_url)
        self._auth = (parts.username or "", parts.password or "")
        self._base = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], "/api/", "", ""))
        self._vhost = quote(vhost, safe="")

    def user(self, name: str, password: str) -> None:
        self.put(f"users/{name}", {"password": password, "tags": ""})

    def permissions(self, user: str, configure: str, write: str, read: str) -> None:
        self.put(f"permissions/{self._vhost}/{user}", {"configure": configure, "write": write, "read": read})

    def topics(self, user: str, exchange: str, write: str, read: str) -> None:
        body = {"exchange": exchange, "write": write, "read": read}
        self.put(f"topic-permissions/{self._vhost}/{user}", body)

    def feed(self, queue: str, key: str) -> None:
        """The agent's queue, bound to its host's feed, and its exchange, bound to all agents' requests."""
        ask, lasting = ask_exchange(queue), {"durable": True, "auto_delete": False}
        for exchange in (EVENTS_EXCHANGE, REQUESTS_EXCHANGE):
            self.put(f"exchanges/{self._vhost}/{exchange}", {"type": "topic", **lasting})
        self.put(f"exchanges/{self._vhost}/{ask}", {"type": "fanout", **lasting})
        self._bind(ask, f"e/{REQUESTS_EXCHANGE}", "")
        made = {**lasting, "arguments": dict(AGENT_QUEUE)}
        if (
            self.ask("PUT", f"queues/{self._vhost}/{queue}", made, also=(400,)).status_code == 400
        ):  # made otherwise by an older version
            self.drop_queue(queue)
            self.put(f"queues/{self._vhost}/{queue}", made)
        self._bind(EVENTS_EXCHANGE, f"q/{queue}", key)

    def _bind(self, source: str, target: str, key: str) -> None:
        self.ask("POST", f"bindings/{self._vhost}/e/{source}/{target}", {"routing_key": key, "arguments": {}})

    def drop_queue(self, queue: str) -> None:
        self.delete(f"queues/{self._vhost}/{queue}")

    def has(self, path: str) -> bool:
        return self.ask("GET", path, None, also=(404,)).status_code != 404

    def put(self, path: str, body: dict[str, Any]) -> None:
        self.ask("PUT", path, body)

    def delete(self, path: str) -> None:
        self.ask("DELETE", path, None, also=(404,))

    def ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, also: tuple[int, ...] = ()
    ) -> requests.Response:
        try:
            reply = requests.request(method, self._base + path, json=body, auth=self._auth, timeout=SECONDS)
        except requests.RequestException as error:
            raise EnrolmentFailed(f"{method} {path}: {type(error).__name__}") from None
        if reply.status_code >= 300 and reply.status_code not in also:
            raise EnrolmentFailed(f"{method} {path}: {reply.status_code} {reply.text[:200]}")
        return reply
