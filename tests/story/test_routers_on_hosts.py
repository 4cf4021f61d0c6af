"""Whatever was asked of routers and floating IPs: what the hosts that run them do with packets is what the log says."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from libs.eventlog.protocol import Recorded
from libs.materialise.l3 import Place
from libs.network.floatingip import FloatingIp
from libs.network.resources import fold_recorded, kind_and_id
from libs.network.router import Router
from tests.fakes.l3_brain import a_brain, namespace
from tests.fakes.router_host import FakeRouters
from tests.story.cloud import Cloud
from tests.story.layer3 import L3_AGENTS
from tests.story.play import NAMES, Play

STRANGER = "192.0.2.99"
_BEGINNING = [("run", 0, 1), ("floating", 0, 1), ("floating", 0, 2)]  # or hardly any play comes so far
_steps = st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 23), st.integers(0, 23)), min_size=5, max_size=60)


@settings(max_examples=60, deadline=None)
@given(_steps, st.integers(1, 9))
def test_hosts_do_what_the_log_says(steps: list[tuple[str, int, int]], restart_every: int) -> None:
    play = Play(Cloud())
    for name, a, b in [*_BEGINNING, *steps]:
        play.step(name, a, b)
    said = list(play.cloud.log.read(0, 100_000))
    for host in sorted(L3_AGENTS):
        lived = step_by_step(host, said, restart_every)
        at_once = FakeRouters()
        brain = a_brain(at_once, said, place=Place(host, "/state"))
        brain.apply()
        assert brain.load()["failing"] == 0
        assert lived.snapshot() == at_once.snapshot()
        floating_ips_lead_where_they_should(host, lived, said)


def step_by_step(host: str, said: list[Recorded], restart_every: int) -> FakeRouters:
    """Each fact applied as it comes, by agents that are killed now and then."""
    place, kernel = Place(host, "/state"), FakeRouters()
    brain = a_brain(kernel, place=place)
    for number, recorded in enumerate(said, 1):
        brain.take(recorded)
        brain.apply()
        assert brain.load()["failing"] == 0
        if number % (7 * restart_every) == 0:
            brain = a_brain(kernel, said[:number], place=place)
            brain.apply()
            assert brain.tally.total == 0, "a restart touches nothing"
    return kernel


def floating_ips_lead_where_they_should(host: str, kernel: FakeRouters, said: list[Recorded]) -> None:
    """Those of this host's routers to their servers, from outside; no other address leads anywhere."""
    states = {kind_and_id(stream): one.state for stream, one in fold_recorded(said).items() if one is not None}
    routers = {id: state for (kind, id), state in states.items() if kind == "router"}
    here = {id for id, router in routers.items() if router.host == host}
    assert set(kernel.namespaces) == {namespace(id) for id in here}
    for state in states.values():
        if isinstance(state, FloatingIp):
            for router_id in here:
                wanted = state.target.ip_address if state.target and state.target.router_id == router_id else ""
                assert led(kernel, routers[router_id], state.floating_ip_address) == wanted


def led(kernel: FakeRouters, router: Router, floating: str) -> str:
    """Who is asked when somebody outside asks there by way of this router, empty for nobody."""
    space = namespace(router.id)
    table = kernel.namespaces[space].table
    if table is None or floating not in table.maps["fip_dnat"]:
        return ""
    if not router.admin_state_up or kernel.namespaces[space].way_to(table.maps["fip_dnat"][floating]) == "":
        return table.maps["fip_dnat"][floating]
    return kernel.connect(space, "qg-", STRANGER, floating)[0]
