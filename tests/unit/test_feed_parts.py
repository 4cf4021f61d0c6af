"""A report that is too long for one message goes in several, which together say the same."""

from __future__ import annotations

import json
from operator import attrgetter

from libs.codec.messages import message_to_json
from libs.feed import FloatingIpReport, PortReport, Routing, Wiring, parts_of
from libs.model import ACTIVE, DOWN
from services.topology.status import Bound
from services.topology.status import reports as reports_of
from tests.fakes.dhcp_facts import an_id

MESSAGE_LIMIT = 256 * 1024


def reports(count: int) -> tuple[FloatingIpReport, ...]:
    return tuple(FloatingIpReport(an_id(number * 7919 % 10_007), an_id(1), "10.0.0.5", True) for number in range(count))


def test_what_fits_goes_as_it_is() -> None:
    wiring, routing = Wiring((PortReport("a", 1, True),)), Routing(reports(3), complete=True)
    assert (parts_of(None), parts_of(wiring), parts_of(routing)) == ((), (wiring,), (routing,))


def test_a_complete_report_of_many_ports_in_parts_changes_what_the_whole_would() -> None:
    wired = tuple(PortReport(an_id(number * 7919 % 10_007), 1, True) for number in range(3_000))
    whole = Wiring(wired, complete=True)
    bound = {an_id(number): Bound(ACTIVE if number % 2 else DOWN, 1) for number in range(0, 10_100, 3)}
    parts = [part for part in parts_of(whole) if isinstance(part, Wiring)]
    assert len(parts) == 6 and all(len(json.dumps(message_to_json(part))) < MESSAGE_LIMIT for part in parts)
    told = []
    for part in parts:
        about = {id: one for id, one in bound.items() if part.after < id and (not part.upto or id <= part.upto)}
        told += reports_of(part, "h", about)
    key = attrgetter("port_id")
    assert sorted(told, key=key) == sorted(reports_of(whole, "h", bound), key=key)
    assert {one.wired for one in told} == {True, False}


def test_changes_of_many_ports_are_told_in_their_order() -> None:
    news = tuple(PortReport(f"p{number % 700:03}", number, number % 2 == 0) for number in range(1_400))
    last: dict[str, PortReport] = {}
    for part in parts_of(Wiring(news)):
        assert isinstance(part, Wiring) and not (part.complete or part.after or part.upto)
        last |= {one.port_id: one for one in part.ports}
    assert last == {one.port_id: one for one in news}


def test_changes_of_many_floating_ips_are_all_told_each_once() -> None:
    told = [one for part in parts_of(Routing(reports(1_201))) for one in part.floatingips]  # type: ignore[union-attr]
    assert sorted(told, key=lambda one: one.floatingip_id) == sorted(reports(1_201), key=lambda one: one.floatingip_id)


def test_a_complete_report_in_parts_covers_every_id_exactly_once() -> None:
    parts = [part for part in parts_of(Routing(reports(5_000), complete=True)) if isinstance(part, Routing)]
    assert all(len(json.dumps(message_to_json(part))) < MESSAGE_LIMIT for part in parts)
    for number in (0, 1, 4_999, 9_000, 10_006, 20_000):
        covering = [
            one
            for one in parts
            if one.complete and one.after < an_id(number) and (not one.upto or an_id(number) <= one.upto)
        ]
        assert len(covering) == 1
    for part in parts:
        assert all(
            part.after < one.floatingip_id and (not part.upto or one.floatingip_id <= part.upto)
            for one in part.floatingips
        )
    assert sum(len(part.floatingips) for part in parts) == 5_000
