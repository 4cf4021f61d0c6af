"""Whatever is appended, the log in PostgreSQL and the one in memory tell the same fates and hold the same."""

from __future__ import annotations

import random
from typing import Any

import pytest

from libs.eventlog.memory import MemoryLog
from libs.eventlog.postgres import PostgresLog
from libs.eventlog.protocol import Accepted, Alive, Append, Change, Guard, NoneRefers, Row, Unchanged, Within
from tests.contract.log_cases import (
    NET,
    PROJECT,
    SUBNET,
    change,
    context,
    created,
    deleted,
    gone_row,
    port_row,
    renamed,
)
from tests.fakes.rows import all_rows

pytestmark = pytest.mark.postgres
PORTS, KEYS, COMMANDS = [f"p{n}" for n in range(5)], [f"k{n}" for n in range(4)], [f"c{n}" for n in range(60)]


class Player:
    """Appends that mostly make sense: it remembers versions, and is wrong about them now and then."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._serial = 0

    def batch(self, log: MemoryLog) -> list[Append]:
        return [self._append(log) for _ in range(self._rng.randint(1, 5))]

    def _append(self, log: MemoryLog) -> Append:
        rng = self._rng
        changes, rows = [], []
        for port in rng.sample(PORTS, rng.randint(1, 2)):
            one, row = self._change(log, f"{port}-{self._serial // 6}")
            self._serial += 1
            changes.append(one)
            rows.append(row)
        stream = changes[0].stream
        return Append(
            context(rng.choice(COMMANDS)),
            tuple(changes),
            take={key: stream for key in rng.sample(KEYS, rng.choice((0, 0, 1, 2)))},
            release=tuple(rng.sample(KEYS, rng.choice((0, 0, 1, 2)))),
            guards=self._guards(),
            rows=tuple(rows),
            result=str(self._serial),
        )

    def _change(self, log: MemoryLog, port: str) -> tuple[Change, Row]:
        rng = self._rng
        version = max((one.version for one in log.read_streams([f"port-{port}"])), default=0)
        expected = version + rng.choice((0, 0, 0, 0, 1))
        if expected == 0:
            subnets = [SUBNET] * rng.randint(0, 1)
            return change(port, 0, created(port)), port_row(port, 1, subnet_ids=subnets, ip_addresses=subnets)
        if rng.random() < 0.3:
            return change(port, expected, deleted(port), ends=True), gone_row(port, expected + 1)
        owner = rng.choice(("", "network:dhcp"))
        return change(port, expected, renamed(port, "a", "b")), port_row(port, expected + 1, device_owner=owner)

    def _guards(self) -> tuple[Guard, ...]:
        rng, port = self._rng, f"p{self._rng.randint(0, 4)}-{self._serial // 6}"
        every: list[Guard] = [
            Alive(f"port-{port}"),
            Unchanged(f"port-{port}", rng.randint(0, 2)),
            NoneRefers("port", "network_id", NET, (port,), (("device_owner", ("network:dhcp", "x")),)),
            NoneRefers("port", "subnet_ids", SUBNET, (port,)),
            NoneRefers("port", "name", "nobody"),
            Within("port", PROJECT, rng.randint(0, 2), rng.randint(3, 9)),
        ]
        return tuple(one for one in every if rng.random() < 0.12)


@pytest.mark.parametrize("seed", range(12))
def test_two_logs_one_truth(database: Any, seed: int) -> None:
    memory, postgres = MemoryLog(), PostgresLog(database.fresh().url)
    player, accepted = Player(seed), 0
    for _ in range(40):
        batch = player.batch(memory)
        outcomes = memory.append(batch)
        assert postgres.append(batch) == outcomes
        accepted += sum(isinstance(one, Accepted) and not one.repeated for one in outcomes)
    assert 10 < accepted < 100, "the play is too easy or too hard to tell anything"
    told = [(one.position, one.stream, one.version, one.event, one.meta) for one in memory.read(0, 1000)]
    assert [(one.position, one.stream, one.version, one.event, one.meta) for one in postgres.read(0, 1000)] == told
    assert dict(postgres.pool.query("select key, stream from claim")) == memory.claims()
    rows = {("port", row.id): row for row in all_rows(memory, "port")}
    assert postgres.rows([("port", id) for (id,) in postgres.pool.query("select id from port")]) == rows
    counted = postgres.pool.query("select project_id, kind, used from quota_usage where used <> 0")
    assert {(project, kind): used for project, kind, used in counted} == memory.uses()
    assert memory.uses()[(PROJECT, "port")] == len(rows)
    assert postgres.verify() == memory.verify()
