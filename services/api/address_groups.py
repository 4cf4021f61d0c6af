"""What can be done to an address group besides changing its attributes: addresses added and removed.

Source: neutron_lib.api.definitions.address_group (ACTION_MAP), neutron.db.address_group_db.
"""

from __future__ import annotations

from collections.abc import Callable

from libs.commands import AddAddresses, Command, RemoveAddresses
from libs.http.message import Reply, Request
from libs.http.router import Route
from libs.naming import path_of
from services.api.callers import Callers
from services.api.commands import revision_of
from services.api.reads import Query
from services.api.schemas.address_group import to_addresses
from services.api.targets import Targets
from services.api.writes import Writes

KIND = "address_group"


class AddressGroupActions:
    """Handlers of PUT /v2.0/address-groups/{id}/<action>."""

    def __init__(self, query: Query, writes: Writes, callers: Callers) -> None:
        self._targets, self._writes, self._callers = Targets(query, callers.policy), writes, callers

    def routes(self) -> list[Route]:
        """Both."""
        one = f"{path_of(KIND)}/{{id}}"
        return [("PUT", f"{one}/add_addresses", self.add), ("PUT", f"{one}/remove_addresses", self.remove)]

    def add(self, request: Request) -> Reply:
        """Further CIDRs."""
        return self._change(request, "add_addresses", AddAddresses)

    def remove(self, request: Request) -> Reply:
        """Less of them."""
        return self._change(request, "remove_addresses", RemoveAddresses)

    def _change(
        self, request: Request, rule: str, made: Callable[[str, tuple[str, ...], int | None], Command]
    ) -> Reply:
        """Raises Refusal 404, 403, 412, 400."""
        id, context = request.parameters["id"], self._callers.context(request)
        target = self._targets.of(KIND, id, context.actor)
        self._callers.policy.demand(rule, context.actor, target)
        command = made(id, to_addresses(request.json()), revision_of(request.header("if-match")))
        return Reply(200, [self._writes.change(KIND, id, command, context).encode()])
