"""What a write answers with: the decided rows' own text, and beside it what is no part of it."""

from __future__ import annotations

from collections.abc import Iterable

from libs.eventlog.protocol import Row
from libs.model import Actor
from services.api.bodies import NETWORK_SCOPES, PORT_DETAILS, SECURITY_GROUP_RULES, told_shared
from services.api.reads import Query, strip
from services.api.visibility import SHOWING

_POLICIES = (
    "select object_id from rbac_policy where object_id = any(%s) and action = 'access_as_shared'"
    " and target_project in ('*', %s)"
)

_RULES = (
    f"select r.security_group_id, {SECURITY_GROUP_RULES} from security_group_rule r where r.security_group_id = any(%s)"
    " group by r.security_group_id"
)


def texts_of(kind: str, rows: Iterable[Row | None], secret: tuple[str, ...], query: Query, actor: Actor) -> list[str]:
    """The texts of those of `rows` that are of `kind` and there, as `actor` sees them, without the attributes `secret`; floating
    IPs, and what RBAC policies may share, cost one query."""
    found = [row for row in rows if row is not None and row.kind == kind]
    mine = _shared_with(actor.project, kind, found, query)
    texts = [strip(kind, told_shared(row.body) if row.id in mine else row.body, secret) for row in found]
    if kind == "security_group":
        return _with_rules(found, texts, query)
    if kind == "network":
        return _with_scopes(found, texts, query)
    return _with_ports(found, texts, query) if kind == "floatingip" else texts


def _with_scopes(rows: list[Row], texts: list[str], query: Query) -> list[str]:
    """Networks with the address scopes of their subnets' pools; most have none, which costs nothing."""
    wanted = [row.id for row in rows if (row.columns or {}).get("subnetpool_ids")]
    if not wanted:
        return texts
    scopes = ", ".join(sql for _, _, sql in NETWORK_SCOPES)
    found = {str(id): shown for id, *shown in query(f"select id, {scopes} from network where id = any(%s)", (wanted,))}
    out = []
    for row, text in zip(rows, texts, strict=True):
        for (none, key, _), shown in zip(NETWORK_SCOPES, found.get(row.id, ()), strict=False):
            text = text.replace(none, f"{key}{shown}")
        out.append(text)
    return out


def _with_rules(rows: list[Row], texts: list[str], query: Query) -> list[str]:
    """Security groups with their rules."""
    found = {str(id): str(text) for id, text in query(_RULES, ([row.id for row in rows],))} if rows else {}
    return [
        f'{text[:-1]},"security_group_rules":[{found.get(row.id, "")}]}}' for text, row in zip(texts, rows, strict=True)
    ]


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
