"""Routers and floating IPs in the real database: what is decided, refused, claimed and kept is what the log in memory says, and what
a rebuild makes of the log."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from libs.eventlog.audit import audit
from libs.eventlog.postgres import PostgresLog
from libs.eventlog.rebuild import rebuild
from libs.network.kinds import KINDS
from tests.fakes.rows import all_rows
from tests.unit.histories import START, Life, histories

pytestmark = pytest.mark.postgres


@given(histories)
@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_the_database_lives_the_same_life(database: Any, history: list[Any]) -> None:
    fresh = database.fresh()
    memory, real = Life(), Life(log=PostgresLog(fresh.url))
    for command in (*START, *history):
        memory.does(command)
        real.does(command)
    assert [one.type for one in real.refused] == [one.type for one in memory.refused]
    for kind in KINDS:
        assert all_rows(real.log, kind) == all_rows(memory.log, kind)
    assert dict(real.log.pool.query("select key, stream from claim")) == memory.log.claims()
    assert audit(fresh.admin_url).clean
    for kind in KINDS:
        assert rebuild(fresh.admin_url, kind).equal
