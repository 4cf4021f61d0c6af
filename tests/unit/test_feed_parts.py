"""A report that is too long for one message goes in several, which together say the same."""

from __future__ import annotations

import json

from libs.codec.messages import message_to_json
from libs.feed import FloatingIpReport, PortReport, Routing, Wiring, parts_of
from tests.fakes.dhcp_facts import an_id

MESSAGE_LIMIT = 256 * 1024


def reports(count: int) -> tuple[FloatingIpReport, ...]:
    return tuple(FloatingIpReport(an_id(number * 7919 % 10_007), an_id(1), "10.0.0.5", True) for number in range(count))


def test_what_fits_goes_as_it_is() -> None:
    wiring, routing = Wiring((PortReport("a", 1, True),)), Routing(reports(3), complete=True)
    assert (parts_of(None), parts_of(wiring), parts_of(routing)) == ((), (wiring,), (routing,))


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
