"""Tags of whatever has them: given, taken away, kept within their number; whose they are to change."""

from __future__ import annotations

import pytest

from libs.commands import AddTags, CreatePorts, NewPort, RemoveTag, ReplaceTags
from libs.events import (
    Event,
    FloatingIpTagsChanged,
    NetworkTagsChanged,
    PortCreated,
    PortTagsChanged,
    RouterTagsChanged,
    SecurityGroupTagsChanged,
    SubnetPoolTagsChanged,
    SubnetTagsChanged,
)
from libs.model import Actor
from libs.network.kinds import body_of, row_of
from libs.network.tags import TAGGED
from tests.unit.given import Given, given, member
from tests.unit.guarded import GROUP, a_group
from tests.unit.outside import FLOATING, ROUTER, a_floating_ip, a_way_out
from tests.unit.people import NET, PORT, PORT2, SUBNET, THEM, US, a_network, a_subnet
from tests.unit.pool_people import POOL, a_pool

IDS = {
    "network": NET,
    "subnet": SUBNET,
    "port": PORT,
    "router": ROUTER,
    "floatingip": FLOATING,
    "security_group": GROUP,
    "subnetpool": POOL,
}
FACTS = {
    "network": NetworkTagsChanged,
    "subnet": SubnetTagsChanged,
    "port": PortTagsChanged,
    "router": RouterTagsChanged,
    "floatingip": FloatingIpTagsChanged,
    "security_group": SecurityGroupTagsChanged,
    "subnetpool": SubnetPoolTagsChanged,
}
PLACES = list(IDS.items())
MANY = tuple(f"tag {number}" for number in range(50))


def land(*events: Event) -> Given:
    """One of each kind, ours; it is us who act."""
    return given(*a_way_out(), *a_floating_ip(), a_group(), a_pool(), *events).by(member(US))


@pytest.mark.parametrize(("kind", "id"), PLACES)
def test_tags_are_given_and_taken_away(kind: str, id: str) -> None:
    tagged = land().when(ReplaceTags(kind, id, ("prod", "blue")))
    tagged.then(FACTS[kind](id, ("blue", "prod"), ()))
    assert tagged.decision is not None and tagged.decision.touched == (f"{kind}-{id}",)
    later = tagged.after().by(member(US))
    assert later.state(kind, id).tags == ("blue", "prod")
    later.when(ReplaceTags(kind, id, ("blue", "red"))).then(FACTS[kind](id, ("red",), ("prod",)))
    later.when(AddTags(kind, id, ("red", "blue"))).then(FACTS[kind](id, ("red",), ()))
    later.when(RemoveTag(kind, id, "prod")).then(FACTS[kind](id, (), ("prod",)))
    later.when(ReplaceTags(kind, id, ())).then(FACTS[kind](id, (), ("blue", "prod")))


@pytest.mark.parametrize(("kind", "id"), PLACES)
def test_tags_are_shown_found_and_counted_as_a_revision(kind: str, id: str) -> None:
    bare = land().resources[f"{kind}-{id}"]
    assert body_of(bare)["tags"] == [] and row_of(bare).columns["tags"] is None
    tagged = land(FACTS[kind](id, ("prod", "blue"), ())).resources[f"{kind}-{id}"]
    assert body_of(tagged) == body_of(bare) | {"tags": ["blue", "prod"], "revision_number": bare.version + 1}
    assert row_of(tagged).columns["tags"] == ["blue", "prod"]


def test_every_kind_but_agents_has_tags() -> None:
    assert set(TAGGED) == set(FACTS)


@pytest.mark.parametrize("command", [ReplaceTags("port", PORT, ("b", "a")), AddTags("port", PORT, ("a",))])
def test_what_is_there_already_is_no_fact(command: ReplaceTags | AddTags) -> None:
    land(PortTagsChanged(PORT, ("a", "b"))).when(command).then()


def test_case_and_blanks_make_another_tag() -> None:
    tagged = land(PortTagsChanged(PORT, ("a",)))
    tagged.when(AddTags("port", PORT, ("A", " a"))).then(PortTagsChanged(PORT, (" a", "A"), ()))
    tagged.when(RemoveTag("port", PORT, "A")).refused(404, "TagNotFound", "Tag A could not be found.")


def test_a_tag_that_is_not_there_cannot_be_removed() -> None:
    land().when(RemoveTag("router", ROUTER, "x")).refused(404, "TagNotFound")


def test_fifty_tags_and_no_more() -> None:
    land().when(ReplaceTags("network", NET, MANY)).then(NetworkTagsChanged(NET, tuple(sorted(MANY)), ()))
    land().when(ReplaceTags("network", NET, (*MANY, MANY[0]))).then(NetworkTagsChanged(NET, tuple(sorted(MANY)), ()))
    full = land(NetworkTagsChanged(NET, MANY, ()))
    full.when(AddTags("network", NET, (MANY[7],))).then()
    for command in (ReplaceTags("network", NET, (*MANY, "one more")), AddTags("network", NET, ("one more",))):
        text = "Bad networks request: The number of tags exceed the per-resource limit of 50."
        full.when(command).refused(400, "BadRequest", text)
    full.when(RemoveTag("network", NET, MANY[3])).then(NetworkTagsChanged(NET, (), (MANY[3],)))


def test_another_revision_is_refused() -> None:
    tagged = land(RouterTagsChanged(ROUTER, ("a",)))
    at = tagged.resources[f"router-{ROUTER}"].version
    tagged.when(RemoveTag("router", ROUTER, "a", at)).then(RouterTagsChanged(ROUTER, (), ("a",)))
    for command in (
        AddTags("router", ROUTER, ("b",), at - 1),
        ReplaceTags("router", ROUTER, (), at + 1),
        RemoveTag("router", ROUTER, "a", at - 1),
    ):
        tagged.when(command).refused(412, "RevisionNumberConstraintFailed")


@pytest.mark.parametrize(("kind", "id"), PLACES)
def test_what_is_not_there_cannot_be_tagged(kind: str, id: str) -> None:
    named = {"floatingip": "FloatingIP", "security_group": "SecurityGroup", "subnetpool": "SubnetPool"}
    name = f"{named.get(kind, kind.capitalize())}NotFound"
    for command in (ReplaceTags(kind, id, ("x",)), AddTags(kind, id, ("x",)), RemoveTag(kind, id, "x")):
        given().when(command).refused(404, name)


def test_the_networks_owner_tags_subnets_of_others_on_it() -> None:
    on_ours = given(a_network(), *a_subnet(project_id=THEM)).by(member(US))
    on_ours.when(AddTags("subnet", SUBNET, ("x",))).then(SubnetTagsChanged(SUBNET, ("x",), ()))


def test_a_port_may_be_born_with_tags() -> None:
    outcome = given(a_network(), *a_subnet()).when(
        CreatePorts((NewPort(PORT, NET, US, tags=("b", "a")), NewPort(PORT2, NET, US)))
    )
    assert outcome.of(PortTagsChanged) == [PortTagsChanged(PORT, ("a", "b"), ())]
    assert [one.port_id for one in outcome.of(PortCreated)] == [PORT, PORT2]
    assert outcome.after().state("port", PORT).tags == ("a", "b")
    given(a_network(), *a_subnet()).when(CreatePorts((NewPort(PORT, NET, US, tags=(*MANY, "one more")),))).refused(
        400, "BadRequest", "Bad ports request", "limit of 50"
    )


def test_a_service_tags_ports_of_any_project() -> None:
    nova = Actor("nova", "service", ("service",))
    land().by(nova).when(AddTags("port", PORT, ("x",))).then(PortTagsChanged(PORT, ("x",), ()))
