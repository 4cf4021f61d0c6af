"""What topology says to hosts, and who may say what to topology: the small pure pieces."""

from __future__ import annotations

import pytest

from libs.bus import agent_user, parse_user
from libs.commands import ReportWired
from libs.eventlog.protocol import LogIdentity, Recorded
from libs.events import PortRenamed
from libs.feed import Hello, PortReport, Wiring
from libs.model import ACTIVE, DHCP_AGENT, DOWN, OVS_AGENT
from libs.network.agent import agent_ids
from libs.rates import Rates
from services.topology import feeds, status
from services.topology.model import segments_of
from services.topology.scopes import FeedPlan
from services.topology.senders import registration, sender
from services.topology.status import Bound
from services.topology.watch import Behind

LOG = LogIdentity("log", 3)


def fact(position: int) -> Recorded:
    return Recorded(position, "port-a", position, PortRenamed("a", "x", "y"), {}, "")


def test_a_message_holds_each_fact_once_in_order() -> None:
    plan = FeedPlan((fact(9), fact(7)), ("red",), ("blue",), ("compute2",))
    feed = feeds.message(LOG, 5, 9, plan, {"red": [fact(3), fact(9)]}, {"compute2": [fact(1)], "compute3": [fact(2)]})
    assert [one.position for one in feed.events] == [1, 3, 7, 9]
    assert (feed.log_id, feed.epoch, feed.prev, feed.position) == ("log", 3, 5, 9)
    assert (feed.entered, feed.left) == (("red",), ("blue",))


@pytest.mark.parametrize("host", ["compute1", "Node-07.example.org", "a--2d", "x_y"])
def test_a_host_follows_from_the_brokers_word(host: str) -> None:
    user = agent_user(OVS_AGENT, host)
    who = sender(user, parse_user(user))
    assert who is not None
    assert (who.host, who.agent_type) == (host, OVS_AGENT)
    other = sender(agent_user(DHCP_AGENT, host), parse_user(agent_user(DHCP_AGENT, host)))
    assert other is not None
    assert next(agent_ids(other.host, other.agent_type)) != next(agent_ids(who.host, who.agent_type))


@pytest.mark.parametrize("user", ["netledger", "", "agent-ovs.", "agent-ovs.-zz", "agent-ovs.a-00", "agent-ovs.a-41-"])
def test_a_user_that_stands_for_no_host_is_nobody(user: str) -> None:
    assert sender(user, parse_user(user)) is None


def hello(**changes: object) -> Hello:
    said = {"host": "h", "agent_type": OVS_AGENT, "binary": "b", "availability_zone": "nova", "configurations": {}}
    return Hello(**{**said, **changes})  # type: ignore[arg-type]


def test_a_hello_is_believed_about_its_sender_alone() -> None:
    who = sender("agent-ovs.h", parse_user("agent-ovs.h"))
    assert who is not None
    registered = registration(hello(), who)
    assert registered is not None
    assert registered.agent_id == next(agent_ids("h", OVS_AGENT))
    for lie in ({"host": "g"}, {"agent_type": DHCP_AGENT}, {"binary": "x\ny"}, {"configurations": {"a": "b" * 20_000}}):
        assert registration(hello(**lie), who) is None


def test_a_sender_has_a_burst_and_then_a_rate() -> None:
    rates = Rates(burst=2, per_second=1.0)
    assert [rates.allow("a", 0.0) for _ in range(3)] == [True, True, False]
    assert rates.allow("b", 0.0)
    assert [rates.allow("a", 1.0), rates.allow("a", 1.0)] == [True, False]


def test_single_reports_are_passed_on_with_the_senders_host() -> None:
    message = Wiring((PortReport("p", 4, False, "unplugged"),))
    assert status.reports(message, "h", {"p": Bound(ACTIVE, 4)}) == [ReportWired("p", "h", 4, False, "unplugged")]
    for nothing in ({}, {"other": Bound(ACTIVE, 4)}, {"p": Bound(ACTIVE, 5)}, {"p": Bound(DOWN, 4)}):
        assert status.reports(message, "h", nothing) == []


def test_a_complete_report_only_changes_what_is_not_true() -> None:
    bound = {"up": Bound(ACTIVE, 1), "gone": Bound(ACTIVE, 3), "new": Bound(DOWN, 2), "not yet": Bound(DOWN, 1)}
    message = Wiring(
        (PortReport("up", 1, True), PortReport("new", 2, True), PortReport("alien", 1, True)), complete=True
    )
    assert status.reports(message, "h", bound) == [ReportWired("new", "h", 2, True), ReportWired("gone", "h", 3, False)]


def test_a_host_to_which_a_port_may_move_is_asked_about_that_binding() -> None:
    others = '"made":3,"others":[["h",3,"normal",{},"ovs",{},%s],["old",1,"normal",{},"unbound",{},false]]'
    rows = [
        ("here", "h", ACTIVE, '{"generation":2}'),
        ("ready", "g", ACTIVE, '{"generation":2,' + others % "true" + "}"),
        ("coming", "g", ACTIVE, '{"generation":2,' + others % "false" + "}"),
        ("elsewhere", "g", ACTIVE, '{"generation":2}'),
    ]
    bound = status.bound_on("h", rows)
    assert bound == {"here": Bound(ACTIVE, 2), "ready": Bound(ACTIVE, 3), "coming": Bound(DOWN, 3)}
    message = Wiring((PortReport("here", 2, True), PortReport("coming", 3, True)), complete=True)
    assert status.reports(message, "h", bound) == [
        ReportWired("coming", "h", 3, True),
        ReportWired("ready", "h", 3, False),
    ]


def test_segments_are_read_back_from_claims() -> None:
    assert [
        (one.network_type, one.physical_network, one.segmentation_id)
        for one in segments_of(["vni/7", "vlan/rack/1/42", "flat/public", "ip/s/10.0.0.1"])
    ] == [("vxlan", None, 7), ("vlan", "rack/1", 42), ("flat", "public", None)]


def test_a_host_is_nudged_when_a_further_heartbeat_still_lacks_the_last_message() -> None:
    behind = Behind()
    assert behind.late({"h": (10, 1.0)}, 1.0) == []
    assert behind.late({"h": (10, 1.0)}, 2.0) == [], "no new heartbeat came"
    assert behind.late({"h": (10, 3.0)}, 3.0) == ["h"]
    assert behind.late({"h": (10, 4.0)}, 4.0) == [], "give it time"
    assert behind.late({"h": (10, 9.0)}, 9.0) == ["h"]
    assert behind.late({"h": (11, 9.5)}, 9.5) == [], "that is another message"
    assert behind.late({}, 10.0) == []
