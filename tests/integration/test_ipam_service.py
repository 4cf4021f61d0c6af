"""ipam as it runs: processes of its own on a real bus, over a real log, asked by writers that commit."""

from __future__ import annotations

import itertools
import json
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from amqp.exceptions import NotFound
from kombu.connection import Connection

from cli.servers import PrivateRabbitMQ
from libs.asking import Asker
from libs.bus import Caller
from libs.commands import CreateNetworks, CreatePorts, CreateSubnets, DeletePort, NewNetwork, NewPort, NewSubnet
from libs.errors import Refusal
from libs.eventlog.commit import Ledger
from libs.eventlog.pool import Pool
from libs.eventlog.postgres import PostgresLog
from libs.gather import Gather
from libs.model import Actor, AddressRange, Binding, Context, Segment
from libs.network.addresses import in_pools
from libs.network.world import ChooseBinding, ChooseSegment, SegmentChoice
from services.ipam import snapshot
from tests.fakes.launched import Launched
from tests.servers import Database

pytestmark = [pytest.mark.postgres, pytest.mark.broker]
SEGMENTS = itertools.count(1000)


class Cloud:
    """A writer as api is one: commands go to the log, addresses are asked of ipam over the bus."""

    def __init__(self, database: Database, broker: PrivateRabbitMQ) -> None:
        self.log = PostgresLog(database.url)
        self.caller = Caller(broker.url, 3.0)
        self.retries = 0
        local: dict[type, Any] = {
            ChooseSegment: lambda question: SegmentChoice(Segment("vxlan", None, next(SEGMENTS)), 1450),
            ChooseBinding: lambda question: Binding("ovs"),
        }
        gather = Gather(self._ask)
        self.ledger = Ledger(self.log, Asker(ipam=gather.ask_all, local=local))

    def _ask(self, questions: list[dict[str, Any]]) -> Sequence[dict[str, Any]]:
        self.retries += sum(1 for one in questions if one.get("avoid"))
        return list(self.caller.call("ipam", "answer", questions))

    def commit(self, command: Any) -> list[dict[str, Any]]:
        id = str(uuid.uuid4())
        context = Context(Actor("admin", "p", ("admin",)), f"req-{id}", id, "2026-11-22T12:00:00.000000Z")
        return [json.loads(row.body) for row in self.ledger.commit(command, context).rows if row is not None]

    def subnet(self, cidr: str = "10.0.0.0/24", first: str = "", last: str = "") -> str:
        """A network with one subnet; the network's id."""
        network, subnet = str(uuid.uuid4()), str(uuid.uuid4())
        pools = (AddressRange(first, last),) if first else None
        self.commit(CreateNetworks((NewNetwork(network, "p"),)))
        version = 6 if ":" in cidr else 4
        self.commit(CreateSubnets((NewSubnet(subnet, network, "p", version, cidr, allocation_pools=pools),)))
        return network

    def ports(self, network: str, count: int = 1) -> list[dict[str, Any]]:
        return self.commit(CreatePorts(tuple(NewPort(str(uuid.uuid4()), network, "p") for _ in range(count))))

    def address(self, network: str) -> str:
        return addresses(self.ports(network))[0]


def addresses(ports: list[dict[str, Any]]) -> list[str]:
    return [one["ip_address"] for port in ports for one in port["fixed_ips"]]


def _listening(url: str) -> int:
    """How many replicas take questions from the queue that they share."""
    with Connection(url) as connection:  # type: ignore[no-untyped-call]
        try:
            return int(connection.default_channel.queue_declare("rpc-ipam", passive=True).consumer_count)
        except NotFound:
            return 0


@pytest.fixture(scope="module")
def ipams(database: Database, broker: PrivateRabbitMQ) -> Iterator[list[Launched]]:
    """Two replicas."""
    database.fresh()
    settings = {"database_url": database.url, "amqp_url": broker.url}
    services = [Launched("services.ipam.service", settings=settings) for _ in range(2)]
    deadline = time.monotonic() + 20
    while _listening(broker.url) < len(services):
        assert time.monotonic() < deadline, services[0].log()
        time.sleep(0.05)
    yield services
    for service in services:
        service.stop()


@pytest.fixture
def cloud(ipams: list[Launched], database: Database, broker: PrivateRabbitMQ) -> Iterator[Cloud]:
    one = Cloud(database, broker)
    yield one
    one.caller.close()


def at_once(count: int, work: Callable[[int], Any]) -> list[Any]:
    """What `count` threads that start together come to; exceptions among it."""
    start, results = threading.Barrier(count), list[Any]([None]) * count

    def run(index: int) -> None:
        start.wait()
        try:
            results[index] = work(index)
        except Exception as error:
            results[index] = error

    threads = [threading.Thread(target=run, args=(index,), daemon=True) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    return results


def test_a_port_gets_the_first_address_at_once_after_its_subnet(cloud: Cloud) -> None:
    assert cloud.address(cloud.subnet("10.1.0.0/24")) == "10.1.0.2"
    assert cloud.address(cloud.subnet("fd00:1::/64")).startswith("fd00:1::")


def test_32_writers_on_one_subnet_get_distinct_addresses_and_see_no_error(cloud: Cloud) -> None:
    network = cloud.subnet("10.2.0.0/24")
    results = at_once(32, lambda index: [cloud.address(network) for _ in range(4)])
    found = [address for one in results for address in one]
    assert len(set(found)) == 128
    assert all(in_pools(address, (AddressRange("10.2.0.2", "10.2.0.254"),)) for address in found)


def test_a_full_pool_is_neutron_s_409_and_a_release_gives_room(cloud: Cloud) -> None:
    network = cloud.subnet("10.3.0.0/24", "10.3.0.10", "10.3.0.13")
    ports = cloud.ports(network, 4)
    assert len(set(addresses(ports))) == 4
    for _ in range(3):
        with pytest.raises(Refusal) as refused:
            cloud.ports(network)
        assert (refused.value.status, refused.value.type) == (409, "IpAddressGenerationFailure")
    cloud.commit(DeletePort(ports[2]["id"]))
    assert cloud.address(network) == addresses([ports[2]])[0]


def test_a_bulk_larger_than_the_room_is_refused_whole_and_leaves_the_room(cloud: Cloud) -> None:
    network = cloud.subnet("10.4.0.0/24", "10.4.0.10", "10.4.0.14")
    with pytest.raises(Refusal, match="No more IP addresses"):
        cloud.ports(network, 6)
    deadline = time.monotonic() + 25  # what was proposed to the refused ports is kept for a while
    while True:
        try:
            assert len(addresses(cloud.ports(network, 5))) == 5
            return
        except Refusal:
            assert time.monotonic() < deadline
            time.sleep(0.5)


def test_the_last_addresses_are_found_by_writers_at_the_same_time(cloud: Cloud) -> None:
    network = cloud.subnet("10.5.0.0/24", "10.5.0.10", "10.5.0.25")
    results = at_once(16, lambda index: cloud.address(network))
    assert sorted(map(str, results)) == sorted(f"10.5.0.{last}" for last in range(10, 26))


def test_an_ipam_that_starts_late_or_lags_proposes_nothing_that_stays_taken(
    cloud: Cloud, ipams: list[Launched]
) -> None:
    network = cloud.subnet("10.6.0.0/24")
    ipams[0].signal(signal.SIGSTOP)
    try:  # every other question goes to the one that sleeps first, and then to the other one
        found = [cloud.address(network) for _ in range(6)]
    finally:
        ipams[0].signal(signal.SIGCONT)
    found += [
        address for one in at_once(16, lambda index: [cloud.address(network) for _ in range(3)]) for address in one
    ]
    assert len(found) == len(set(found)) == 54


def test_the_plan_read_at_once_is_the_plan_read_event_by_event(cloud: Cloud, database: Database) -> None:
    network = cloud.subnet("10.7.0.0/24", "10.7.0.10", "10.7.0.30")
    ports = cloud.ports(network, 10)
    cloud.commit(DeletePort(ports[3]["id"]))
    loaded = snapshot.load(Pool(database.url))
    assert loaded.position == cloud.log.head()
    followed = snapshot.AddressPlan()
    for recorded in cloud.log.read(0, 100_000):
        followed.take(recorded)
    assert loaded._subnets.keys() == followed._subnets.keys()
    for id, one in loaded._subnets.items():
        other = followed._subnets[id]
        assert (one.version, one.cidr, one.ip_version, one.automatic) == (
            other.version,
            other.cidr,
            other.ip_version,
            other.automatic,
        )
        assert one.pool._taken == other.pool._taken
        assert one.pool._ranges == other.pool._ranges
