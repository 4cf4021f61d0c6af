"""What can be done to a router besides changing its attributes: interfaces and single routes.

Source: neutron.db.l3_db (add_router_interface, remove_router_interface) and neutron.db.extraroute_db.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from libs.commands import AddRouterInterface, AddRoutes, RemoveRouterInterface, RemoveRoutes
from libs.http.message import Reply, Request
from libs.http.router import Route
from libs.model import Context, HostRoute
from services.api.callers import Callers
from services.api.commands import revision_of
from services.api.reads import Query
from services.api.rights import check_interface
from services.api.schemas.router import to_changed_routes, to_interface
from services.api.targets import Targets
from services.api.writes import Commit, Writes


@dataclass(frozen=True, slots=True)
class _Interface:
    """A router's port; project: of the router when it is added, of the port when it is removed, as in Neutron."""

    project_id: str
    port_id: str
    network_id: str
    subnet_ids: list[str]


class RouterActions:
    """Handlers of PUT /v2.0/routers/{id}/<action>."""

    def __init__(self, query: Query, commit: Commit, writes: Writes, callers: Callers) -> None:
        self._query, self._commit, self._writes, self._callers = query, commit, writes, callers

    def routes(self) -> list[Route]:
        """All four."""
        actions = (
            self.add_router_interface,
            self.remove_router_interface,
            self.add_extraroutes,
            self.remove_extraroutes,
        )
        return [("PUT", f"/v2.0/routers/{{id}}/{one.__name__}", one) for one in actions]

    def add_router_interface(self, request: Request) -> Reply:
        """Attach the router to a subnet, or by a port."""
        id, context = self._allowed(request, "add_router_interface")
        wanted = to_interface(request.json(), removal=False)
        check_interface(self._query, wanted, context.actor)
        command = AddRouterInterface(id, str(uuid.uuid4()), **wanted, if_revision=_revision(request))
        self._commit(command, context)
        return _reply(id, wanted, self._interface(id, wanted, "router.project_id"))

    def remove_router_interface(self, request: Request) -> Reply:
        """Detach the router from a subnet, or a port from it."""
        id, context = self._allowed(request, "remove_router_interface")
        wanted = to_interface(request.json(), removal=True)
        before = self._interface(id, wanted, "port.project_id")
        self._commit(RemoveRouterInterface(id, **wanted, if_revision=_revision(request)), context)
        return _reply(id, wanted, before)

    def add_extraroutes(self, request: Request) -> Reply:
        """Add routes to those that the router has."""
        return self._change_routes(request, "add_extraroutes", AddRoutes)

    def remove_extraroutes(self, request: Request) -> Reply:
        """Remove some of the router's routes."""
        return self._change_routes(request, "remove_extraroutes", RemoveRoutes)

    def _change_routes(
        self,
        request: Request,
        rule: str,
        command: Callable[[str, tuple[HostRoute, ...], int | None], AddRoutes | RemoveRoutes],
    ) -> Reply:
        id, context = self._allowed(request, rule)
        routes = to_changed_routes(request.json())
        text = self._writes.change("router", id, command(id, routes, _revision(request)), context)
        return Reply(200, [text.encode()])

    def _allowed(self, request: Request, rule: str) -> tuple[str, Context]:
        """(the router's id, who asks). Raises Refusal 404, 403."""
        id, context = request.parameters["id"], self._callers.context(request)
        policy = self._callers.policy
        policy.demand(rule, context.actor, Targets(self._query, policy).of("router", id, context.actor))
        return id, context

    def _interface(self, id: str, wanted: Mapping[str, str], project: str) -> _Interface | None:
        """The router's port that `wanted` names, if there is one; ports that only say to be the router's are not."""
        by, value = (0, wanted["port_id"]) if "port_id" in wanted else (2, wanted["subnet_id"])
        interfaces = f"json_array_elements(router.hidden::json->'interfaces') one where one->>{by} = %s"
        text = (
            f"select {project}, port.id, port.network_id, port.subnet_ids from router"
            f" join port on port.id = (select one->>0 from {interfaces} limit 1) where router.id = %s"
        )
        rows = self._query(text, (value, id))
        return _Interface(*rows[0]) if rows else None


def _revision(request: Request) -> int | None:
    return revision_of(request.header("if-match"))


def _reply(id: str, wanted: Mapping[str, str], found: _Interface | None) -> Reply:
    """What both actions on interfaces answer. found None: somebody else was quicker, there is no more to tell."""
    one = found or _Interface("", wanted.get("port_id", ""), "", [])
    subnets = one.subnet_ids if "port_id" in wanted and one.subnet_ids else [wanted.get("subnet_id", "")]
    body: dict[str, Any] = {
        "id": id,
        "tenant_id": one.project_id,
        "project_id": one.project_id,
        "port_id": one.port_id,
        "network_id": one.network_id,
        "subnet_id": subnets[-1],
        "subnet_ids": subnets,
    }
    return Reply(200, [json.dumps(body).encode()])
