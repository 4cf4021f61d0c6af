"""Layer 3 on the real log: the same requests as in memory come to the same, races are decided, and nothing is left over."""

from __future__ import annotations

import random
from typing import Any

import pytest

from libs.eventlog.audit import audit
from libs.eventlog.commit import Ledger
from libs.eventlog.postgres import PostgresLog
from tests.story.cloud import Cloud, a_tenants_network
from tests.story.contest import Contest
from tests.story.layer3 import a_router, check_facts, check_layer3, the_outside
from tests.story.play import NAMES, Play

pytestmark = pytest.mark.postgres


@pytest.fixture
def cloud(database: Any) -> Cloud:
    return Cloud(PostgresLog(database.fresh().url))


def check(cloud: Cloud) -> None:
    cloud.check()
    check_facts(cloud)
    assert audit(cloud.log.pool.url).clean


def test_the_same_requests_come_to_the_same_as_in_memory(cloud: Cloud) -> None:
    rng = random.Random(4)
    plays = [Play(cloud), Play(Cloud())]
    for _ in range(250):
        name, a, b = rng.choice(NAMES), rng.randrange(24), rng.randrange(24)
        for play in plays:
            play.step(name, a, b)
    real, memory = (play.cloud for play in plays)
    assert [one.event for one in real.log.read(0, 100_000)] == [one.event for one in memory.log.read(0, 100_000)]
    check(real)
    check_layer3(memory)


def test_replicas_that_work_against_each_other_leave_no_floating_ip_without_a_way(cloud: Cloud) -> None:
    outside, _ = the_outside(cloud)
    network, subnet = a_tenants_network(cloud)
    other = Ledger(PostgresLog(cloud.log.pool.url), cloud.choosers.ask)
    contest, seen = Contest(cloud, other, outside, network, subnet, a_router(cloud)), set[str]()
    for _ in range(10):
        seen.update(contest.round())
    assert "RetryRequest" not in seen
    check(cloud)
