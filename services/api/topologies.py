"""/v2.0/auto-allocated-topology/{project}: a network with a way out for a project that has none, made by the first GET.

Source: neutron.services.auto_allocate.db. Stricter: a GET that makes something asks for the right to make networks and routers, too.
"""

from __future__ import annotations

import json
import uuid

from libs.commands import AllocateTopology, PooledSubnet, ReleaseTopology
from libs.errors import Refusal, bad_request
from libs.errors.topology import NO_EXTERNAL_NETWORK, NO_POOLS, NO_PRIVATE_NETWORK, allocation_failed
from libs.http.message import Reply, Request
from libs.http.router import Route
from libs.model import Actor, Context
from libs.policy import Target
from services.api.callers import Callers
from services.api.reads import Query
from services.api.schemas.quota import to_project
from services.api.visibility import visible
from services.api.writes import Commit

DRY_RUN = "dry-run"
_OF_PROJECT = "select n.id from topology t join network n on n.id = t.network_id where t.project_id = %s"
_EXTERNAL = "select id from network where is_default"
_POOLS = "select id, ip_version from subnetpool where is_default and {} order by ip_version"


class Topologies:
    """The handlers; there is at most one topology for each project."""

    def __init__(self, query: Query, commit: Commit, callers: Callers) -> None:
        self._query, self._commit, self._callers = query, commit, callers

    def routes(self) -> list[Route]:
        """Both."""
        one = "/v2.0/auto-allocated-topology/{project}"
        return [("GET", one, self.show), ("DELETE", one, self.delete)]

    def show(self, request: Request) -> Reply:
        """The project's topology, made now if there is none; `fields=dry-run`: whether it could be. Raises Refusal 400, 403, 409."""
        context = self._callers.context(request)
        project = self._allowed("get_auto_allocated_topology", request, context.actor)
        fields = [text for name, text in request.query if name == "fields" and text]
        if DRY_RUN in fields:
            self._external()
            if not self._pools(context.actor):
                raise allocation_failed(NO_POOLS)
            return _reply("dry-run=pass", project)
        if fields:
            raise Refusal(400, "BadRequest", "Bad auto_allocate request: Unrecognized field.")
        rows = self._query(_OF_PROJECT, (project,))
        return _reply(rows[0][0] if rows else self._made(project, context), project)

    def delete(self, request: Request) -> Reply:
        """Delete it, if there is one. Raises Refusal 403, 409."""
        if request.has_body():
            raise bad_request("Request body is not supported in DELETE.")
        context = self._callers.context(request)
        project = self._allowed("delete_auto_allocated_topology", request, context.actor)
        self._commit(ReleaseTopology(project), context)
        return Reply(204)

    def _allowed(self, rule: str, request: Request, actor: Actor) -> str:
        """The project, `None` standing for the caller's own. Raises Refusal 400, 403."""
        named = request.parameters["project"]
        project = actor.project if named == "None" else to_project(named)
        self._callers.policy.demand(rule, actor, Target(project))
        return project

    def _made(self, project: str, context: Context) -> str:
        for rule in ("create_network", "create_router"):
            self._callers.policy.demand(rule, context.actor, Target(project))
        external, pools = self._external(), self._pools(context.actor)
        if not pools:
            raise allocation_failed(NO_PRIVATE_NETWORK)
        subnets = tuple(PooledSubnet(_fresh(), _fresh(), id, version) for id, version in pools)
        command = AllocateTopology(project, external, _fresh(), _fresh(), _fresh(), subnets)
        row = self._commit(command, context).rows[0]
        return str((row.columns or {})["network_id"]) if row else command.network_id

    def _external(self) -> str:
        """The network that is led to. Raises Refusal 409."""
        rows = self._query(_EXTERNAL, ())
        if not rows:
            raise allocation_failed(NO_EXTERNAL_NETWORK)
        return str(rows[0][0])

    def _pools(self, actor: Actor) -> list[tuple[str, int]]:
        """(id, IP version) of the default pools that the caller may use."""
        seen, values = visible("subnetpool", actor)
        return [(id, version) for id, version in self._query(_POOLS.format(seen), values)]


def _fresh() -> str:
    return str(uuid.uuid4())


def _reply(id: str, project: str) -> Reply:
    body = {"id": id, "tenant_id": project, "project_id": project}
    return Reply(200, [json.dumps({"auto_allocated_topology": body}).encode()])
