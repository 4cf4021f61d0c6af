"""What every log promises: one suite over the log in memory and the log in PostgreSQL."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from libs.codec import from_json
from libs.eventlog.follow import Tail
from libs.eventlog.memory import MemoryLog
from libs.eventlog.postgres import PostgresLog
from libs.eventlog.protocol import (
    Accepted,
    Alive,
    Append,
    ClaimTaken,
    GuardFailed,
    NoneRefers,
    StaleVersion,
    Unchanged,
)
from libs.model import Actor
from tests.contract.log_cases import (
    NET,
    SUBNET,
    change,
    context,
    created,
    deleted,
    gone_port,
    gone_row,
    new_port,
    port_row,
    rename,
    renamed,
)

Log = MemoryLog | PostgresLog


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.postgres)])
def log(request: pytest.FixtureRequest) -> Log:
    if request.param == "memory":
        return MemoryLog()
    database: Any = request.getfixturevalue("database")
    return PostgresLog(database.fresh().url)


def append(log: Log, one: Append) -> Any:
    (outcome,) = log.append([one])
    return outcome


def test_an_empty_log_starts_at_zero_and_knows_who_it_is(log: Log) -> None:
    assert log.head() == 0
    assert log.read(0, 10) == []
    assert log.identity() == log.identity()
    assert log.identity().epoch == 1


def test_positions_are_gapless_across_batches_and_streams(log: Log) -> None:
    first = append(log, new_port("a"))
    second, third = log.append(
        [new_port("b"), Append(context(), (change("c", 0, created("c"), renamed("c", "", "x")),))]
    )
    assert [first, second, third] == [Accepted(1, 1), Accepted(2, 2), Accepted(3, 4)]
    assert [one.position for one in log.read(0, 10)] == [1, 2, 3, 4]
    assert log.head() == 4


def test_an_event_comes_back_as_it_went_in(log: Log) -> None:
    asked = new_port("a", command_id="c-1")
    append(log, asked)
    (recorded,) = log.read(0, 10)
    assert (recorded.stream, recorded.version, recorded.event) == ("port-a", 1, created("a"))
    assert recorded.meta == {
        "actor": {"user": "u1", "project": "p1", "roles": ["member"]},
        "request_id": "req-c-1",
        "command_id": "c-1",
        "at": "2026-11-22T12:00:00.000000Z",
        "correlation_id": "",
        "causation_id": "",
    }
    assert recorded.recorded_at.endswith("Z")
    assert len(recorded.recorded_at) == len("2026-11-22T12:00:00.000000Z")


def test_what_keystone_told_of_who_asked_is_kept(log: Log) -> None:
    actor = Actor("u1", "p1", ("member",), "default", ("service",))
    log.append([Append(replace(context(), actor=actor), (change("a", 0, created("a")),))])
    (recorded,) = log.read(0, 10)
    kept = {"user": "u1", "project": "p1", "roles": ["member"], "domain": "default", "service_roles": ["service"]}
    assert recorded.meta["actor"] == kept and from_json(Actor, kept) == actor


def test_read_gives_pages_after_a_position(log: Log) -> None:
    log.append([new_port(name) for name in "abcde"])
    assert [one.position for one in log.read(1, 2)] == [2, 3]
    assert [one.position for one in log.read(4, 2)] == [5]
    assert log.read(5, 2) == []


def test_streams_are_read_whole_and_in_order_of_position(log: Log) -> None:
    log.append([new_port("a"), new_port("b"), new_port("c"), rename("a", 1)])
    found = log.read_streams(["port-a", "port-c", "port-absent", "port-a"])
    assert [(one.stream, one.version) for one in found] == [("port-a", 1), ("port-c", 1), ("port-a", 2)]


def test_a_stream_must_be_at_the_expected_version(log: Log) -> None:
    append(log, new_port("a"))
    assert append(log, new_port("a")) == StaleVersion("port-a", 1)
    assert append(log, rename("a", 2)) == StaleVersion("port-a", 1)
    assert append(log, rename("absent", 1)) == StaleVersion("port-absent", 0)
    assert append(log, rename("a", 1)) == Accepted(2, 2)
    assert log.head() == 2


def test_nothing_follows_after_the_end_of_a_stream(log: Log) -> None:
    append(log, new_port("a"))
    append(log, gone_port("a", 1))
    assert append(log, rename("a", 2)) == StaleVersion("port-a", 2)
    assert append(log, new_port("a")) == StaleVersion("port-a", 2)


def test_a_claim_has_one_owner_until_it_is_released(log: Log) -> None:
    key = f"ip/{SUBNET}/10.0.0.5"
    append(log, new_port("a", take=(key,)))
    assert append(log, new_port("b", take=(key,))) == ClaimTaken(key, "port-a")
    append(log, gone_port("a", 1, release=(key,)))
    assert isinstance(append(log, new_port("b", take=(key,))), Accepted)
    assert append(log, new_port("c", take=(key,))) == ClaimTaken(key, "port-b")


def test_taking_again_what_one_holds_is_no_conflict(log: Log) -> None:
    append(log, new_port("a", take=("mac/n/1",)))
    again = Append(context(), (change("a", 1, renamed("a", "", "x")),), take={"mac/n/1": "port-a"})
    assert isinstance(append(log, again), Accepted)


def test_nobody_releases_the_claim_of_another(log: Log) -> None:
    append(log, new_port("a", take=("mac/n/1",)))
    append(log, Append(context(), (change("b", 0, created("b")),), release=("mac/n/1",)))
    assert append(log, new_port("c", take=("mac/n/1",))) == ClaimTaken("mac/n/1", "port-a")


def test_an_address_moves_between_ports_in_one_append(log: Log) -> None:
    append(log, new_port("a", take=("ip/s/1",)))
    move = Append(
        context(),
        (change("a", 1, renamed("a", "", "x")), change("b", 0, created("b"))),
        take={"ip/s/1": "port-b"},
        release=("ip/s/1",),
    )
    assert isinstance(append(log, move), Accepted)
    assert append(log, new_port("c", take=("ip/s/1",))) == ClaimTaken("ip/s/1", "port-b")


def test_a_repeated_command_gets_its_first_result_and_writes_nothing(log: Log) -> None:
    first = append(log, new_port("a", command_id="c-1", result="made a"))
    assert first == Accepted(1, 1, "made a")
    assert append(log, new_port("b", command_id="c-1", result="made b")) == Accepted(1, 1, "made a", repeated=True)
    assert log.head() == 1


def test_what_a_command_came_to_can_be_asked_later(log: Log) -> None:
    append(log, new_port("a", command_id="c-1", result="made a"))
    assert log.earlier("c-1") == Accepted(1, 1, "made a", repeated=True)
    assert log.earlier("c-2") is None


def test_a_command_repeated_within_a_batch_is_done_once(log: Log) -> None:
    once, again = log.append([new_port("a", command_id="c-1", result="r"), new_port("a", command_id="c-1", result="s")])
    assert (once, again) == (Accepted(1, 1, "r"), Accepted(1, 1, "r", repeated=True))
    assert log.head() == 1


def test_a_refused_command_may_come_again_under_its_id(log: Log) -> None:
    append(log, new_port("a", take=("k",)))
    assert isinstance(append(log, new_port("b", command_id="c-2", take=("k",))), ClaimTaken)
    append(log, gone_port("a", 1, release=("k",)))
    assert append(log, new_port("b", command_id="c-2", take=("k",))) == Accepted(3, 3)


def test_each_command_of_a_batch_has_its_own_fate(log: Log) -> None:
    outcomes = log.append(
        [
            new_port("a", take=("k",)),
            new_port("b", take=("k",)),
            rename("a", 1),
            rename("a", 1),
            gone_port("a", 2, release=("k",)),
            new_port("c", take=("k",)),
            new_port("d", guards=(Alive("port-a"),)),
            new_port("e", guards=(Unchanged("port-c", 1), Alive("port-c"))),
        ]
    )
    assert outcomes == [
        Accepted(1, 1),
        ClaimTaken("k", "port-a"),
        Accepted(2, 2),
        StaleVersion("port-a", 2),
        Accepted(3, 3),
        Accepted(4, 4),
        GuardFailed(Alive("port-a")),
        Accepted(5, 5),
    ]
    assert [one.stream for one in log.read(0, 10)] == ["port-a", "port-a", "port-a", "port-c", "port-e"]
    assert log.verify() == 1


def test_a_refused_append_leaves_no_trace(log: Log) -> None:
    append(log, new_port("a", take=("k",)))
    bulk = Append(
        context(),
        (change("b", 0, created("b")), change("a", 7, renamed("a", "", "x"))),
        take={"free": "port-b"},
        release=("k",),
        rows=(port_row("b", 1),),
    )
    assert append(log, bulk) == StaleVersion("port-a", 1)
    assert log.head() == 1
    assert log.rows([("port", "b")]) == {}
    assert append(log, new_port("b", take=("free",))) == Accepted(2, 2)
    assert append(log, new_port("c", take=("k",))) == ClaimTaken("k", "port-a")


def test_guards_on_streams(log: Log) -> None:
    append(log, new_port("a"))
    assert append(log, new_port("b", guards=(Alive("port-x"),))) == GuardFailed(Alive("port-x"))
    assert append(log, new_port("b", guards=(Unchanged("port-a", 2),))) == StaleVersion("port-a", 1)
    assert append(log, new_port("b", guards=(Alive("port-a"), Unchanged("port-a", 1)))) == Accepted(2, 2)


def test_readers_of_a_network_do_not_disturb_each_other(log: Log) -> None:
    append(log, new_port("a"))
    outcomes = log.append([new_port(name, guards=(Unchanged("port-a", 1),)) for name in "bcdef"])
    assert all(isinstance(one, Accepted) for one in outcomes)


def test_none_refers_counts_rows_but_those_besides(log: Log) -> None:
    append(log, new_port("a", rows=(port_row("a", 1),)))
    append(log, new_port("b", rows=(port_row("b", 1, device_owner="network:dhcp"),)))
    on_network = NoneRefers("port", "network_id", NET)
    assert append(log, new_port("x", guards=(on_network,))) == GuardFailed(on_network)
    besides = NoneRefers("port", "network_id", NET, besides=("a",))
    assert append(log, new_port("x", guards=(besides,))) == GuardFailed(besides)
    both = NoneRefers("port", "network_id", NET, besides=("a",), unless=(("device_owner", ("network:dhcp",)),))
    assert isinstance(append(log, new_port("x", guards=(both,))), Accepted)
    elsewhere = NoneRefers("port", "network_id", SUBNET)
    assert isinstance(append(log, new_port("y", guards=(elsewhere,))), Accepted)


def test_none_refers_counts_only_rows_that_are_as_said(log: Log) -> None:
    append(log, new_port("a", rows=(port_row("a", 1, project_id="ann"),)))
    anns = NoneRefers("port", "network_id", NET, only=(("project_id", "ann"),))
    assert append(log, new_port("x", guards=(anns,))) == GuardFailed(anns)
    bobs = NoneRefers("port", "network_id", NET, only=(("project_id", "bob"),))
    assert isinstance(append(log, new_port("x", guards=(bobs,))), Accepted)
    nobodys = NoneRefers("port", "network_id", NET, unless=(("project_id", ()),))
    assert append(log, new_port("y", guards=(nobodys,))) == GuardFailed(nobodys)
    outcomes = log.append([new_port("b", rows=(port_row("b", 1, project_id="bob"),)), new_port("z", guards=(bobs,))])
    assert [type(one) for one in outcomes] == [Accepted, GuardFailed]


def test_none_refers_looks_into_lists(log: Log) -> None:
    append(log, new_port("a", rows=(port_row("a", 1, subnet_ids=["s0", SUBNET], ip_addresses=["1", "2"]),)))
    guard = NoneRefers("port", "subnet_ids", SUBNET)
    assert append(log, new_port("x", guards=(guard,))) == GuardFailed(guard)
    assert isinstance(append(log, new_port("x", guards=(NoneRefers("port", "subnet_ids", "s1"),))), Accepted)


def test_none_refers_sees_what_earlier_commands_of_the_batch_did(log: Log) -> None:
    guard = NoneRefers("port", "network_id", NET)
    append(log, new_port("a", rows=(port_row("a", 1),)))
    outcomes = log.append(
        [
            new_port("x", guards=(guard,)),
            gone_port("a", 1, rows=(gone_row("a", 2),)),
            new_port("y", guards=(guard,)),
            new_port("b", rows=(port_row("b", 1),)),
            new_port("z", guards=(guard,)),
        ]
    )
    assert [type(one) for one in outcomes] == [GuardFailed, Accepted, Accepted, Accepted, GuardFailed]


def test_guards_of_one_batch_each_get_their_own_answer(log: Log) -> None:
    append(log, new_port("a", rows=(port_row("a", 1, device_id="vm", subnet_ids=["s0", SUBNET]),)))
    taken = [NoneRefers("port", "subnet_ids", SUBNET), NoneRefers("port", "device_id", "vm")]
    free = [NoneRefers("port", "device_id", "another"), NoneRefers("port", "subnet_ids", "'")]
    odd = NoneRefers("port", "device_id", "vm", besides=("b",))
    guards = [free[0], taken[0], free[1], taken[1], odd]
    outcomes = log.append([new_port(f"x{number}", guards=(guard,)) for number, guard in enumerate(guards)])
    assert [isinstance(one, Accepted) for one in outcomes] == [True, False, True, False, False]
    assert append(log, new_port("y", guards=(*free, taken[1]))) == GuardFailed(taken[1])
    with pytest.raises(KeyError):
        append(log, new_port("z", guards=(NoneRefers("port", "id; drop table port", "x"),)))
    assert isinstance(append(log, new_port("z", guards=tuple(free))), Accepted)


def test_rows_are_there_with_the_commit_and_hold_the_exact_text(log: Log) -> None:
    row = port_row("a", 1, name='quote " backslash \\ snowman ☃', subnet_ids=["s,1", 's"2', "{}"], host="h'")
    append(log, new_port("a", rows=(row,)))
    assert log.rows([("port", "a"), ("port", "absent"), ("network", "a")]) == {("port", "a"): row}


def test_rows_follow_the_last_change_of_a_batch(log: Log) -> None:
    log.append(
        [
            new_port("a", rows=(port_row("a", 1),)),
            Append(context(), (change("a", 1, renamed("a", "", "x")),), rows=(port_row("a", 2, name="x"),)),
            new_port("b", rows=(port_row("b", 1),)),
            gone_port("b", 1, rows=(gone_row("b", 2),)),
        ]
    )
    assert log.rows([("port", "a"), ("port", "b")]) == {("port", "a"): port_row("a", 2, name="x")}
    append(log, gone_port("a", 2, rows=(gone_row("a", 3),)))
    assert log.rows([("port", "a")]) == {}


def test_several_changes_of_one_stream_in_one_append(log: Log) -> None:
    append(log, Append(context(), (change("a", 0, created("a")), change("a", 1, deleted("a"), ends=True))))
    assert [(one.stream, one.version) for one in log.read(0, 9)] == [("port-a", 1), ("port-a", 2)]
    assert append(log, rename("a", 2)) == StaleVersion("port-a", 2)


def test_recorded_at_never_decreases_and_the_chain_holds(log: Log) -> None:
    for number in range(20):
        log.append([new_port(f"{number}-{each}") for each in range(3)])
    times = [one.recorded_at for one in log.read(0, 100)]
    assert len(times) == 60
    assert times == sorted(times)
    assert log.verify() == 20


def test_all_lost_claims_of_a_bulk_are_told_at_once(log: Log) -> None:
    append(log, new_port("a", take=("k1", "k2", "k3")))
    assert append(log, new_port("b", take=("free", "k2", "k3"))) == ClaimTaken("k2", "port-a", ("k3",))


def test_a_tail_gives_each_event_once_and_wakes_for_new_ones(log: Log) -> None:
    log.append([new_port(name) for name in "abc"])
    tail = Tail(log, 1, limit=1)
    assert [one.position for _ in range(2) for one in tail.wait(1)] == [2, 3]
    assert tail.wait(0) == []
    assert (tail.position, tail.away) == (3, False)
    later = threading.Timer(0.05, log.append, ([new_port("d")],))
    later.start()
    assert [one.stream for one in tail.wait(5)] == ["port-d"]
    later.join()
    tail.close()


def test_rows_are_found_by_what_stands_in_a_column(log: Log) -> None:
    append(log, new_port("b", rows=(port_row("b", 1, device_id="vm"),)))
    append(log, new_port("a", rows=(port_row("a", 1, device_id="vm", subnet_ids=["s0", SUBNET]),)))
    by_device, by_subnet, nobody = ("port", "device_id", "vm"), ("port", "subnet_ids", SUBNET), ("network", "name", "'")
    found = log.find([by_device, by_subnet, nobody, by_device])
    assert found == {by_device: ("a", "b"), by_subnet: ("a",), nobody: ()}
    append(log, gone_port("a", 1, rows=(gone_row("a", 2),)))
    assert log.find([by_device, by_subnet]) == {by_device: ("b",), by_subnet: ()}
    assert log.find([]) == {}


def test_what_is_not_there_cannot_be_looked_up(log: Log) -> None:
    append(log, new_port("a", rows=(port_row("a", 1),)))
    for kind, column in (("port", "id; drop table port"), ("spaceship", "name")):
        with pytest.raises(KeyError):
            log.find([(kind, column, "x")])
