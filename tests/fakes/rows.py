"""The whole read model of a kind, found by way of the log's streams."""

from __future__ import annotations

from libs.eventlog.protocol import EventLog, Row


def all_rows(log: EventLog, kind: str) -> list[Row]:
    """Every row of a kind by id: what a listing of the API reads."""
    streams = {one.stream for one in log.read(0, log.head()) if one.stream.startswith(f"{kind}-")}
    found = log.rows([(kind, stream.removeprefix(f"{kind}-")) for stream in sorted(streams)])
    return [found[place] for place in sorted(found)]
