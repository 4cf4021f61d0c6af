"""A project's default security group is there whenever somebody looks for groups or rules.

Source: neutron.db.securitygroups_db (get_security_groups, get_security_group_rules).
"""

from __future__ import annotations

from libs.commands import EnsureDefaultGroup
from libs.errors import Refusal
from libs.http.message import Request
from libs.model import Context
from libs.policy import Target
from services.api.callers import Callers
from services.api.reads import Query
from services.api.writes import Commit

KINDS = ("security_group", "security_group_rule")
"""Lists of these show it."""

_THERE = "select true from security_group where project_id = %s and is_default limit 1"


class DefaultGroups:
    """Makes them through `commit` as far as the policy lets the caller; one query where nothing is to be made."""

    def __init__(self, query: Query, commit: Commit, callers: Callers) -> None:
        self._query, self._commit, self._callers = query, commit, callers

    def ensure(self, request: Request) -> None:
        """The group of the project that a list is filtered by, or of the caller's."""
        context = self._callers.context(request)
        named = [text for name, text in request.query if name in ("project_id", "tenant_id") and text]
        project = named[0] if named else context.actor.project
        if not project or len(project) > 255 or not project.isprintable():
            return
        if not self._callers.policy.allowed("create_default_security_group", context.actor, Target(project)):
            return
        if not self._query(_THERE, (project,)):
            self._make(project, context)

    def _make(self, project: str, context: Context) -> None:
        """What the project's quota does not allow (409) is not made: a list tells what is there."""
        try:
            self._commit(EnsureDefaultGroup(project), context)
        except Refusal as refusal:
            if refusal.status != 409:
                raise
