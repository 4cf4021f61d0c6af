"""What an operator asks the log itself: the history of a resource, a rebuild of the read model."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console
from rich.table import Table

from cli.backing import Backing, Misused
from cli.places import Places
from cli.supervision import Supervision
from libs import codec
from libs.eventlog.counters import recount
from libs.eventlog.postgres import PostgresLog
from libs.eventlog.protocol import Recorded
from libs.eventlog.rebuild import rebuild as build
from libs.eventlog.schema import raise_epoch
from libs.network.kinds import KINDS
from libs.network.quota import quota_id
from libs.network.resources import stream_of

HIDDEN = ("network_id", "project_id")
EMPTY: tuple[Any, ...] = ("", None, [], {}, False)


def history(places: Places, console: Console, resource: str) -> None:
    """Print the events of one resource, or of a project's quota, as a table. Raises Misused when the log has none."""
    streams = [*(f"{kind}-{resource}" for kind in KINDS), stream_of("quota", quota_id(resource))]
    events = PostgresLog(database_url(places)).read_streams(streams)
    if not events:
        kinds = _one_of((*(kind for kind in KINDS if kind != "quota"), "project (its quota)"))
        raise Misused(f"the log holds nothing of {resource}; expected the id of a {kinds}")
    console.print(f"\n[bold]event log of {events[0].stream}[/bold]")
    for recorded in events:
        console.print(line(recorded), soft_wrap=True, markup=False)


def line(recorded: Recorded) -> str:
    """One event as text: position, UTC time, type, who caused it, what it says beyond the ids that all of its stream share."""
    name, text = codec.encode(recorded.event)
    by = str(recorded.meta.get("actor", {}).get("user", "")) or "-"
    facts = json.loads(text)
    shown = [f"{key}={_short(value)}" for key, value in facts.items() if key not in HIDDEN and value not in EMPTY]
    own = recorded.stream.partition("-")[2]
    said = "  ".join(one for one in shown if not one.endswith(f"={own}"))
    return f"{recorded.position:>6}  {recorded.recorded_at[11:23]}  {name.partition('.')[0]:<18} {by:<20} {said}"


def _one_of(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"


def _short(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def rebuild(places: Places, console: Console) -> int:
    """Build each table of the read model beside the live one from position 0, compare, swap; prints what it found. 0 when every
    live table was what the log says; the new ones took over either way. Writes go on meanwhile."""
    admin_url = _backing(places).database_admin_url
    table = Table("kind", "compared at position", "rows", "seconds", "the live table", box=None)
    reports = [*(build(admin_url, kind) for kind in KINDS), recount(admin_url)]
    for report in reports:
        verdict = "was right" if report.equal else "[red]differed from the log; replaced[/red]"
        table.add_row(report.kind, str(report.position), str(report.rows), f"{report.seconds:.2f}", verdict)
    console.print(table)
    return 0 if all(report.equal for report in reports) else 1


def epoch(places: Places, console: Console, higher: bool) -> None:
    """Print the log's identity; `higher`: raise its epoch before. Raises Misused when no system runs."""
    backing = _backing(places)
    if higher:
        raise_epoch(backing.database_admin_url)
    log = PostgresLog(backing.database_url)
    identity = log.identity()
    console.print(f"log {identity.log_id}, epoch {identity.epoch}, position {log.head()}")


def database_url(places: Places) -> str:
    """URL of the running system's database, in the services' role. Raises Misused when no system runs."""
    return _backing(places).database_url


def _backing(places: Places) -> Backing:
    supervision = Supervision(places)
    if not supervision.running():
        raise Misused("netledger is not running; start it with ./netledger up")
    backing = Backing(places)
    backing.prepare(supervision)
    return backing
