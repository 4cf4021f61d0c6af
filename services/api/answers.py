"""What a write answers with: the decided rows' own text, and beside it what is no part of it."""

from __future__ import annotations

from collections.abc import Iterable

from libs.eventlog.protocol import Row
from libs.model import Actor
from services.api.reads import Query, strip
from services.api.statements import PORT_DETAILS, told_shared
from services.api.visibility import SHOWING

_POLICIES = (
    "select object_id from rbac_policy where object_id = any(%s) and action = 'access_as_shared'"
    " and target_project in ('*', %s)"
)


def texts_of(kind: str, rows: Iterable[Row | None], secret: tuple[str, ...], query: Query, actor: Actor) -> list[str]:
    """The texts of those of `rows` that are of `kind` and there, as `actor` sees them, without the attributes `secret`; floating
    IPs, and what RBAC policies may share, cost one query."""
    found = [row for row in rows if row is not None and row.kind == kind]
    mine = _shared_with(actor.project, kind, found, query)
    texts = [strip(kind, told_shared(row.body) if row.id in mine else row.body, secret) for row in found]
    return _with_ports(found, texts, query) if kind == "floatingip" else texts


def _shared_with(project: str, kind: str, rows: list[Row], query: Query) -> set[str]:
    """Those that are shared with a project, as far as they do not say so themselves."""
    if kind == "network":
        return {row.id for row in rows if project in ((row.columns or {})["shared_with"] or ())}
    if kind not in SHOWING or not rows:
        return set()
    return {str(id) for (id,) in query(_POLICIES, ([row.id for row in rows], project))}


def _with_ports(rows: list[Row], texts: list[str], query: Query) -> list[str]:
    """Floating IPs with the details of the ports that they stand for."""
    ports = [str((row.columns or {})["port_id"]) for row in rows]
    wanted = [id for id in ports if id]
    found = query(f"select id, {PORT_DETAILS} from port where id = any(%s)", (wanted,)) if wanted else []
    details = {str(id): str(text) for id, text in found}
    return [f'{text[:-1]},"port_details":{details.get(id, "null")}}}' for text, id in zip(texts, ports, strict=True)]
