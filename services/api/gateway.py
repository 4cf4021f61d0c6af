"""The whole API as one WSGI application, from its parts; nothing here knows of nameko, so that tests call it in-process."""

from __future__ import annotations

from libs.auth import page_guard
from libs.config import Settings
from libs.http.app import App
from libs.http.limits import Limits
from libs.http.router import Router
from services.api import discovery, extensions
from services.api.reads import Query, Reads
from services.api.resources import Clock, Resources
from services.api.writes import Commit, Writes
from services.api.zones import Zones

KINDS = ("network", "subnet", "port", "agent")


def make_app(query: Query, commit: Commit, settings: Settings, limits: Limits, clock: Clock) -> App:
    """The API over `query(sql, values) -> rows` and `commit(command, context) -> Committed`."""
    reads, writes = Reads(query), Writes(commit, query)
    routes = [*discovery.ROUTES, *extensions.ROUTES, *Zones(query, settings).routes()]
    for kind in KINDS:
        routes += Resources(kind, reads, writes, settings, clock).routes()
    return App(Router(routes), limits, page_guard(settings))
