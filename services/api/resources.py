"""The handlers of one kind of resource: list, show, create, update, delete."""

from __future__ import annotations

from collections.abc import Callable

from libs.errors import bad_request
from libs.http.message import Reply, Request
from libs.http.router import Route
from libs.naming import path_of, plural_of
from services.api.callers import Callers
from services.api.commands import revision_of
from services.api.reads import Reads
from services.api.writes import Writes


class Resources:
    """Handlers of `kind`, a singular such as `port`; `before` goes before each list."""

    def __init__(
        self, kind: str, reads: Reads, writes: Writes, callers: Callers, before: Callable[[Request], None] | None = None
    ) -> None:
        self._kind, self._reads, self._writes, self._callers, self._before = kind, reads, writes, callers, before

    def routes(self) -> list[Route]:
        """All five; agents make themselves known, and rules of security groups never change."""
        many, one = path_of(self._kind), f"{path_of(self._kind)}/{{id}}"
        making: list[Route] = [] if self._kind == "agent" else [("POST", many, self.create)]
        reading: list[Route] = [("GET", many, self.index), ("GET", one, self.show)]
        changing: list[Route] = [] if self._kind == "security_group_rule" else [("PUT", one, self.update)]
        return [*reading, *making, *changing, ("DELETE", one, self.delete)]

    def index(self, request: Request) -> Reply:
        """GET of the collection."""
        if self._before is not None:
            self._before(request)
        return Reply(200, self._reads.index(self._kind, self._callers.actor(request), request.query, request.url))

    def show(self, request: Request) -> Reply:
        """GET of one."""
        text = self._reads.show(self._kind, request.parameters["id"], self._callers.actor(request), request.query)
        return Reply(200, [f'{{"{self._kind}": {text}}}'.encode()])

    def create(self, request: Request) -> Reply:
        """POST to the collection, one or many."""
        text = self._writes.create(self._kind, request.json(bulk=plural_of(self._kind)), self._callers.context(request))
        return Reply(201, [text.encode()])

    def update(self, request: Request) -> Reply:
        """PUT of one."""
        id, revision = request.parameters["id"], revision_of(request.header("if-match"))
        text = self._writes.update(self._kind, id, request.json(), revision, self._callers.context(request))
        return Reply(200, [text.encode()])

    def delete(self, request: Request) -> Reply:
        """DELETE of one."""
        if request.has_body():
            raise bad_request("Request body is not supported in DELETE.")
        revision = revision_of(request.header("if-match"))
        self._writes.delete(self._kind, request.parameters["id"], revision, self._callers.context(request))
        return Reply(204)
