"""Read-model rows in the text format of PostgreSQL's COPY. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from libs.eventlog.protocol import Row


def line(row: Row, columns: Sequence[str]) -> str:
    """One row with these columns, in this order."""
    every: dict[str, Any] = {"id": row.id, "version": row.version, "body": row.body, "hidden": row.hidden}
    every |= row.columns or {}
    return "\t".join(_field(every[name]) for name in columns) + "\n"


def _field(value: Any) -> str:
    if value is None:
        return r"\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, list | tuple):
        # an array's element, quoted as JSON quotes it but with characters as they are
        value = "{" + ",".join(json.dumps(one, ensure_ascii=False) for one in value) + "}"
    text = str(value)
    if "\\" in text or "\t" in text or "\n" in text or "\r" in text:
        text = text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return text
