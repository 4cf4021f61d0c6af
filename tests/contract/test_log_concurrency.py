"""Order holds whatever writers do: delays, rollbacks, kill -9 in the middle, and a reader that follows all the while."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

from libs.eventlog.follow import Tail
from libs.eventlog.postgres import PostgresLog
from libs.eventlog.protocol import Recorded

pytestmark = pytest.mark.postgres
SECONDS = 4.0


class Reader(threading.Thread):
    """Follows the log from its start."""

    def __init__(self, log: PostgresLog) -> None:
        super().__init__(daemon=True)
        self.seen: list[Recorded] = []
        self._tail, self.done = Tail(log, 0, limit=50), threading.Event()

    def run(self) -> None:
        while not self.done.is_set():
            self.seen += self._tail.wait(0.2)
        while more := self._tail.wait(0):
            self.seen += more
        self._tail.close()


def start_writer(url: str, seed: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.contract.log_writer", str(seed), str(SECONDS)],
        env={**os.environ, "NETLEDGER_DATABASE_URL": url},
        stdout=subprocess.PIPE,
        text=True,
    )


def acknowledged(writer: subprocess.Popen[str]) -> list[tuple[str, int, int]]:
    """What a writer was told is done; a last line that kill -9 cut off is left out."""
    lines = [
        line.split() for line in writer.communicate(timeout=30)[0].splitlines(keepends=True) if line.endswith("\n")
    ]
    return [(id, int(first), int(last)) for id, first, last in lines]


def test_no_reader_ever_skips_and_no_acknowledged_change_is_lost(database: Any) -> None:
    url = database.fresh().url
    log = PostgresLog(url)
    reader = Reader(log)
    reader.start()
    writers = [start_writer(url, seed) for seed in range(4)]
    time.sleep(SECONDS / 2)
    writers[0].send_signal(signal.SIGKILL)
    done = [one for writer in writers for one in acknowledged(writer)]
    reader.done.set()
    reader.join(20)

    head = log.head()
    assert head > 100, "the writers hardly wrote"
    assert [one.position for one in reader.seen] == list(range(1, head + 1))
    assert reader.seen == log.read(0, head)
    times = [one.recorded_at for one in reader.seen]
    assert times == sorted(times)
    check_acknowledged(done, reader.seen)
    check_claims(log, reader.seen)
    assert log.verify() > 10


def check_acknowledged(done: list[tuple[str, int, int]], events: list[Recorded]) -> None:
    """Each acknowledged command is there, whole, at the positions that were told, and no command is there twice."""
    found: dict[str, list[int]] = {}
    for one in events:
        found.setdefault(one.meta["command_id"], []).append(one.position)
    for id, first, last in done:
        assert found[id] == list(range(first, last + 1))
    streams = [one.stream for one in events if one.version == 1]
    assert len(streams) == len(set(streams)) == len(found)


def check_claims(log: PostgresLog, events: list[Recorded]) -> None:
    """One owner for each of the contested addresses, and every port holds the one it was told to have."""
    results = dict(log.pool.query("select command_id, result from command"))
    assert set(results) == {one.meta["command_id"] for one in events}
    assert len(set(results.values())) == len(results)
    owners = dict(log.pool.query("select key, stream from claim"))
    assert owners == {address: f"port-{id}" for id, address in results.items()}
    rows = log.rows([("port", id) for id in results])
    assert {row.id: row.version for row in rows.values()} == {
        id: sum(one.stream == f"port-{id}" for one in events) for id in results
    }
