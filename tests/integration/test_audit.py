"""The audit finds what is no longer as the log says."""

from __future__ import annotations

from typing import Any

import psycopg2
import pytest

from libs.commands import DeletePort, UpdatePort
from libs.eventlog.audit import audit
from libs.eventlog.chain import BrokenChain
from libs.eventlog.postgres import PostgresLog
from tests.unit.commit_cases import Site, a_port, by, create

pytestmark = pytest.mark.postgres


@pytest.fixture
def site(database: Any) -> Site:
    site = Site(PostgresLog(database.fresh().url), forgetful=False)
    network = site.network()
    site.network(network_type="flat", physical_network='odd "physical\\ network')
    site.subnet(network)
    ports = [a_port(network) for _ in range(12)]
    for port in ports:
        site.ledger.commit(create(port), by())
    for number, port in enumerate(ports[:4]):
        site.ledger.commit(UpdatePort(port.port_id, {"mac_address": f"fa:16:3e:99:00:{number:02x}"}), by())
    for port in ports[2:6]:
        site.ledger.commit(DeletePort(port.port_id), by())
    return site


def test_a_log_that_was_left_alone_is_clean(site: Site) -> None:
    found = audit(site.log.pool.url)
    assert found.clean
    assert found.position == site.log.head()
    assert found.batches == site.log.verify()


@pytest.mark.parametrize(
    "statement",
    [
        "delete from claim where key = (select min(key) from claim)",
        "insert into claim values ('vni/999', 'network-x')",
        "update claim set stream = 'port-x' where key = (select max(key) from claim)",
    ],
)
def test_a_claim_that_does_not_follow_from_the_log_is_named(site: Site, statement: str) -> None:
    site.log.pool.execute(statement)
    found = audit(site.log.pool.url)
    assert (len(found.claims), found.heads, found.clean) == (1, (), False)


def test_a_head_that_does_not_follow_from_the_log_is_named(site: Site) -> None:
    site.log.pool.execute("update stream_head set version = 9 where stream = (select min(stream) from stream_head)")
    site.log.pool.execute("insert into stream_head values ('port-x', 1, '', true)")
    assert len(audit(site.log.pool.url).heads) == 2


def test_a_changed_fact_breaks_the_chain(database: Any, site: Site) -> None:
    with psycopg2.connect(database.admin_url) as connection, connection.cursor() as cursor:
        cursor.execute("update event set recorded_at = recorded_at + interval '1 us' where position = 5")
    connection.close()
    with pytest.raises(BrokenChain):
        audit(site.log.pool.url)
