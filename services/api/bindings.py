"""The bindings of a port: one is active, others are where it may move. Services' matter (Nova), by policy.

Source: neutron.extensions.portbindings_extended and neutron.plugins.ml2.plugin. Stricter: whom the policy does not let is told so
(403) before anything is said of the port.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from libs.commands import ActivatePortBinding, AddPortBinding, ChangePortBinding, RemovePortBinding
from libs.errors import bad_request, binding_not_found, not_found, single_binding
from libs.eventlog.protocol import Row
from libs.http.message import Reply, Request
from libs.http.router import Route
from libs.model import Context, is_uuid
from libs.network.deciders.bindings import SEVERAL
from libs.network.kinds import resource_of
from libs.network.port_bindings import bindings_body
from libs.policy import Target
from services.api.callers import Callers
from services.api.reads import Query
from services.api.schemas.binding import FORM
from services.api.writes import Commit

_Changing = AddPortBinding | ChangePortBinding | ActivatePortBinding
_FILTERS = ("host", "vif_type", "vnic_type", "status")
_PAGING = ("limit", "marker", "page_reverse", "sort_key", "sort_dir")
"""Known, and of no use: a port has a handful of bindings."""


class Bindings:
    """Handlers of /v2.0/ports/{id}/bindings."""

    def __init__(self, query: Query, commit: Commit, callers: Callers) -> None:
        self._query, self._commit, self._callers = query, commit, callers

    def routes(self) -> list[Route]:
        """All six."""
        many = "/v2.0/ports/{id}/bindings"
        one = f"{many}/{{host}}"
        return [
            ("GET", many, self.index),
            ("POST", many, self.create),
            ("GET", one, self.show),
            ("PUT", one, self.update),
            ("DELETE", one, self.delete),
            ("PUT", f"{one}/activate", self.activate),
        ]

    def index(self, request: Request) -> Reply:
        """GET of all, the active one first."""
        self._allowed(request, "get_port_binding")
        fields, filters = _asked(request.query)
        found = [one for one in self._bindings(request) if all(one[name] in some for name, some in filters.items())]
        return _reply(200, {"bindings": [_projected(one, fields) for one in found]})

    def show(self, request: Request) -> Reply:
        """GET of one."""
        self._allowed(request, "get_port_binding")
        fields, _ = _asked(pair for pair in request.query if pair[0] == "fields")
        one = _on(self._bindings(request), request.parameters["id"], request.parameters["host"])
        return _reply(200, {"binding": _projected(one, fields)})

    def create(self, request: Request) -> Reply:
        """POST: an inactive one on a further host."""
        context = self._allowed(request, "create_port_binding")
        items, bulk = FORM.created(request.json(bulk=FORM.plural))
        if bulk:
            raise bad_request("Bulk operation not supported")
        wanted = {name: value for name, value in items[0].items() if name not in ("project_id", "tenant_id")}
        id = _port_id(request)
        return self._done(201, context, AddPortBinding(id, **wanted), wanted["host"])

    def update(self, request: Request) -> Reply:
        """PUT of one."""
        context = self._allowed(request, "update_port_binding")
        changes, id, host = FORM.changed(request.json()), _port_id(request), request.parameters["host"]
        return self._done(200, context, ChangePortBinding(id, host, changes), changes.get("host", host))

    def activate(self, request: Request) -> Reply:
        """PUT: the port is bound here from now on."""
        context = self._allowed(request, "activate")
        host = request.parameters["host"]
        return self._done(200, context, ActivatePortBinding(_port_id(request), host), host)

    def delete(self, request: Request) -> Reply:
        """DELETE of one."""
        context = self._allowed(request, "delete_port_binding")
        if request.has_body():
            raise bad_request("Request body is not supported in DELETE.")
        command = RemovePortBinding(_port_id(request), request.parameters["host"])
        self._commit(command, context)
        return Reply(204)

    def _allowed(self, request: Request, rule: str) -> Context:
        """Who asks. Raises Refusal 403."""
        context = self._callers.context(request)
        self._callers.policy.demand(rule, context.actor, Target(""))
        return context

    def _done(self, status: int, context: Context, command: _Changing, host: str) -> Reply:
        """The binding on `host` after a command. Raises Refusal."""
        rows = [row for row in self._commit(command, context).rows if row is not None]
        if not rows:
            raise not_found("port", command.port_id)
        bindings = bindings_body(resource_of(rows[0]).state)
        return _reply(status, {"binding": _on(bindings, command.port_id, host)})

    def _bindings(self, request: Request) -> list[dict[str, Any]]:
        """Raises Refusal 404, 400."""
        id = _port_id(request)
        rows = self._query("select version, body, hidden from port where id = %s", (id,))
        if not rows:
            raise not_found("port", id)
        version, body, hidden = rows[0]
        port = resource_of(Row("port", id, version, {}, body, hidden)).state
        if not port.device_owner.startswith(SEVERAL):
            raise single_binding(id)
        return bindings_body(port)


def _port_id(request: Request) -> str:
    id = request.parameters["id"]
    if not is_uuid(id):
        raise not_found("port", id[:255])
    return id


def _on(bindings: Iterable[dict[str, Any]], port_id: str, host: str) -> dict[str, Any]:
    """Raises Refusal 404."""
    found = next((one for one in bindings if one["host"] == host), None)
    if found is None:
        raise binding_not_found(port_id, host[:255])
    return found


def _asked(query: Iterable[tuple[str, str]]) -> tuple[list[str], Mapping[str, list[str]]]:
    """(fields, {attribute: values}). Raises Refusal 400."""
    fields, filters = list[str](), dict[str, list[str]]()
    for name, value in query:
        if name == "fields":
            fields.append(value)
        elif name in _FILTERS:
            filters.setdefault(name, []).append(value)
        elif name not in _PAGING:
            raise bad_request(f"{[name[:255]]} is invalid attribute for filtering")
    return fields, filters


def _projected(one: Mapping[str, Any], fields: Iterable[str]) -> Mapping[str, Any]:
    names = set(fields)
    return {name: value for name, value in one.items() if name in names} if names else one


def _reply(status: int, body: Mapping[str, Any]) -> Reply:
    return Reply(status, [json.dumps(body, separators=(",", ":")).encode()])
