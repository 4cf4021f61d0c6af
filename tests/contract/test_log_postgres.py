"""What only the log in PostgreSQL must show: rights, lost connections, commits of unknown fate, wake-ups."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg2
import pytest

from libs.errors import Refusal
from libs.eventlog import schema
from libs.eventlog.chain import BrokenChain
from libs.eventlog.follow import POLL_SECONDS, Tail
from libs.eventlog.looking import APPEND_LOCK
from libs.eventlog.pool import Pool
from libs.eventlog.postgres import PostgresLog
from libs.eventlog.protocol import Accepted
from libs.eventlog.statements import row_columns
from libs.network.kinds import KINDS
from tests.contract.log_cases import new_port, port_row

pytestmark = pytest.mark.postgres


@pytest.fixture
def log(database: Any) -> PostgresLog:
    return PostgresLog(database.fresh().url)


@pytest.mark.parametrize(
    "statement",
    [
        "update event set type = 'x'",
        "delete from event",
        "truncate event",
        "delete from event_0",
        "update event_rest set stream = ''",
        "update command set result = ''",
        "delete from command",
        "update log_identity set epoch = 9",
        "alter table event disable trigger all",
        "create table mine (id text)",
        "alter table port add column x text",
        "drop table claim",
        "drop index event_stream",
        "set role netledger_owner",
    ],
)
def test_the_role_of_the_services_cannot_change_history_or_schema(log: PostgresLog, statement: str) -> None:
    log.append([new_port("a")])
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        log.pool.execute(statement)


def test_an_upgrade_can_be_repeated_by_many_at_once(database: Any, log: PostgresLog) -> None:
    log.append([new_port("a")])
    errors: list[Exception] = []

    def upgrade() -> None:
        try:
            schema.upgrade(database.admin_url, database.url)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=upgrade) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert log.head() == 1


def test_the_tables_are_what_the_domain_writes(log: PostgresLog) -> None:
    names = {"text": "text", "integer": "integer", "boolean": "boolean", "ARRAY": "text[]"}
    for kind, model in KINDS.items():
        found = log.pool.query(
            "select column_name, data_type from information_schema.columns where table_name = %s", (kind,)
        )
        assert {column: names[type] for column, type in found} == row_columns(model.columns)


def test_a_changed_byte_is_found(database: Any, log: PostgresLog) -> None:
    log.append([new_port("a"), new_port("b")])
    log.append([new_port("c")])
    assert log.verify() == 2
    with psycopg2.connect(database.admin_url) as connection, connection.cursor() as cursor:
        cursor.execute("update event set meta = replace(meta::text, 'u1', 'u2')::json where position = 1")
    connection.close()
    with pytest.raises(BrokenChain) as broken:
        log.verify()
    assert broken.value.position == 2


def cut_all(url: str) -> None:
    """End every session of the service role, as a restart of the database does."""
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = current_user and pid <> pg_backend_pid()"
        )
    connection.close()


def test_work_goes_on_after_connections_were_cut(log: PostgresLog) -> None:
    log.append([new_port("a", rows=(port_row("a", 1),))])
    tail = Tail(log, 0)
    assert [one.position for one in tail.wait(2)] == [1]
    tail.wait(0.05)
    cut_all(log.pool.url)
    assert log.append([new_port("b")]) == [Accepted(2, 2)]
    assert log.head() == 2
    assert (tail.wait(5), tail.away) == ([], True), "it was cut off, and says so: what comes now may be of an older log"
    assert [one.position for one in tail.wait(5)] == [2]
    assert not tail.away
    tail.close()


def test_a_database_that_is_away_is_a_503(database: Any) -> None:
    parts = urlsplit(database.url)
    log = PostgresLog(f"postgresql://{parts.username}:{parts.password}@127.0.0.1:1{parts.path}")
    for call in (log.head, log.identity, lambda: log.append([new_port("a")])):
        with pytest.raises(Refusal) as refused:
            call()
        assert refused.value.status == 503
    tail = Tail(log, 0)
    assert tail.wait(0.3) == []
    assert tail.away


def test_an_error_message_to_callers_holds_no_password(database: Any) -> None:
    parts = urlsplit(database.url)
    log = PostgresLog(f"postgresql://{parts.username}:wrong-secret@{parts.path}?{parts.query}")
    with pytest.raises(Refusal) as refused:
        log.head()
    assert "wrong-secret" not in repr(refused.value) + refused.value.message + refused.value.detail


class CuttingProxy:
    """Between a client and the database: cuts the connection at the next commit, before or after it reached the server."""

    def __init__(self, url: str) -> None:
        query = parse_qs(urlsplit(url).query)
        self._server = f"{query['host'][0]}/.s.PGSQL.{query['port'][0]}"
        self._listener = socket.create_server(("127.0.0.1", 0))
        parts = urlsplit(url)
        port = self._listener.getsockname()[1]
        self.url = f"postgresql://{parts.username}:{parts.password}@127.0.0.1:{port}{parts.path}"
        self.cut = ""
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._server)
            threading.Thread(target=self._pump, args=(server, client, False), daemon=True).start()
            threading.Thread(target=self._pump, args=(client, server, True), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, watch: bool) -> None:
        try:
            while data := source.recv(65536):
                if watch and self.cut and b"; commit" in data:
                    how, self.cut = self.cut, ""
                    if how == "after":
                        target.sendall(data)
                        time.sleep(0.2)
                    break
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


@pytest.fixture
def proxy(log: PostgresLog) -> Iterator[CuttingProxy]:
    between = CuttingProxy(log.pool.url)
    yield between
    between.close()


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_commit_of_unknown_fate_is_cleared_up_before_the_answer(
    log: PostgresLog, proxy: CuttingProxy, cut: str
) -> None:
    through = PostgresLog(proxy.url)
    assert through.append([new_port("a")]) == [Accepted(1, 1)]
    proxy.cut = cut
    batch = [new_port("b", take=("k",), result="r"), new_port("c")]
    assert through.append(batch) == [Accepted(2, 2, "r"), Accepted(3, 3)]
    assert proxy.cut == "", "the connection was not cut"
    assert [one.stream for one in log.read(0, 9)] == ["port-a", "port-b", "port-c"]
    assert through.append([new_port("d")]) == [Accepted(4, 4)]
    log.verify()


class LateCommit(threading.Thread):
    """Appends a port after 20 ms and notes when that was done."""

    def __init__(self, log: PostgresLog, port: str) -> None:
        super().__init__()
        self._log, self._port, self.done = log, port, 0.0
        self.start()

    def run(self) -> None:
        time.sleep(0.02)
        self._log.append([new_port(self._port)])
        self.done = time.monotonic()


def test_a_follower_is_woken_long_before_it_would_poll(log: PostgresLog) -> None:
    tail = Tail(log, 0)
    tail.wait(0.05)
    delays = []
    for number in range(20):
        commit = LateCommit(log, str(number))
        events = tail.wait(5)
        commit.join()
        delays.append(time.monotonic() - commit.done)
        assert [one.stream for one in events] == [f"port-{number}"]
    tail.close()
    assert sorted(delays)[10] < POLL_SECONDS / 5


def test_a_stopped_writer_does_not_stop_the_others(database: Any, log: PostgresLog) -> None:
    """A process that is stopped while it holds the lock loses its session after a few seconds."""
    holder = psycopg2.connect(database.url, options="-c idle_in_transaction_session_timeout=1000")
    with holder.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", (APPEND_LOCK,))
    started = time.monotonic()
    assert log.append([new_port("a")]) == [Accepted(1, 1)]
    assert 0.5 < time.monotonic() - started < 4
    holder.close()


def test_the_epoch_rises_when_the_log_was_restored(database: Any, log: PostgresLog) -> None:
    before = log.identity()
    schema.raise_epoch(database.admin_url)
    after = log.identity()
    assert (after.log_id, after.epoch) == (before.log_id, before.epoch + 1)


def test_who_notices_a_restore_raises_the_epoch_once(database: Any, log: PostgresLog) -> None:
    before = log.identity()
    for _ in range(3):
        log.raise_epoch(before)
    assert log.identity().epoch == before.epoch + 1


def test_after_a_restore_the_first_write_is_refused_and_nothing_known_before_is_used(
    database: Any, log: PostgresLog
) -> None:
    log.append([new_port("a")])
    log.raise_epoch(log.identity())
    assert isinstance(log.append([new_port("b")])[0], Accepted), (
        "an open connection speaks with the same server as before"
    )
    cut_all(log.pool.url)
    with pytest.raises(Refusal) as refused:
        log.append([new_port("c")])
    assert refused.value.status == 503 and "restored" in refused.value.message
    assert isinstance(log.append([new_port("c")])[0], Accepted)


def test_too_many_at_once_are_told_so(database: Any) -> None:
    pool = Pool(database.url, size=1, wait_seconds=0.1)
    with pool.connection(), pytest.raises(Refusal) as refused:
        pool.query("select 1")
    assert refused.value.status == 503
    assert pool.query("select 1") == [(1,)]


def test_a_transaction_left_open_is_not_seen_by_the_next_user(database: Any) -> None:
    pool = Pool(database.fresh().url, size=1)
    with pytest.raises(KeyError), pool.connection() as connection, connection.cursor() as cursor:
        cursor.execute("begin")
        cursor.execute("insert into claim values ('k', 's')")
        raise KeyError
    assert pool.query("select * from claim") == []


def test_a_connection_taken_out_of_autocommit_comes_back_as_it_was(database: Any) -> None:
    pool = Pool(database.fresh().url, size=1)
    for _ in range(2):
        with pytest.raises(KeyError), pool.connection() as connection, connection.cursor() as cursor:
            connection.autocommit = False
            cursor.execute("select 1")
            raise KeyError
    assert pool.execute("insert into claim values ('k', 's')") == 1
    assert Pool(database.url).query("select stream from claim where key = 'k'") == [("s",)], "it was committed"
