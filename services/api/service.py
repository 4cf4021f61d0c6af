"""The HTTP gateway as a nameko service: `python -m libs.launch services.api.service`."""

from __future__ import annotations

from datetime import UTC, datetime

from nameko.extensions import DependencyProvider

from libs.asking import Asker
from libs.auth import check_auth
from libs.bus.caller import Asking
from libs.config import Settings
from libs.eventlog.commit import Ledger
from libs.eventlog.postgres import PostgresLog
from libs.http.app import App
from libs.http.limits import Limits
from libs.http.server import HttpServer
from libs.policy_file import check_policy
from services.api.gateway import make_app
from services.api.quotas import defaults_of

NEEDS = ("database_url", "amqp_url")
"""Settings without which the service does not start."""


def _check(settings: Settings) -> None:
    """Raises BadSetting."""
    check_auth(settings)
    check_policy(settings)


CHECK = _check
"""What the others must fulfil."""


class Gateway(DependencyProvider):  # type: ignore[misc]
    """Mounts the API in the web server; asks ipam and topology through the service's own Askings."""

    server = HttpServer()

    def __init__(self) -> None:
        self.limits = Limits()
        self.app: App | None = None

    def setup(self) -> None:
        """Build the application. Raises BadSetting when mode none would be reachable from elsewhere, or Keystone's settings lack."""
        settings: Settings = self.container.config["settings"]
        check_auth(settings)
        self.limits = Limits(
            connections=settings.api_connections,
            connections_per_address=settings.api_connections_per_address,
            loopback_exempt=settings.auth == "none",
        )
        askings = {one.attr_name: one for one in self.container.dependencies}
        asker = Asker(askings["ipam"].ask_all, askings["topology"].ask_all)
        log = PostgresLog(settings.database_url)
        ledger = Ledger(log, asker, limits=defaults_of(settings), dns_domain=settings.dns_domain)
        self.app = make_app(log.pool.query, ledger.commit, settings, self.limits, lambda: datetime.now(UTC))
        self.server.register_provider(self)

    def stop(self) -> None:
        """Have what was asked answered, then let the web server go: what answers need is stopped after this."""
        self.server.unregister_provider(self)
        self.server.stop()


class Api:
    """The gateway."""

    name = "api"
    ipam = Asking("ipam", "answer")
    topology = Asking("topology", "answer")
    gateway = Gateway()


SERVICE = Api
