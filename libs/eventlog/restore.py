"""The reply of a command that was committed before: its rows, exactly as they were then."""

from __future__ import annotations

import json
from collections.abc import Mapping

from libs.eventlog.protocol import EventLog, Row
from libs.eventlog.shapes import Kind, row_after
from libs.network.resources import fold_recorded, stream_of


def restore(result: str, log: EventLog, kinds: Mapping[str, Kind]) -> tuple[Row | None, ...]:
    """The rows that `result` (`[[kind, id, version] or null, ..]`) stands for, as the command's first reply had them.

    From the read model, or replayed to that version where it moved on. Raises Refusal 503.
    """
    places = json.loads(result)
    now = log.rows([(one[0], one[1]) for one in places if one is not None])
    rows: list[Row | None] = []
    for one in places:
        row = None if one is None else now.get((one[0], one[1]))
        if one is not None and (row is None or row.version != one[2]):
            row = _replayed(log, kinds, *one)
        rows.append(row)
    return tuple(rows)


def _replayed(log: EventLog, kinds: Mapping[str, Kind], kind: str, id: str, version: int) -> Row:
    stream = stream_of(kind, id)
    events = [one for one in log.read_streams([stream]) if one.version <= version]
    return row_after(kinds, stream, version, fold_recorded(events)[stream])
