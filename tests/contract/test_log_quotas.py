"""A project gets exactly as many as it may: one suite over the log in memory and the log in PostgreSQL."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest

from libs.eventlog.memory import MemoryLog
from libs.eventlog.postgres import PostgresLog
from libs.eventlog.protocol import Accepted, Append, Change, GuardFailed, Within
from libs.events import PortCreated, QuotaLimitChanged, QuotaReset
from libs.network.kinds import row_of
from libs.network.quota import quota_id
from libs.network.resources import apply_events
from tests.contract.log_cases import NET, PROJECT, change, context, created, gone_port, new_port

Log = MemoryLog | PostgresLog
ODD = "it's a project; drop table quota_usage --☃\\"


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.postgres)])
def log(request: pytest.FixtureRequest) -> Log:
    if request.param == "memory":
        return MemoryLog()
    database: Any = request.getfixturevalue("database")
    return PostgresLog(database.fresh().url)


def of(project: str, port: str) -> PortCreated:
    return PortCreated(port, NET, project, "", "", "fa:16:3e:00:00:01", True, "", "")


def ports(number: int, *guards: Within, project: str = PROJECT) -> Append:
    """A bulk of ports of one project."""
    ids = [str(uuid.uuid4()) for _ in range(number)]
    return Append(context(), tuple(change(id, 0, of(project, id)) for id in ids), guards=guards)


def asked(number: int, limit: int, project: str = PROJECT) -> Append:
    """The same, asked for by somebody who may have `limit`."""
    return ports(number, Within("port", project, number, limit), project=project)


def limit_set(log: Log, limit: int, project: str = PROJECT, expected: int = 0, **guard: Any) -> Append:
    """The project may have so many ports."""
    stream = f"quota-{quota_id(project)}"
    fact = QuotaLimitChanged(project, "port", limit)
    row = row_of(_after(log, stream, fact))
    guards = (Within("port", project, 0, limit, fixed=True),) if guard.get("checked") else ()
    return Append(context(), (Change(stream, expected, (fact,)),), rows=(row,), guards=guards)


def _after(log: Log, stream: str, *facts: Any) -> Any:
    before = [one.event for one in log.read_streams([stream])]
    return apply_events(None, stream, (*before, *facts), "2026-11-22T12:00:00.000000Z")


def fits(outcomes: list[Any]) -> list[bool]:
    assert all(isinstance(one, Accepted | GuardFailed) for one in outcomes)
    return [isinstance(one, Accepted) for one in outcomes]


def has(log: Log, project: str = PROJECT, kind: str = "port") -> int:
    """What the log says that the project has, in a refusal."""
    (outcome,) = log.append([Append(context(), (), guards=(Within(kind, project, 1, 0, fixed=True),))])
    assert isinstance(outcome, GuardFailed)
    return outcome.found


def test_the_last_one_that_fits_is_let_in_and_the_next_is_not(log: Log) -> None:
    assert fits(log.append([asked(1, 3)])) == [True]
    assert fits(log.append([asked(2, 3)])) == [True]
    assert log.append([asked(1, 3)]) == [GuardFailed(Within("port", PROJECT, 1, 3), 3)]
    assert has(log) == 3


def test_appends_of_one_batch_see_each_other(log: Log) -> None:
    batch = [asked(2, 5), asked(2, 5), asked(2, 5), asked(1, 5), asked(1, 5)]
    assert fits(log.append(batch)) == [True, True, False, True, False]
    assert has(log) == 5


def test_a_bulk_fits_as_a_whole_or_not_at_all(log: Log) -> None:
    assert fits(log.append([asked(4, 3)])) == [False]
    assert (log.head(), has(log)) == (0, 0)
    assert fits(log.append([asked(3, 3)])) == [True]


def test_a_bulk_for_two_projects_is_measured_for_each(log: Log) -> None:
    first, second = ports(2), ports(1, project="p2")
    guards = (Within("port", PROJECT, 2, 2), Within("port", "p2", 1, 0))
    both = Append(context(), (*first.changes, *second.changes), guards=guards)
    assert log.append([both]) == [GuardFailed(guards[1], 0)]
    assert (has(log), has(log, "p2")) == (0, 0)


def test_what_goes_makes_room_also_within_a_batch(log: Log) -> None:
    log.append([new_port("a"), new_port("b")])
    assert fits(log.append([asked(1, 2)])) == [False]
    assert fits(log.append([asked(1, 2), gone_port("a", 1), asked(1, 2), asked(1, 2)])) == [False, True, True, False]
    assert has(log) == 2


def test_what_is_refused_or_repeated_takes_no_room(log: Log) -> None:
    log.append([new_port("held", take=("k",))])
    thief = Append(
        context(), (change("t", 0, created("t")),), take={"k": "port-t"}, guards=(Within("port", PROJECT, 1, 3),)
    )
    one = asked(1, 3)
    outcomes = log.append([thief, one, one])
    assert [isinstance(outcome, Accepted) for outcome in outcomes] == [False, True, True]
    assert log.append([one])[0] == Accepted(2, 2, repeated=True)
    assert has(log) == 2


def test_what_nobody_is_measured_for_counts(log: Log) -> None:
    log.append([ports(5)])
    assert has(log) == 5
    assert fits(log.append([asked(1, 5), asked(1, 6)])) == [False, True]


def test_no_limit_is_no_limit_and_nought_is_nothing(log: Log) -> None:
    assert fits(log.append([asked(50, -1), asked(1, 0)])) == [True, False]


def test_projects_and_kinds_are_apart_and_may_have_any_name(log: Log) -> None:
    assert fits(log.append([asked(2, 2), asked(2, 2, ODD), asked(1, 2, "P1")])) == [True, True, True]
    assert [has(log, one) for one in (PROJECT, ODD, "P1", "p")] == [2, 2, 1, 0]
    assert has(log, kind="network") == 0
    assert fits(log.append([limit_set(log, 3, ODD), asked(2, 2, ODD), asked(1, 2, ODD)])) == [True, False, True]


def test_what_belongs_to_no_project_is_not_counted(log: Log) -> None:
    log.append([ports(3, project="")])
    assert has(log, "") == 0


def test_a_limit_that_was_set_goes_before_the_default(log: Log) -> None:
    assert fits(log.append([limit_set(log, 1)])) == [True]
    assert fits(log.append([asked(2, 500)])) == [False]
    assert fits(log.append([limit_set(log, 700, expected=1), asked(600, 500)])) == [True, True]
    assert fits(log.append([limit_set(log, -1, expected=2), asked(200, 500)])) == [True, True]
    assert fits(log.append([asked(1, 500, "p2")])) == [True], "a limit of one project is none of another"


def test_within_a_batch_a_new_limit_holds_for_what_comes_after_it(log: Log) -> None:
    batch = [asked(1, 500), limit_set(log, 2), asked(1, 500), asked(1, 500)]
    assert fits(log.append(batch)) == [True, True, True, False]


def test_a_reset_brings_the_default_back(log: Log) -> None:
    log.append([limit_set(log, 1), ports(1)])
    stream = f"quota-{quota_id(PROJECT)}"
    reset = QuotaReset(PROJECT, ("port",))
    row = row_of(_after(log, stream, reset))
    again = Append(context(), (Change(stream, 1, (reset,)),), rows=(row,))
    assert fits(log.append([asked(1, 2), again, asked(1, 2), asked(1, 2)])) == [False, True, True, False]


def test_a_limit_may_not_fall_below_what_there_is_unless_forced(log: Log) -> None:
    log.append([ports(3)])
    (outcome,) = log.append([limit_set(log, 2, checked=True)])
    assert isinstance(outcome, GuardFailed) and outcome.found == 3
    assert fits(log.append([limit_set(log, 3, checked=True)])) == [True]
    assert fits(log.append([limit_set(log, 1, expected=1), asked(1, 500)])) == [True, False]


def test_a_limit_and_the_last_port_cannot_pass_each_other(log: Log) -> None:
    log.append([ports(2)])
    assert fits(log.append([asked(1, 500), limit_set(log, 2, checked=True), asked(1, 500)])) == [True, False, True]
    assert has(log) == 4


def test_routes_are_no_counter_but_have_a_limit(log: Log) -> None:
    def routes(number: int) -> Append:
        return Append(context(), (), guards=(Within("router_route", PROJECT, number, 30),))

    assert fits(log.append([routes(30), routes(31), routes(30)])) == [True, False, True]


@pytest.mark.parametrize("gives_back", [False, True])
@pytest.mark.parametrize("limit", [1, 20, 50])
def test_32_at_once_get_exactly_what_there_is_room_for(log: Log, limit: int, gives_back: bool) -> None:
    """Through two logs on one database where there is one, as from two processes; some give back what they got."""
    logs = [log, PostgresLog(log.pool.url)] if isinstance(log, PostgresLog) else [log]
    kept, wrong, barrier = list[int](), list[GuardFailed](), threading.Barrier(32)

    def client(number: int) -> None:
        own, got = logs[number % len(logs)], 0
        barrier.wait()
        for turn in range(3):
            id = f"{number}-{turn}"
            guard = Within("port", PROJECT, 1, limit)
            (outcome,) = own.append([Append(context(), (change(id, 0, of(PROJECT, id)),), guards=(guard,))])
            if isinstance(outcome, GuardFailed) and outcome.found != limit:
                wrong.append(outcome)
            if isinstance(outcome, Accepted):
                got += 1
                if gives_back and number % 2:
                    own.append([gone_port(id, 1)])
                    got -= 1
        kept.append(got)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(kept), wrong) == (32, []), "refused although there was room"
    assert sum(kept) == has(log) <= limit
    assert gives_back or has(log) == limit
