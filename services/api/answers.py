"""What a write answers with: the decided rows' own text, and beside it what is no part of it."""

from __future__ import annotations

from collections.abc import Iterable

from libs.eventlog.protocol import Row
from services.api.reads import Query, strip
from services.api.statements import PORT_DETAILS


def texts_of(kind: str, rows: Iterable[Row | None], secret: tuple[str, ...], query: Query) -> list[str]:
    """The texts of those of `rows` that are of `kind` and there, without the attributes `secret`; floating IPs cost one query."""
    found = [row for row in rows if row is not None and row.kind == kind]
    texts = [strip(kind, row.body, secret) for row in found]
    return _with_ports(found, texts, query) if kind == "floatingip" else texts


def _with_ports(rows: list[Row], texts: list[str], query: Query) -> list[str]:
    """Floating IPs with the details of the ports that they stand for."""
    ports = [str((row.columns or {})["port_id"]) for row in rows]
    wanted = [id for id in ports if id]
    found = query(f"select id, {PORT_DETAILS} from port where id = any(%s)", (wanted,)) if wanted else []
    details = {str(id): str(text) for id, text in found}
    return [f'{text[:-1]},"port_details":{details.get(id, "null")}}}' for text, id in zip(texts, ports, strict=True)]
