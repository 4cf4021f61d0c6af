"""What can be done to a subnet pool besides changing its attributes: more prefixes, fewer prefixes.

Source: neutron.extensions.subnetpool_prefix_ops; both answer with the prefixes that there are then.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from libs.commands import AddPrefixes, RemovePrefixes
from libs.http.message import Reply, Request
from libs.http.router import Route
from services.api.callers import Callers
from services.api.commands import revision_of
from services.api.reads import Query
from services.api.schemas.subnetpool import to_changed_prefixes
from services.api.targets import Targets
from services.api.writes import Commit


class PoolActions:
    """Handlers of PUT /v2.0/subnetpools/{id}/<action>."""

    def __init__(self, query: Query, commit: Commit, callers: Callers) -> None:
        self._commit, self._callers = commit, callers
        self._targets = Targets(query, callers.policy)

    def routes(self) -> list[Route]:
        """Both."""
        return [
            ("PUT", f"/v2.0/subnetpools/{{id}}/{one.__name__}", one)
            for one in (self.add_prefixes, self.remove_prefixes)
        ]

    def add_prefixes(self, request: Request) -> Reply:
        """Let subnets be taken from further prefixes."""
        return self._change(request, "add_prefixes", AddPrefixes)

    def remove_prefixes(self, request: Request) -> Reply:
        """Take prefixes out of the pool."""
        return self._change(request, "remove_prefixes", RemovePrefixes)

    def _change(self, request: Request, rule: str, command: Callable[[str, tuple[str, ...], int | None], Any]) -> Reply:
        id, context = request.parameters["id"], self._callers.context(request)
        self._callers.policy.demand(rule, context.actor, self._targets.of("subnetpool", id, context.actor))
        prefixes = to_changed_prefixes(request.json())
        done = self._commit(command(id, prefixes, revision_of(request.header("if-match"))), context)
        shown = next(json.loads(row.body)["prefixes"] for row in done.rows if row is not None)
        return Reply(200, [json.dumps({"prefixes": shown}).encode()])
