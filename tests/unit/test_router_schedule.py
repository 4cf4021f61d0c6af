"""Which L3 agent runs a router: its ports go where it goes, in the same commit."""

from __future__ import annotations

from dataclasses import replace

from libs.commands import UnscheduleRouter
from libs.events import (
    FloatingIpBecameActive,
    FloatingIpWentDown,
    PortBindingFailed,
    PortBound,
    PortUnbound,
    PortWentDown,
    RouterScheduled,
    RouterUnscheduled,
)
from libs.network import decisions
from libs.network.world import ChooseBinding
from tests.unit.edge import L3_TOO, a_bare_router, a_running_edge, an_edge, land, run
from tests.unit.given import Given, admin
from tests.unit.outside import (
    FLOATING,
    FLOATING2,
    GATEWAY_PORT,
    HOLDER2,
    INTERFACE,
    L3,
    PUBLIC,
    ROUTER,
    a_floating_ip,
    stands_for,
)
from tests.unit.people import MAC2, NET, PORT2, a_port, active


def edge() -> Given:
    return an_edge().by(admin())


def running() -> Given:
    return a_running_edge().by(admin())


def places(outcome) -> list[tuple[str, str, str, int]]:
    return [(one.port_id, one.host, one.host_before, one.generation) for one in outcome.of(PortBound)]


def test_a_router_is_given_to_an_agent_and_its_ports_are_bound_there():
    scheduled = edge().when(run())
    assert scheduled.events[0] == RouterScheduled(ROUTER, L3, "net1", "nova")
    assert places(scheduled) == [(GATEWAY_PORT, "net1", "", 1), (INTERFACE, "net1", "", 1)]
    assert [type(one) for one in scheduled.asked] == [ChooseBinding, ChooseBinding]
    server = scheduled.after().state("router", ROUTER).server
    assert (server.host, server.agent_id, server.availability_zone) == ("net1", L3, "nova")


def test_a_repeat_changes_nothing():
    again = running().when(run())
    assert again.decision.changes == ()
    assert again.asked == ()


def test_a_router_moves_to_another_host_in_one_commit():
    moved = running().and_then(active("net1", INTERFACE)).when(run("net2", L3_TOO, "agent down"))
    assert moved.events[:2] == (
        RouterUnscheduled(ROUTER, L3, "net1", "agent down"),
        RouterScheduled(ROUTER, L3_TOO, "net2", "nova"),
    )
    assert places(moved) == [(GATEWAY_PORT, "net2", "net1", 2), (INTERFACE, "net2", "net1", 2)]
    assert moved.of(PortWentDown) == [PortWentDown(INTERFACE, "net1", "unbound")]


def test_another_agent_of_the_same_host_moves_no_port():
    moved = running().when(run("net1", L3_TOO))
    moved.then(RouterUnscheduled(ROUTER, L3, "net1", "asked"), RouterScheduled(ROUTER, L3_TOO, "net1", "nova"))


def test_a_port_that_could_not_be_bound_is_bound_by_a_repeat():
    failed = edge().with_broken("net1").when(run())
    assert [one.port_id for one in failed.of(PortBindingFailed)] == [GATEWAY_PORT, INTERFACE]
    still = failed.after().with_broken("net1").when(run())
    assert still.decision.changes == ()
    mended = failed.after().when(run())
    assert [type(one) for one in mended.events] == [PortBound, PortBound]


def test_a_router_is_taken_from_an_agent_and_its_ports_are_unbound():
    running().when(UnscheduleRouter(ROUTER, L3, "agent deleted")).then(
        RouterUnscheduled(ROUTER, L3, "net1", "agent deleted"),
        PortUnbound(GATEWAY_PORT, PUBLIC, "net1"),
        PortUnbound(INTERFACE, NET, "net1"),
    )


def test_to_unbind_ports_their_networks_are_not_read():
    """A network changes more often than a router leaves its host: the one must not hold up the other."""
    needed = decisions.needs(
        UnscheduleRouter(ROUTER, L3), replace(running().when(run()).world, resources=running().resources)
    )
    assert needed[:3] == (f"router-{ROUTER}", f"port-{GATEWAY_PORT}", f"port-{INTERFACE}")
    assert not [one for one in needed if str(one).startswith("network-")]


def test_its_floating_ips_go_down_with_the_router_that_nobody_runs():
    works = (*a_port("10.0.0.5"), *a_floating_ip(), stands_for(), FloatingIpBecameActive(FLOATING, "net1"))
    idle = (*a_port("10.0.0.6", id=PORT2, mac=MAC2), *a_floating_ip("203.0.113.8", FLOATING2, HOLDER2))
    waits = stands_for("10.0.0.6", PORT2, FLOATING2, "203.0.113.8")
    taken = running().and_then(*works, *idle, waits).when(UnscheduleRouter(ROUTER, L3, "agent down"))
    assert taken.of(FloatingIpWentDown) == [FloatingIpWentDown(FLOATING, "net1", "router moved")]
    assert taken.after().state("floatingip", FLOATING).status == "DOWN"


def test_an_agent_gives_up_only_what_it_has():
    running().when(UnscheduleRouter(ROUTER, L3_TOO)).then()
    edge().when(UnscheduleRouter(ROUTER, L3)).then()


def test_a_router_without_ports_is_scheduled_too():
    a_bare_router().by(admin()).when(run()).then(RouterScheduled(ROUTER, L3, "net1", "nova"))


def test_a_router_that_is_gone_is_not_found():
    for command in (run(), UnscheduleRouter(ROUTER, L3)):
        land().by(admin()).when(command).refused(404, "RouterNotFound")
