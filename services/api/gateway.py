"""The whole API as one WSGI application, from its parts; nothing here knows of nameko, so that tests call it in-process."""

from __future__ import annotations

from libs.auth import authenticator_of, guard_of
from libs.config import Settings
from libs.http.app import App
from libs.http.limits import Limits
from libs.http.router import Router
from libs.policy_file import policy_of
from services.api import default_groups, discovery, extensions, openapi, tags
from services.api.address_groups import AddressGroupActions
from services.api.availability import Availability
from services.api.bindings import Bindings
from services.api.callers import Callers, Clock
from services.api.hosting import Hosting
from services.api.offers import Offers
from services.api.pool_actions import PoolActions
from services.api.pools import Pools
from services.api.quotas import Quotas, defaults_of
from services.api.reads import Query, Reads
from services.api.resources import Resources
from services.api.router_actions import RouterActions
from services.api.served import Served
from services.api.topologies import Topologies
from services.api.verdicts import judged
from services.api.writes import Commit, Writes
from services.api.zones import Zones

KINDS = (
    "network",
    "subnet",
    "port",
    "router",
    "floatingip",
    "rbac_policy",
    "security_group",
    "security_group_rule",
    "address_group",
    "subnetpool",
    "address_scope",
    "flavor",
    "service_profile",
    "agent",
)


def make_app(query: Query, commit: Commit, settings: Settings, limits: Limits, clock: Clock) -> App:
    """The API over `query(sql, values) -> rows` and `commit(command, context) -> Committed`. Raises BadSetting."""
    authenticator, commit = authenticator_of(settings), judged(commit)
    policy = policy_of(settings)
    reads, writes, callers = Reads(query, policy), Writes(commit, query, policy), Callers(authenticator, clock, policy)
    groups = default_groups.DefaultGroups(query, commit, callers)
    routes = [*discovery.ROUTES, *extensions.ROUTES]
    for kind in KINDS:
        before = groups.ensure if kind in default_groups.KINDS else None
        routes += Resources(kind, reads, writes, callers, before).routes()
    routes += tags.routes(query, commit, callers)
    routes += AddressGroupActions(query, writes, callers).routes()
    routes += RouterActions(query, commit, writes, callers).routes()
    routes += PoolActions(query, commit, callers).routes() + Offers(query, commit, callers).routes()
    routes += Bindings(query, commit, callers).routes()
    routes += Hosting(Served(query), commit, callers).routes()
    routes += Zones(query, callers).routes() + Pools(query, callers).routes()
    routes += Availability(query, callers).routes() + Topologies(query, commit, callers).routes()
    routes += Quotas(query, commit, callers, defaults_of(settings)).routes()
    routes.append(openapi.route_of(routes))
    return App(Router(routes), limits, guard_of(settings, authenticator))
