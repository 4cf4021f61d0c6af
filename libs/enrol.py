"""Enrolment: broker users and their permissions, by RabbitMQ's management API. Run at set-up and for each new host.

A hypervisor may be compromised, so each agent has a user of its own that can do its job and nothing else. The permissions were
tried against RabbitMQ 3.10.8; what they cannot stop (CC and BCC headers, a missing user_id) `libs.bus.requests` does not believe.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import requests

from libs.bus.names import agent_user, host_key
from libs.feed import EVENTS_EXCHANGE, REQUESTS_EXCHANGE

NOTHING = "^$"
SECONDS = 10.0
LIMITS = {"max-connections": 8, "max-channels": 32}
"""Of one agent's user; an agent needs one of each, and a second while the first dies."""


class EnrolmentFailed(RuntimeError):
    """The management API refused or did not answer; the text says what was tried, without secrets."""


def service(admin_url: str, user: str, password: str, vhost: str = "/") -> None:
    """Create or renew the user of the services: everything in the vhost. Raises EnrolmentFailed."""
    api = _Management(admin_url, vhost)
    api.user(user, password)
    api.permissions(user, ".*", ".*", ".*")


def agent(admin_url: str, agent_type: str, host: str, password: str, vhost: str = "/") -> str:
    """Create or renew the user of one agent of one host; its name is returned (and is its queue's name). Raises EnrolmentFailed.

    admin_url: http://user:password@host:port of the management API. agent_type: as in `libs.model`.
    """
    user = agent_user(agent_type, host)
    queue = re.escape(user)
    api = _Management(admin_url, vhost)
    api.user(user, password)
    # Binding a queue is a write to the queue and a read of the exchange.
    api.permissions(
        user,
        configure=_exactly(queue),
        write=_exactly(re.escape(REQUESTS_EXCHANGE), queue),
        read=_exactly(re.escape(EVENTS_EXCHANGE), queue),
    )
    api.topics(user, EVENTS_EXCHANGE, write=NOTHING, read=_exactly(re.escape(host_key(host))))
    api.topics(user, REQUESTS_EXCHANGE, write=_exactly(rf"request\.{queue}"), read=NOTHING)
    for limit, value in LIMITS.items():
        api.put(f"user-limits/{user}/{limit}", {"value": value})
    return user


def dismiss(admin_url: str, agent_type: str, host: str) -> None:
    """Delete an agent's user, which also cuts its connections; absent is fine. Raises EnrolmentFailed."""
    _Management(admin_url, "/").delete(f"users/{agent_user(agent_type, host)}")


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

    def put(self, path: str, body: dict[str, Any]) -> None:
        self._ask("PUT", path, body)

    def delete(self, path: str) -> None:
        self._ask("DELETE", path, None, also=(404,))

    def _ask(self, method: str, path: str, body: dict[str, Any] | None, also: tuple[int, ...] = ()) -> None:
        try:
            reply = requests.request(method, self._base + path, json=body, auth=self._auth, timeout=SECONDS)
        except requests.RequestException as error:
            raise EnrolmentFailed(f"{method} {path}: {type(error).__name__}") from None
        if reply.status_code >= 300 and reply.status_code not in also:
            raise EnrolmentFailed(f"{method} {path}: {reply.status_code} {reply.text[:200]}")
