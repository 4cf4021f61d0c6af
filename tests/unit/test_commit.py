"""Commits: what callers see when others write at the same time, and what the log then holds."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from libs.commands import (
    CreateNetworks,
    DeleteAgent,
    DeleteNetwork,
    DeletePort,
    DeleteSubnet,
    NewNetwork,
    RegisterAgent,
    UpdateNetwork,
    UpdatePort,
    WantedAddress,
)
from libs.errors import Refusal, unavailable
from libs.eventlog.commit import RETRIES
from libs.eventlog.memory import MemoryLog
from libs.eventlog.protocol import Append, Outcome, StaleVersion
from libs.model import FixedIp
from libs.network.kinds import KINDS
from libs.network.resources import fold_recorded, kind_and_id
from libs.network.security_group import default_group_id
from tests.fakes.rows import all_rows
from tests.unit.commit_cases import US, BusyElsewhere, Site, a_port, by, create, new_id


@pytest.fixture
def site() -> Site:
    return Site(MemoryLog())


def body(row: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(row.body)
    return found


def addresses(row: Any) -> list[str]:
    return [one["ip_address"] for one in body(row)["fixed_ips"]]


def check_read_model(log: MemoryLog) -> None:
    """Recompute every resource from position 0: the read model must hold exactly that."""
    for stream, resource in fold_recorded(log.read(0, 100_000)).items():
        place = kind_and_id(stream)
        assert log.rows([place]) == ({} if resource is None else {place: KINDS[place[0]].row_of(resource)})
    log.verify()


def test_a_reply_is_rendered_in_the_order_of_the_request(site: Site) -> None:
    network = site.network()
    site.subnet(network)
    ports = [a_port(network, name=name) for name in ("c", "a", "b")]
    done = site.ledger.commit(create(*ports), by())
    assert [body(row)["name"] for row in done.rows] == ["c", "a", "b"]
    assert [body(row)["revision_number"] for row in done.rows] == [2, 2, 2]
    assert done.position == site.log.head()
    check_read_model(site.log)


def test_a_lost_address_is_chosen_again_unseen_by_the_caller(site: Site) -> None:
    network = site.network()
    site.subnet(network)
    found = [addresses(site.ledger.commit(create(a_port(network)), by()).rows[0]) for _ in range(3)]
    assert found == [["10.0.0.2"], ["10.0.0.3"], ["10.0.0.4"]]
    check_read_model(site.log)


def test_ports_of_one_bulk_do_not_share_what_was_proposed_twice(site: Site) -> None:
    network = site.network()
    site.subnet(network)
    done = site.ledger.commit(create(*(a_port(network) for _ in range(4))), by())
    assert sorted(addresses(row)[0] for row in done.rows) == [f"10.0.0.{number}" for number in (2, 3, 4, 5)]
    assert len({body(row)["mac_address"] for row in done.rows}) == 4


def test_an_asked_address_that_is_taken_is_refused(site: Site) -> None:
    network = site.network()
    subnet = site.subnet(network)
    wish = (WantedAddress(subnet, "10.0.0.9"),)
    site.ledger.commit(create(a_port(network, fixed_ips=wish)), by())
    head = site.log.head()
    with pytest.raises(Refusal) as refused:
        site.ledger.commit(create(a_port(network, fixed_ips=wish)), by())
    assert (refused.value.status, refused.value.type) == (409, "IpAddressAlreadyAllocated")
    assert site.log.head() == head


def test_an_asked_mac_that_is_taken_is_refused(site: Site) -> None:
    network = site.network()
    site.ledger.commit(create(a_port(network, mac_address="fa:16:3e:11:22:33")), by())
    with pytest.raises(Refusal) as refused:
        site.ledger.commit(create(a_port(network, mac_address="fa:16:3e:11:22:33")), by())
    assert refused.value.type == "MacAddressInUse"


def test_segments_are_chosen_again_but_asked_ones_refused(site: Site) -> None:
    site.network()
    site.network()
    vnis = {claim for claim in site.log.claims() if claim.startswith("vni/")}
    assert vnis == {"vni/1", "vni/2"}
    vlan = {"network_type": "vlan", "physical_network": "physnet1", "segmentation_id": 100}
    site.network(**vlan)
    with pytest.raises(Refusal) as refused:
        site.network(**vlan)
    assert refused.value.type == "VlanIdInUse"


def test_an_adviser_who_insists_is_not_asked_for_ever(site: Site) -> None:
    network = site.network()
    site.ledger.commit(create(a_port(network, fixed_ips=())), by())
    stubborn = site.replica(ask=lambda questions: ["fa:16:3e:00:00:01" for _ in questions])
    with pytest.raises(Refusal) as refused:
        stubborn.commit(create(a_port(network, fixed_ips=())), by())
    assert refused.value.type == "MacAddressInUse"


def test_another_replicas_subnet_is_used_at_once(site: Site) -> None:
    network = site.network()
    other = site.replica()
    other.commit(create(a_port(network)), by())  # now it remembers the network as one without subnets
    site.subnet(network)
    assert addresses(other.commit(create(a_port(network)), by()).rows[0]) == ["10.0.0.2"]


def test_a_network_deleted_by_another_replica_is_not_found(site: Site) -> None:
    network = site.network()
    other = site.replica()
    port = other.commit(create(a_port(network)), by()).rows[0]
    other.commit(DeletePort(port.id if port else ""), by())
    site.ledger.commit(DeleteNetwork(network), by())
    with pytest.raises(Refusal) as refused:
        other.commit(create(a_port(network)), by())
    assert (refused.value.status, refused.value.type) == (404, "NetworkNotFound")


def test_old_knowledge_neither_refuses_nor_leaves_undone(site: Site) -> None:
    network = site.network(name="old")
    other = site.replica()
    other.commit(create(a_port(network)), by())
    site.ledger.commit(UpdateNetwork(network, {"name": "new"}), by())
    (row,) = other.commit(UpdateNetwork(network, {"name": "old"}), by()).rows
    assert body(row)["name"] == "old"
    site.ledger.commit(UpdateNetwork(network, {"name": "newer"}), by())
    (row,) = other.commit(UpdateNetwork(network, {"description": "d"}, if_revision=4), by()).rows
    assert body(row)["revision_number"] == 5
    check_read_model(site.log)


def test_nothing_to_change_is_answered_with_what_is_there(site: Site) -> None:
    network = site.network(name="blue")
    head = site.log.head()
    done = site.ledger.commit(UpdateNetwork(network, {"name": "blue"}), by())
    assert body(done.rows[0])["name"] == "blue"
    assert (done.position, site.log.head()) == (0, head)


def test_a_deleted_resource_answers_with_nothing(site: Site) -> None:
    network = site.network()
    assert site.ledger.commit(DeleteNetwork(network), by()).rows == (None,)
    assert site.log.claims() == {}
    assert all_rows(site.log, "network") == []


def test_a_repeated_command_gets_the_reply_of_its_first_time(site: Site) -> None:
    network = site.network()
    site.subnet(network)
    port = a_port(network, name="first")
    first = site.ledger.commit(create(port), by(command_id="c-1"))
    site.ledger.commit(UpdatePort(port.port_id, {"name": "second"}), by())
    head = site.log.head()
    again = site.ledger.commit(create(port), by(command_id="c-1"))
    assert (again.rows, again.position, again.repeated) == (first.rows, first.position, True)
    assert site.log.head() == head
    site.ledger.commit(DeletePort(port.port_id), by())
    assert site.ledger.commit(create(port), by(command_id="c-1")).rows == first.rows


def test_a_repeated_command_that_its_first_time_made_impossible_is_answered_all_the_same(site: Site) -> None:
    network = site.network()
    first = site.ledger.commit(DeleteNetwork(network), by(command_id="c-2"))
    head = site.log.head()
    again = site.ledger.commit(DeleteNetwork(network), by(command_id="c-2"))
    assert (again.rows, again.position, again.repeated) == (first.rows, first.position, True)
    assert site.log.head() == head
    with pytest.raises(Refusal) as refused:
        site.ledger.commit(DeleteNetwork(network), by(command_id="c-3"))
    assert refused.value.status == 404


def test_a_port_with_its_default_group_is_made_from_what_is_known(site: Site) -> None:
    """Network, subnet and group are in the cache; that they are as they were is checked by the append."""
    network = site.network()
    site.subnet(network)
    first = site.ledger.commit(create(a_port(network)), by()).rows[0]
    read: list[tuple[str, str]] = []
    rows = site.log.rows
    site.log.rows = lambda wanted: (read.extend(wanted), rows(wanted))[1]  # type: ignore[method-assign]
    second = site.ledger.commit(create(a_port(network)), by()).rows[0]
    assert first is not None and second is not None and first.columns is not None and second.columns is not None
    assert first.columns["security_groups"] == second.columns["security_groups"] == [default_group_id(US)]
    assert not [kind for kind, _ in read if kind == "security_group"]


def test_a_used_network_is_not_deleted(site: Site) -> None:
    network = site.network()
    site.subnet(network)
    port = site.ledger.commit(create(a_port(network)), by()).rows[0]
    head = site.log.head()
    with pytest.raises(Refusal) as refused:
        site.ledger.commit(DeleteNetwork(network), by())
    assert refused.value.type == "NetworkInUse"
    assert site.log.head() == head
    site.ledger.commit(DeletePort(port.id if port else ""), by())
    site.ledger.commit(DeleteNetwork(network), by())
    assert not [claim for claim in site.log.claims() if not claim.startswith("sg-rule/")]
    check_read_model(site.log)


def test_a_port_that_comes_while_its_network_is_deleted_wins() -> None:
    log = BusyElsewhere()
    site = Site(log)
    network = site.network()
    other = site.replica()
    log.before.append(lambda: other.commit(create(a_port(network)), by()))
    with pytest.raises(Refusal) as refused:
        site.ledger.commit(DeleteNetwork(network), by())
    assert refused.value.type == "NetworkInUse"
    assert len(all_rows(log, "port")) == 1


def test_a_port_that_comes_while_its_subnet_is_deleted_wins() -> None:
    log = BusyElsewhere()
    site = Site(log)
    network = site.network()
    subnet = site.subnet(network)
    other = site.replica()
    log.before.append(lambda: other.commit(create(a_port(network)), by()))
    with pytest.raises(Refusal) as refused:
        site.ledger.commit(DeleteSubnet(subnet), by())
    assert refused.value.type == "SubnetInUse"


def test_a_subnet_deleted_while_a_port_is_made_gives_it_no_address() -> None:
    log = BusyElsewhere()
    site = Site(log)
    network = site.network()
    subnet = site.subnet(network)
    other = site.replica()
    log.before.append(lambda: other.commit(DeleteSubnet(subnet), by()))
    assert addresses(site.ledger.commit(create(a_port(network)), by()).rows[0]) == []
    check_read_model(log)


def test_an_update_that_was_overtaken_is_decided_again() -> None:
    log = BusyElsewhere()
    site = Site(log)
    port = a_port(site.network())
    site.ledger.commit(create(port), by())
    log.before.append(lambda: site.replica().commit(UpdatePort(port.port_id, {"name": "theirs"}), by()))
    (row,) = site.ledger.commit(UpdatePort(port.port_id, {"description": "ours"}), by()).rows
    assert (body(row)["name"], body(row)["description"]) == ("theirs", "ours")
    check_read_model(log)


def test_if_match_is_checked_against_what_is_there_in_the_end() -> None:
    log = BusyElsewhere()
    site = Site(log)
    network = site.network()
    log.before.append(lambda: site.replica().commit(UpdateNetwork(network, {"name": "theirs"}), by()))
    with pytest.raises(Refusal) as refused:
        site.ledger.commit(UpdateNetwork(network, {"name": "ours"}, if_revision=1), by())
    assert refused.value.status == 412


def test_many_callers_get_distinct_addresses_and_no_error(site: Site) -> None:
    network = site.network()
    subnet = site.subnet(network, "10.0.0.0/16")
    proposals = itertools.count(20)

    def ask(questions: list[Any]) -> list[Any]:
        """Proposes every address twice, as two ipam replicas might; what is asked again gets one of its own."""
        answers: list[Any] = []
        for one in questions:
            number = next(proposals)
            answers.append((FixedIp(subnet, f"10.0.2.{number}" if one.avoid else f"10.0.1.{number // 2}"),))
        return answers

    ledger = site.replica(ask)
    results: list[Any] = []

    def client(number: int) -> None:
        for each in range(5):
            port = a_port(network, mac_address=f"fa:16:3e:77:{number:02x}:{each:02x}")
            try:
                results.append(addresses(ledger.commit(create(port), by()).rows[0])[0])
            except Refusal as refusal:
                results.append(refusal)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not [one for one in results if isinstance(one, Refusal)]
    assert len(set(results)) == 40
    check_read_model(site.log)


def test_what_the_store_cannot_hold_fails_alone() -> None:
    class Choking(MemoryLog):
        def append(self, batch: Sequence[Append]) -> list[Outcome]:
            started.set()
            go.wait(5)
            if any("poison" in row.body for one in batch for row in one.rows):
                raise ValueError("cannot hold this")
            return super().append(batch)

    started, go = threading.Event(), threading.Event()
    site = Site(Choking())
    names = ["first", "good", "poison", "fine"]
    outcomes: dict[str, Any] = {}

    def client(name: str) -> None:
        try:
            command = CreateNetworks((NewNetwork(new_id(), US, name=name),))
            outcomes[name] = body(site.ledger.commit(command, by()).rows[0])["name"]
        except ValueError as error:
            outcomes[name] = str(error)

    threads = [threading.Thread(target=client, args=(name,)) for name in names]
    threads[0].start()
    assert started.wait(5)
    for thread in threads[1:]:
        thread.start()
    go.set()
    for thread in threads:
        thread.join(5)
    assert outcomes == {"first": "first", "good": "good", "poison": "cannot hold this", "fine": "fine"}


def test_a_store_that_is_away_is_said_so_and_comes_back(site: Site) -> None:
    class Away(MemoryLog):
        away = True

        def append(self, batch: Sequence[Append]) -> list[Outcome]:
            if self.away:
                raise unavailable("The database does not answer now.")
            return super().append(batch)

    log = Away()
    site = Site(log)
    with pytest.raises(Refusal) as refused:
        site.network()
    assert refused.value.status == 503
    log.away = False
    site.network()
    assert log.head() == 1


def test_a_store_that_is_away_is_not_asked_twice_for_one_answer() -> None:
    class Away(MemoryLog):
        asked = 0

        def append(self, batch: Sequence[Append]) -> list[Outcome]:
            if self.head() == 0:
                return super().append(batch)
            self.asked += 1
            raise unavailable("The database does not answer now.")

    log = Away()
    site = Site(log)
    network = site.network()
    with pytest.raises(Refusal) as refused:
        site.ledger.commit(create(a_port(network)), by())
    assert (refused.value.status, log.asked) == (503, 1)


def test_thirty_clients_changing_one_network_all_get_through(site: Site) -> None:
    network = site.network()
    revisions: list[int] = []

    def client(number: int) -> None:
        (row,) = site.ledger.commit(UpdateNetwork(network, {"name": f"n{number}"}), by()).rows
        revisions.append(body(row)["revision_number"])

    threads = [threading.Thread(target=client, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(revisions) == list(range(2, 32))


def test_endless_contention_ends_in_busy(site: Site) -> None:
    class Contended(MemoryLog):
        attempts = 0

        def append(self, batch: Sequence[Append]) -> list[Outcome]:
            self.attempts += 1
            return [StaleVersion(one.changes[0].stream, 9) for one in batch]

    log = Contended()
    with pytest.raises(Refusal) as refused:
        Site(log).network()
    assert (refused.value.status, refused.value.type) == (409, "RetryRequest")
    assert log.attempts == RETRIES


def test_what_was_deleted_does_not_come_back_under_its_id(site: Site) -> None:
    hello = RegisterAgent(new_id(), "compute1", "L3 agent", "neutron-l3-agent", "", {})
    site.ledger.commit(hello, by())
    site.ledger.commit(DeleteAgent(hello.agent_id), by())
    for ledger in (site.ledger, site.replica()):
        with pytest.raises(Refusal) as refused:
            ledger.commit(hello, by())
        assert (refused.value.status, refused.value.type) == (409, "Ended")
    assert site.log.rows([("agent", hello.agent_id)]) == {}


def test_an_agent_that_says_hello_to_two_replicas_at_once_is_registered_once(site: Site) -> None:
    hello = RegisterAgent(new_id(), "compute1", "L3 agent", "neutron-l3-agent", "", {})
    replicas = [site.replica() for _ in range(8)]
    start = threading.Barrier(len(replicas))

    def say(ledger: Any) -> None:
        start.wait()
        ledger.commit(hello, by())

    threads = [threading.Thread(target=say, args=(ledger,)) for ledger in replicas]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.version for one in site.log.read(0, 100)] == [1]
