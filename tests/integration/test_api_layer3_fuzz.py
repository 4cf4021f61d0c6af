"""Whatever is sent to routers, floating IPs and agents: an answer in Neutron's words, never a fault of ours, never half a change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.model import DHCP_AGENT, L3_AGENT
from services.api.commands import VERBS
from tests.integration.api_world import World, api_world
from tests.integration.layer3_world import agent_on, public, routed

pytestmark = pytest.mark.postgres

TEXTS = (
    "",
    "x",
    "x" * 300,
    "10.0.0.5",
    "203.0.113.5",
    "10.0.0.0/24",
    "fd00::1",
    "a\nb",
    "a\x00b",
    "';--",
    "%s",
    "\u202e",
    "None",
)
HAND = st.sampled_from((*TEXTS, None, True, False, 0, -1, 2**40, 1.5, [], {}))
NOBODY = "5f0c4f6e-6f0a-4e56-9d57-6d4dcb9a3d52"
NAMES = ("network_id", "enable_snat", "external_fixed_ips", "subnet_id", "ip_address", "destination", "nexthop", "x")


class Place:
    """A cloud with one of everything, and the ids that a request may name."""

    def __init__(self, world: World) -> None:
        self.admin, self.log = world.admin, world.log
        external, pool = public(self.admin)
        router, network, subnet = routed(self.admin, external)
        port = self.admin.made("port", network_id=network)["id"]
        floating = self.admin.made("floatingip", floating_network_id=external, port_id=port)["id"]
        l3, dhcp = agent_on(world, "net1", L3_AGENT), agent_on(world, "net1", DHCP_AGENT)
        self.ids = (external, pool, router, network, subnet, port, floating, l3, dhcp)
        changes, interface = f"/v2.0/routers/{router}", ["subnet_id", "port_id"]
        self.requests = (
            ("router", "POST", "/v2.0/routers", sendable("router", 0)),
            ("router", "PUT", changes, sendable("router", 1)),
            ("router", "PUT", f"{changes}/add_extraroutes", ["routes"]),
            ("router", "PUT", f"{changes}/remove_extraroutes", ["routes"]),
            ("", "PUT", f"{changes}/add_router_interface", interface),
            ("", "PUT", f"{changes}/remove_router_interface", interface),
            ("floatingip", "POST", "/v2.0/floatingips", sendable("floatingip", 0)),
            ("floatingip", "PUT", f"/v2.0/floatingips/{floating}", sendable("floatingip", 1)),
            ("agent", "PUT", f"/v2.0/agents/{l3}", sendable("agent", 1)),
            ("", "POST", f"/v2.0/agents/{l3}/l3-routers", ["router_id"]),
            ("", "POST", f"/v2.0/agents/{dhcp}/dhcp-networks", ["network_id"]),
        )


def sendable(kind: str, place: int) -> list[str]:
    """Attributes that may be sent in POST (0) or PUT (1)."""
    return sorted(name for name, may in VERBS[kind].form.attributes.items() if may[place])


@pytest.fixture(scope="module")
def place(database) -> Iterator[Place]:
    for world in api_world(database):
        yield Place(world)


def fitting(name: str, ids: tuple[str, ...]) -> st.SearchStrategy[Any]:
    """Values of the right shape for an attribute; what they name may be of another kind, or not be there."""
    id, address = (
        st.sampled_from((*ids, NOBODY)),
        st.sampled_from(("10.0.0.9", "203.0.113.9", "203.0.113.2", "fd00::1")),
    )
    route = st.fixed_dictionaries({"destination": st.sampled_from(("10.7.0.0/16", "fd01::/64")), "nexthop": address})
    fixed_ip = st.fixed_dictionaries({}, optional={"subnet_id": id, "ip_address": address})
    further = {"enable_snat": st.booleans(), "external_fixed_ips": st.lists(fixed_ip, max_size=2)}
    shapes: dict[str, st.SearchStrategy[Any]] = {
        "external_gateway_info": st.none() | st.fixed_dictionaries({"network_id": id}, optional=further),
        "routes": st.lists(route, max_size=3),
        "admin_state_up": st.booleans(),
        "fixed_ip_address": st.none() | address,
        "floating_ip_address": st.none() | address,
        "port_id": st.none() | id,
        "availability_zone_hints": st.lists(st.sampled_from(("nova", "mars")), max_size=2),
        "name": st.text(max_size=5),
        "description": st.text(max_size=5),
    }
    return shapes.get(name, id)


@st.composite
def bodies(draw: st.DrawFn, kind: str, names: list[str], ids: tuple[str, ...]) -> Any:
    """Mostly attributes that may be sent, of the right shape; now and then odd values, or anything at all."""
    odd = st.recursive(
        HAND | st.sampled_from(ids),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
        max_leaves=6,
    )
    chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
    needed = ["floating_network_id"] if "floating_network_id" in names else []
    one = {name: draw(fitting(name, ids)) for name in (*needed, *chosen)}
    if draw(st.integers(0, 4)) == 4:
        one[chosen[0]] = draw(odd)
    shaped: Any = {kind: one} if kind else one
    how = draw(st.integers(0, 9))
    return shaped if how < 7 else {f"{kind}s": [one, one]} if how == 7 else one if how == 8 else draw(odd)


@settings(
    max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_odd_bodies_are_refused_or_understood(place: Place, data: st.DataObject) -> None:
    kind, method, path, names = data.draw(st.sampled_from(place.requests))
    body = data.draw(bodies(kind, names, place.ids))
    before = place.log.head()
    seen = place.admin.call(method, path, body)
    assert seen.status < 500, (method, path, body, seen.text)
    if seen.status >= 400:
        status, type = seen.error
        assert type and len(seen.text) < 5000 and place.log.head() == before, (method, path, body)


@settings(
    max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_odd_questions_are_refused_or_answered(place: Place, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(("router", "floatingip", "agent")))
    controls = ["fields", "sort_key", "sort_dir", "limit", "marker", "page_reverse", "changed_since"]
    name = st.sampled_from([*VERBS[kind].form.attributes, *controls])
    text = st.sampled_from(("", "x", "1", "asc", "id", "True", "203.0.113.2", "%27", "%25s", "a%00b", *place.ids))
    pairs = data.draw(st.lists(st.tuples(name, text), max_size=4))
    query = "&".join(f"{name}={text}" for name, text in pairs)
    seen = place.admin.get(f"/v2.0/{kind}s?{query}")
    assert seen.status in (200, 400, 404), (query, seen.text)
    assert seen.status == 200 or seen.error
