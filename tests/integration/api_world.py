"""The gateway's application over a fresh real log, with ipam and topology faked."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from libs.commands import RegisterAgent
from libs.config import Settings
from libs.eventlog.commit import Ledger
from libs.eventlog.postgres import PostgresLog
from libs.http.app import App
from libs.http.limits import Limits
from libs.model import DHCP_AGENT, Actor, Context
from libs.network.quota import RESOURCES
from services.api.gateway import make_app
from services.api.quotas import defaults_of
from tests.fakes.browser import Browser
from tests.fakes.choosers import Choosers

AGENT = "0b1b4d5e-5a5f-5c39-9c3b-111111111111"


@dataclass
class World:
    """What a test sees: the log behind the API, the application, and a caller without headers (an admin)."""

    log: PostgresLog
    ledger: Ledger
    app: App
    settings: Settings
    admin: Browser

    actor = Actor("admin", "", ("admin",))

    @staticmethod
    def names_in(text: str, plural: str) -> list[str]:
        return [one["name"] for one in json.loads(text)[plural]]

    def register_agent(self, host: str) -> str:
        context = Context(Actor("topology", ""), "", "register", "2026-11-22T10:00:00.000000Z")
        self.ledger.commit(RegisterAgent(AGENT, host, "Open vSwitch agent", "agent_ovs", "nova", {}), context)
        return AGENT

    def register_dhcp_agent(self, host: str, zone: str) -> None:
        context = Context(Actor("topology", ""), "", f"register {host}", "2026-11-22T10:00:00.000000Z")
        agent = str(uuid.uuid5(uuid.NAMESPACE_DNS, host))
        self.ledger.commit(RegisterAgent(agent, host, DHCP_AGENT, "agent_dhcp", zone, {}), context)

    def beat(self, agent: str, at: str) -> None:
        text = "insert into agent_heartbeat (agent_id, beat_at, position, load) values (%s, %s, 0, '{}')"
        self.log.pool.execute(text, (agent, at))


@cache
def _log(url: str) -> PostgresLog:
    """One log for all tests of a session: it keeps connections."""
    return PostgresLog(url)


def api_world(database: object, **limits: int) -> Iterator[World]:
    """A World over the fixture `database`, emptied. A project may have as much as it likes, but for `limits` {resource: number}."""
    log = _log(database.fresh().url)  # type: ignore[attr-defined]
    settings = Settings(**{f"quota_{name}": limits.get(name, -1) for name in RESOURCES})  # type: ignore[arg-type]
    ledger = Ledger(log, Choosers(log).ask, limits=defaults_of(settings))
    app = make_app(log.pool.query, ledger.commit, settings, Limits(), lambda: datetime.now(UTC))
    yield World(log, ledger, app, settings, Browser(app))
