"""What an L3 agent may say of floating IPs, and what it comes to."""

from __future__ import annotations

import pytest

from libs.commands import ReportFloatingIp
from libs.feed import FloatingIpReport, Routing
from libs.model import ACTIVE, DOWN, ERROR
from services.topology import floating
from services.topology.floating import Standing


def works(id: str, working: bool = True, reason: str = "", router: str = "r", address: str = "10.0.0.3") -> Routing:
    return Routing((FloatingIpReport(id, router, address, working, reason),))


def told(message: Routing, **known: str) -> list[tuple[str, str]]:
    """[(id, status)] of the commands; known: {id: status} of router r's floating IPs."""
    standing = {id: Standing("r", "10.0.0.3", status) for id, status in known.items()}
    return [(one.floatingip_id, one.status) for one in floating.reports(message, "h", standing)]


def test_a_report_names_the_senders_host_and_what_the_floating_ip_stands_for() -> None:
    standing = {"f": Standing("r", "10.0.0.3", ACTIVE)}
    [command] = floating.reports(works("f", False, "nft: no such table"), "h", standing)
    assert command == ReportFloatingIp("f", "h", "r", "10.0.0.3", ERROR, "nft: no such table")


def test_it_works_it_failed_it_is_gone() -> None:
    assert told(works("f"), f=DOWN) == [("f", ACTIVE)]
    assert told(works("f"), f=ERROR) == [("f", ACTIVE)]
    assert told(works("f", False, "why"), f=DOWN) == [("f", ERROR)]
    assert told(works("f", False), f=ACTIVE) == [("f", DOWN)]


@pytest.mark.parametrize(
    "message", [works("f"), works("alien"), works("g", router="other"), works("g", address="10.0.0.9")]
)
def test_what_is_known_of_others_or_old_comes_to_nothing(message: Routing) -> None:
    assert told(message, f=ACTIVE, g=DOWN) == []


def test_a_complete_report_takes_down_what_it_does_not_name() -> None:
    message = Routing(works("up").floatingips + works("new").floatingips + works("alien").floatingips, complete=True)
    assert told(message, up=ACTIVE, new=DOWN, gone=ACTIVE, failed=ERROR, silent=DOWN) == [
        ("failed", DOWN),
        ("gone", DOWN),
        ("new", ACTIVE),
    ]


def test_a_complete_report_about_an_older_target_does_not_vouch_for_the_new_one() -> None:
    message = Routing(works("f", address="10.0.0.9").floatingips, complete=True)
    assert told(message, f=ACTIVE) == [("f", DOWN)]
