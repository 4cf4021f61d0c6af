"""Enrolment of hosts that come by themselves: `POST /v1/enrol {token, host, agent}` gives one agent a broker user of its own, once.

The only process that runs with the broker's management URL; start it when hosts come, behind TLS (docs/operations/enrolment.md).
It listens on api_host and api_port. One replica: two could give one name away twice.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
import time
from urllib.parse import quote, unquote, urlsplit

from nameko.extensions import DependencyProvider

from libs import bootstrap, enrol
from libs.bus.names import KINDS, agent_user
from libs.config import Settings
from libs.errors import Refusal, bad_request, unavailable
from libs.http.app import App
from libs.http.limits import Limits
from libs.http.message import Reply, Request
from libs.http.router import Router
from libs.http.server import HttpServer
from libs.model import host_token
from libs.rates import Rates

NEEDS = ("amqp_url", "amqp_admin_url", "enrol_key")
TYPES = {short: agent_type for agent_type, short in KINDS.items()}
MAX_BODY = 4096
_log = logging.getLogger(__name__)


class Desk:
    """Takes the requests, one at a time."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._alone = settings, threading.Lock()
        self._wrong = Rates(20, 1.0)
        parts = urlsplit(settings.amqp_url)
        self._vhost = unquote(parts.path[1:]) or "/"
        self._parts, self._place = parts, settings.enrol_broker or parts.netloc.rpartition("@")[2]

    def enrol(self, request: Request) -> Reply:
        """201 {"amqp_url"}. Raises Refusal 400, 403 for what the token does not allow, 409 when the name is taken (enrolled, or
        revoked; an operator's `netledger enrol` renews it), 429, 503."""
        token, host, short = self._asked(request)
        now = time.time()
        if not bootstrap.allows(self._settings.enrol_key, token, host, now):
            if not self._wrong.allow("all", time.monotonic()):
                raise Refusal(429, "TooManyRequests", "Too many requests that no token allows.")
            _log.warning(
                "a token that does not allow this",
                extra={"fields": {"host": host, "from": request.environ["REMOTE_ADDR"]}},
            )
            raise Refusal(403, "Forbidden", "The token does not allow this.")
        with self._alone:
            password = self._give(TYPES[short], host)
        user = agent_user(TYPES[short], host)
        _log.warning(
            "enrolled by a bootstrap token", extra={"fields": {"user": user, "from": request.environ["REMOTE_ADDR"]}}
        )
        url = self._parts._replace(netloc=f"{user}:{quote(password, safe='')}@{self._place}").geturl()
        return Reply(201, [json.dumps({"amqp_url": url}).encode()])

    def _give(self, agent_type: str, host: str) -> str:
        url, password = self._settings.amqp_admin_url, secrets.token_urlsafe(32)
        try:
            if enrol.enrolled(url, agent_type, host, self._vhost):
                raise Refusal(409, "Conflict", "This agent is enrolled already; an operator can renew it.")
            enrol.agent(url, agent_type, host, password, self._vhost)
        except enrol.EnrolmentFailed as error:
            _log.warning("not enrolled: %s", error)
            raise unavailable("The message broker cannot be asked now.") from None
        return password

    @staticmethod
    def _asked(request: Request) -> tuple[str, str, str]:
        body = request.json()
        if not isinstance(body, dict) or set(body) != {"token", "host", "agent"}:
            raise bad_request("token, host and agent are needed")
        token, host, short = (body[name] if isinstance(body[name], str) else "" for name in ("token", "host", "agent"))
        plain = 0 < len(host) <= 64 and host.isascii() and host.replace("-", "").replace(".", "").isalnum()
        if not plain or short not in TYPES or len(host_token(host)) > 200:
            raise bad_request("host is a host's name; agent is ovs, dhcp or l3")
        return token, host, short


class Door(DependencyProvider):  # type: ignore[misc]
    """Mounts the desk in the web server."""

    server = HttpServer()

    def setup(self) -> None:
        """Build the application."""
        settings: Settings = self.container.config["settings"]
        self.limits = Limits(
            body_bytes=MAX_BODY, bulk_bytes=MAX_BODY, connections=256, connections_per_address=8, header_seconds=10.0
        )
        self.app = App(Router([("POST", "/v1/enrol", Desk(settings).enrol)]), self.limits)
        self.server.register_provider(self)

    def stop(self) -> None:
        """Let the web server go."""
        self.server.unregister_provider(self)


class Enrolment:
    """The service."""

    name = "enrolment"
    door = Door()


SERVICE = Enrolment
