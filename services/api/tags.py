"""Tags of a resource: all of them, or one at a time.

Source: neutron.extensions.tagging (statuses, texts, rules). Beyond it, If-Match is honoured as for the resource itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from libs.commands import AddTags, Command, RemoveTag, ReplaceTags
from libs.errors import not_found
from libs.errors.tags import tag_not_found
from libs.http.message import Reply, Request
from libs.http.router import Route
from libs.model import is_uuid
from libs.naming import path_of
from libs.network.tags import TAGGED
from services.api import statements
from services.api.callers import Callers
from services.api.commands import revision_of
from services.api.reads import Query
from services.api.schemas.tags import to_tag, to_tags_body
from services.api.targets import Targets
from services.api.writes import Commit

_NOTHING = b"null"
"""What Neutron answers when one tag was added."""

Made = Callable[[str, str, int | None], Command]
"""From (kind, id, revision expected) to what is asked."""


class Tags:
    """Handlers of /v2.0/{plural}/{id}/tags for resources of `kind`."""

    def __init__(self, kind: str, query: Query, commit: Commit, callers: Callers) -> None:
        self._kind, self._query, self._commit, self._callers = kind, query, commit, callers

    def routes(self) -> list[Route]:
        """All seven."""
        many = f"{path_of(self._kind)}/{{id}}/tags"
        one = f"{many}/{{tag}}"
        return [
            ("GET", many, self.index),
            ("POST", many, self.add),
            ("PUT", many, self.replace),
            ("DELETE", many, self.clear),
            ("GET", one, self.show),
            ("PUT", one, self.add_one),
            ("DELETE", one, self.remove),
        ]

    def index(self, request: Request) -> Reply:
        """GET of all."""
        return _reply(self._tags(request))

    def show(self, request: Request) -> Reply:
        """GET of one: whether it is there."""
        tag = to_tag(request.parameters["tag"])
        if tag not in self._tags(request):
            raise tag_not_found(tag)
        return Reply(204)

    def add(self, request: Request) -> Reply:
        """POST of some, beside those that are there."""
        tags = to_tags_body(request.json())
        self._change(request, "create", lambda kind, id, revision: AddTags(kind, id, tags, revision))
        return _reply(tags)

    def replace(self, request: Request) -> Reply:
        """PUT of all."""
        tags = to_tags_body(request.json())
        self._change(request, "update", lambda kind, id, revision: ReplaceTags(kind, id, tags, revision))
        return _reply(tags)

    def clear(self, request: Request) -> Reply:
        """DELETE of all."""
        self._change(request, "delete", lambda kind, id, revision: ReplaceTags(kind, id, (), revision))
        return Reply(204)

    def add_one(self, request: Request) -> Reply:
        """PUT of one."""
        tag = to_tag(request.parameters["tag"])
        self._change(request, "update", lambda kind, id, revision: AddTags(kind, id, (tag,), revision))
        return Reply(201, [_NOTHING])

    def remove(self, request: Request) -> Reply:
        """DELETE of one."""
        tag = to_tag(request.parameters["tag"])
        self._change(request, "delete", lambda kind, id, revision: RemoveTag(kind, id, tag, revision))
        return Reply(204)

    def _change(self, request: Request, action: str, made: Made) -> None:
        """Raises Refusal 404, 403, 412, 400."""
        id, context = request.parameters["id"], self._callers.context(request)
        revision = revision_of(request.header("if-match"))
        target = Targets(self._query, self._callers.policy).of(self._kind, id, context.actor)
        self._callers.policy.demand(f"{action}_{self._kind}:tags", context.actor, target)
        self._commit(made(self._kind, id, revision), context)

    def _tags(self, request: Request) -> tuple[str, ...]:
        """What the resource has. Raises Refusal 404 when it is not there or not the caller's to see."""
        id, actor = request.parameters["id"], self._callers.policy.reader(self._kind, self._callers.actor(request))
        statement = statements.tags(self._kind, id, actor)
        rows = self._query(statement.text, statement.values) if is_uuid(id) else []
        if not rows:
            raise not_found(self._kind, id[:255])
        return tuple(rows[0][0])


def routes(query: Query, commit: Commit, callers: Callers) -> list[Route]:
    """Those of all kinds that have tags."""
    return [route for kind in TAGGED for route in Tags(kind, query, commit, callers).routes()]


def _reply(tags: tuple[str, ...]) -> Reply:
    return Reply(200, [json.dumps({"tags": tags}).encode()])
