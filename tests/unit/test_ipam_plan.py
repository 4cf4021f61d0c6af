"""Which addresses a port gets, and what happens when several choose at once."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import replace

import pytest

from libs.commands import WantedAddress
from libs.errors import Refusal
from libs.eventlog.protocol import LogIdentity, Recorded
from libs.events import AddressAllocated, AddressReleased, Event, SubnetCreated, SubnetDeleted, SubnetPoolsChanged
from libs.model import AddressRange, FixedIp
from libs.network.world import ChooseAddresses
from services.ipam.book import CHECK_SECONDS, AddressBook
from services.ipam.plan import KEEP_SECONDS, AddressPlan

NET = "net"


def v4(id: str = "s4", first: int = 2, last: int = 254, octet: int = 0) -> SubnetCreated:
    pools = (AddressRange(f"10.0.{octet}.{first}", f"10.0.{octet}.{last}"),)
    return SubnetCreated(id, NET, "p", "", "", 4, f"10.0.{octet}.0/24", f"10.0.{octet}.1", pools, (), (), True)


def v6(id: str, mode: str | None, prefix: str = "fd00") -> SubnetCreated:
    pools = (AddressRange(f"{prefix}::2", f"{prefix}::ffff:ffff:ffff:ffff"),)
    return SubnetCreated(
        id, NET, "p", "", "", 6, f"{prefix}::/64", f"{prefix}::1", pools, (), (), True, mode, mode
    )  # fmt: skip


class Ledgerlet:
    """A log of addresses that refuses to give one twice, as the claims of the real one do."""

    def __init__(self, *events: Event) -> None:
        self.facts: list[Recorded] = []
        self.owner: dict[FixedIp, str] = {}
        self.epoch, self.reads, self._lock = 1, 0, threading.Lock()
        for event in events:
            self.record(event)

    def record(self, event: Event) -> None:
        subnet = getattr(event, "subnet_id", "")
        address = isinstance(event, AddressAllocated | AddressReleased)
        stream = f"port-{event.port_id}" if address else f"subnet-{subnet}"  # type: ignore[union-attr]
        version = 1 + sum(one.stream == stream for one in self.facts)
        self.facts.append(Recorded(len(self.facts) + 1, stream, version, event, {}, ""))

    def commit(self, port: str, addresses: tuple[FixedIp, ...]) -> FixedIp | None:
        """Write it, or name an address that another port holds."""
        with self._lock:
            for one in addresses:
                if self.owner.get(one, port) != port:
                    return one
            for one in addresses:
                self.owner[one] = port
                self.record(AddressAllocated(port, one.subnet_id, one.ip_address))
        return None

    def free(self, port: str) -> None:
        with self._lock:
            for one in [one for one, owner in self.owner.items() if owner == port]:
                del self.owner[one]
                self.record(AddressReleased(port, one.subnet_id, one.ip_address))

    def identity(self) -> LogIdentity:
        return LogIdentity("log", self.epoch)

    def head(self) -> int:
        return len(self.facts)

    def read(self, after: int, limit: int) -> list[Recorded]:
        self.reads += 1
        return self.facts[after : after + limit]


def plan_over(log: Ledgerlet, seed: int = 1) -> AddressPlan:
    plan = AddressPlan(randrange=random.Random(seed).randrange)
    for recorded in log.facts:
        plan.take(recorded)
    return plan


def book_over(log: Ledgerlet, seed: int = 1) -> AddressBook:
    class NoNews:
        def wait(self, seconds: float) -> list[Recorded]:
            time.sleep(0.01)
            return []

    return AddressBook(log, lambda: plan_over(log, seed), lambda position: NoNews())


def ask(port: str = "p1", *subnets: str, wanted: tuple[WantedAddress, ...] | None = None) -> ChooseAddresses:
    return ChooseAddresses(port, NET, None, tuple((id, 1) for id in subnets or ("s4",)), wanted)


def only(answers: list[object]) -> str:
    (answer,) = answers
    assert isinstance(answer, tuple), answer
    (one,) = answer
    return str(one.ip_address)


def test_a_port_gets_one_address_of_each_ip_version() -> None:
    log = Ledgerlet(v4(), v4("more", octet=1), v6("s6", "dhcpv6-stateful"), v6("auto", "slaac", "fd01"))
    found = plan_over(log).choose(ask("p1", "s4", "more", "s6", "auto"), 0.0)
    assert found == (FixedIp("s4", "10.0.0.2"), FixedIp("s6", "fd00::2"))


def test_the_next_subnet_of_the_same_version_helps_out() -> None:
    plan = plan_over(Ledgerlet(v4("small", 2, 2), v4("large", octet=1)))
    got = [plan.choose(ask(f"p{n}", "small", "large"), 0.0)[0].ip_address for n in range(3)]
    assert got == ["10.0.0.2", "10.0.1.2", "10.0.1.3"]


def test_named_subnets_are_chosen_from_also_twice_and_also_automatic_ones() -> None:
    plan = plan_over(Ledgerlet(v4(), v6("auto", "slaac")))
    wanted = (WantedAddress("s4"), WantedAddress("s4"), WantedAddress("auto"))
    found = plan.choose(ask("router", "s4", "auto", wanted=wanted), 0.0)
    assert [one.ip_address for one in found] == ["10.0.0.2", "10.0.0.3", "fd00::2"]


@pytest.mark.parametrize(
    ("wish", "type"),
    [
        (WantedAddress(None, "192.0.2.1"), "InvalidIpForNetwork"),
        (WantedAddress("s4", "10.0.0.255"), "InvalidIpForNetwork"),
        (WantedAddress("unknown"), "IpAddressGenerationFailure"),
    ],
)
def test_wishes_that_cannot_be_fulfilled(wish: WantedAddress, type: str) -> None:
    with pytest.raises(Refusal) as refused:
        plan_over(Ledgerlet(v4())).choose(ask(wanted=(wish,)), 0.0)
    assert refused.value.type == type


def test_a_named_address_is_proposed_until_the_log_has_said_that_it_is_taken() -> None:
    plan, question = plan_over(Ledgerlet(v4())), ask(wanted=(WantedAddress("s4", "10.0.0.9"),))
    assert plan.choose(question, 0.0) == (FixedIp("s4", "10.0.0.9"),)
    with pytest.raises(Refusal, match="already allocated"):
        plan.choose(replace(question, avoid=(FixedIp("s4", "10.0.0.9"),)), 0.0)


def test_a_refused_port_gives_back_what_it_had_got_so_far() -> None:
    plan = plan_over(Ledgerlet(v4(last=2), v4("full", 2, 2, octet=1)))
    plan.choose(ask("other", "full"), 0.0)
    both = (WantedAddress("s4"), WantedAddress("full"))
    with pytest.raises(Refusal):
        plan.choose(ask("p", "s4", "full", wanted=both), 0.0)
    assert plan.choose(ask("q", "s4"), 0.0)[0].ip_address == "10.0.0.2"


def test_a_full_subnet_is_refused_as_neutron_does_and_has_room_after_a_release() -> None:
    log = Ledgerlet(v4(last=3))
    book = book_over(log)
    for port in ("a", "b"):
        assert log.commit(port, book.answer([ask(port)])[0]) is None  # type: ignore[arg-type]
    (refusal,) = book.answer([ask("c")])
    assert isinstance(refusal, Refusal)
    assert (refusal.status, refusal.type) == (409, "IpAddressGenerationFailure")
    assert NET in refusal.message
    log.free("a")
    assert only(book.answer([ask("c")])) == "10.0.0.2", "read the log before saying that nothing is left"


def test_a_proposal_that_came_to_nothing_is_free_after_a_while() -> None:
    plan = plan_over(Ledgerlet(v4(last=2)))
    plan.choose(ask("p"), 0.0)
    with pytest.raises(Refusal):
        plan.choose(ask("q"), KEEP_SECONDS - 0.1)
    assert plan.choose(ask("q"), KEEP_SECONDS + 0.1)[0].ip_address == "10.0.0.2"


def test_an_asker_who_knows_a_newer_subnet_is_answered_from_the_newer_log() -> None:
    log = Ledgerlet(v4())
    book = book_over(log)
    log.record(SubnetPoolsChanged("s4", (), (AddressRange("10.0.0.100", "10.0.0.101"),)))
    log.record(v4("new", octet=1))
    newer = ChooseAddresses("p", NET, None, (("s4", 2),), None)
    assert only(book.answer([newer])) == "10.0.0.100"
    assert only(book.answer([ask("q", "new")])) == "10.0.1.2"
    reads = log.reads
    book.answer([ask("r", "new")])
    assert log.reads == reads, "nothing new, nothing read"


def test_a_log_of_another_epoch_is_read_anew_though_news_never_end() -> None:
    """A restored database under load: there is always something new, and what was known before is not so any more."""
    log, tails = Ledgerlet(v4(last=4), AddressAllocated("p", "s4", "10.0.0.2")), list[int]()

    class News:
        def __init__(self, position: int) -> None:
            tails.append(position)

        def wait(self, seconds: float) -> list[Recorded]:
            time.sleep(0.01)
            return log.facts[-1:]

    book = AddressBook(log, lambda: plan_over(log), News)
    thread = threading.Thread(target=book.run, daemon=True)
    thread.start()
    log.facts, log.epoch = log.facts[:1], 2
    deadline = time.monotonic() + 3 * CHECK_SECONDS
    while len(tails) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    book.close()
    thread.join(5)
    assert tails == [2, 1], "followed from where the new past ends"


def test_a_deleted_subnet_is_not_chosen_from() -> None:
    log = Ledgerlet(v4(), v4("old", octet=1))
    log.record(SubnetDeleted("old", NET, "p", "10.0.1.0/24"))
    with pytest.raises(Refusal):
        plan_over(log).choose(ask("p", "old"), 0.0)


def test_following_is_idempotent() -> None:
    log = Ledgerlet(v4(last=4), AddressAllocated("p", "s4", "10.0.0.2"), AddressReleased("p", "s4", "10.0.0.2"))
    plan = plan_over(log)
    got = [plan.choose(ask("q0"), 0.0)[0].ip_address]
    for recorded in log.facts:
        plan.take(recorded)
    got += [plan.choose(ask(f"q{n}"), 0.0)[0].ip_address for n in (1, 2)]
    assert got == ["10.0.0.3", "10.0.0.4", "10.0.0.2"]


def test_32_askers_at_once_get_distinct_addresses_at_the_first_try() -> None:
    log = Ledgerlet(v4())
    book, start, lost = book_over(log), threading.Barrier(32), []

    def port(number: int) -> None:
        start.wait()
        for turn in range(5):
            name = f"p{number}-{turn}"
            lost.append(log.commit(name, book.answer([ask(name)])[0]))  # type: ignore[arg-type]

    threads = [threading.Thread(target=port, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert lost == [None] * 160
    assert len(log.owner) == 160


@pytest.mark.parametrize("size", [20, 200])
def test_two_ipams_that_choose_blindly_from_one_subnet_do_not_collide_for_ever(size: int) -> None:
    log = Ledgerlet(v4(last=size + 1))
    books, collisions = (book_over(log, 1), book_over(log, 2)), 0
    for number in range(size):
        question, tries = ask(f"p{number}"), 0
        while True:
            answer = books[(number + tries) % 2].answer([question])[0]
            assert isinstance(answer, tuple), answer
            taken = log.commit(question.port_id, answer)
            if taken is None:
                break
            question, tries = replace(question, avoid=(*question.avoid, taken)), tries + 1
            assert tries < 10, "as many tries as a commit has"
        collisions += tries
    assert len(log.owner) == size
    assert collisions < size


def test_two_ipams_asked_in_the_same_instant_again_and_again_part_company() -> None:
    log = Ledgerlet(v4())
    books, collisions = (book_over(log, 1), book_over(log, 2)), 0
    for turn in range(50):
        questions = [ask(f"p{turn}-{number}") for number in (0, 1)]
        answers = [book.answer([question])[0] for book, question in zip(books, questions, strict=True)]
        for book, question, answer in zip(books, questions, answers, strict=True):
            while taken := log.commit(question.port_id, answer):  # type: ignore[arg-type]
                collisions += 1
                question = replace(question, avoid=(*question.avoid, taken))
                answer = book.answer([question])[0]
    assert len(log.owner) == 100
    assert collisions <= 10, "each collision sends one of them to another place"


def test_an_ipam_that_is_far_behind_catches_up_at_the_first_collision() -> None:
    log = Ledgerlet(v4())
    behind = book_over(log)
    for number in range(2, 200):
        log.commit(f"p{number}", (FixedIp("s4", f"10.0.0.{number}"),))
    question = ask("q")
    taken = log.commit("q", behind.answer([question])[0])  # type: ignore[arg-type]
    assert taken is not None
    assert log.commit("q", behind.answer([replace(question, avoid=(taken,))])[0]) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("epoch", [1, 2])
def test_a_log_that_went_back_is_read_anew(epoch: int) -> None:
    log = Ledgerlet(v4(last=3), AddressAllocated("p", "s4", "10.0.0.2"))
    book = book_over(log)
    log.facts.pop()
    log.epoch = epoch
    thread = threading.Thread(target=book.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 5
    while book.position != 1:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    book.close()
    thread.join(5)
    assert only(book.answer([ask("q")])) == "10.0.0.2"


def test_a_new_log_in_the_place_of_the_old_one_is_noticed_by_the_first_asker() -> None:
    log = Ledgerlet(v4(last=3), AddressAllocated("p", "s4", "10.0.0.2"))
    book = book_over(log)
    log.facts.clear()
    log.record(v4("new", octet=1))
    assert only(book.answer([ask("q", "new")])) == "10.0.1.2"
