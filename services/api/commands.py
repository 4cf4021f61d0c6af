"""From what was sent to a command: ids are made here, projects filled in, If-Match read. Pure but for the ids."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any

from libs.commands import Command
from libs.errors import Refusal, bad_request
from libs.model import Actor
from libs.policy import may_act_for
from services.api.verbs import VERBS

__all__ = ["VERBS", "create_command", "owner_of", "revision_of"]

_ETAG = re.compile(r'\s*(?:W/)?"?revision_number=([^",]*)"?\s*')


def create_command(kind: str, items: list[dict[str, Any]], actor: Actor) -> Command:
    """The command that makes all of `items`, each with a fresh id. Raises Refusal 400."""
    verbs = VERBS[kind]
    return verbs.create(tuple(verbs.new(str(uuid.uuid4()), owner_of(item, actor), item) for item in items))


def owner_of(item: Mapping[str, Any], actor: Actor) -> str:
    """The project that the new resource belongs to. Raises Refusal 400 when the caller may not say so (Neutron's answer)."""
    project: str = item.get("project_id") or item.get("tenant_id") or actor.project
    if not may_act_for(actor, project):
        raise bad_request(
            "Specifying 'project_id' other than the authenticated project in request is not allowed for the current user."
        )
    return project


def revision_of(if_match: str) -> int | None:
    """N of `If-Match: revision_number=N`, None without one. Raises Refusal 400."""
    found = [match[1] for part in if_match.split(",") if (match := _ETAG.fullmatch(part))]
    if not found:
        return None
    if len(found) > 1:
        raise _bad_etag("Multiple revision_number etags are not supported")
    if not (found[0].isascii() and found[0].isdigit() and len(found[0]) < 10):
        raise _bad_etag("Revision number etag must be in the format of revision_number=<int>")
    return int(found[0])


def _bad_etag(message: str) -> Refusal:
    return Refusal(400, "BadRequest", f"Bad if-match request: {message}.")
