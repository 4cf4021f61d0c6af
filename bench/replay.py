"""A rebuild of the read model from position 0 while clients write."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import time
from collections.abc import Callable
from multiprocessing.synchronize import Event

import psycopg2

from bench.load import Client, Request
from bench.report import percentile
from bench.stage import Stage
from libs.eventlog.rebuild import rebuild

Say = Callable[[str], None]
PAUSE_SECONDS = 0.02


def replay(stage: Stage, say: Say) -> bool:
    """Rebuild the ports' table with writes going on; says how fast. Whether the live table was what the log says."""
    network, _ = stage.network("replay", "10.0.0.0/16")
    context = multiprocessing.get_context("fork")
    stop, (mine, theirs) = context.Event(), context.Pipe(duplex=False)
    writer = context.Process(target=_write, args=(stage.url, network, stop, theirs))
    writer.start()
    time.sleep(1)
    try:
        report = rebuild(stage.backing.database_admin_url, "port")
    finally:
        stop.set()
        times, failed = mine.recv()
        writer.join()
    rate, events = report.position / report.seconds, _events_of_ports(stage)
    say(
        f"rebuild of {report.rows} ports from a log of {report.position} events in {report.seconds:.0f} s: {rate:.0f} events/s,"
        f" {'equal' if report.equal else 'NOT EQUAL'}; {events} of the events are ports'"
    )
    say(
        f"meanwhile {len(times)} creates: p50 {percentile(times, 50):.0f} ms, p99 {percentile(times, 99):.0f} ms,"
        f" longest {max(times):.0f} ms, {failed} failed"
    )
    return report.equal


def _write(url: str, network: str, stop: Event, out: multiprocessing.connection.Connection) -> None:
    client, times, failed = Client(url), list[float](), 0
    while not stop.wait(PAUSE_SECONDS):
        sample = client.send(Request("POST", "/v2.0/ports", {"port": {"network_id": network}}))
        times.append(sample.seconds * 1000)
        failed += sample.status != 201
    out.send((times, failed))


def _events_of_ports(stage: Stage) -> int:
    connection = psycopg2.connect(stage.backing.database_url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from event where stream like 'port-%'")
            return int(cursor.fetchall()[0][0])
    finally:
        connection.close()
