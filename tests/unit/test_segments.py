"""Segments: what topology proposes, and what an administrator may ask for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.errors import Refusal
from libs.model import Segment
from libs.network.world import ChooseSegment
from services.topology.ids import IdPool
from services.topology.segments import SegmentPlan, Segments

PLAN = SegmentPlan(
    tenant_types=("vxlan",),
    vni_ranges=((10, 12), (20, 21)),
    vlan_ranges=(("physnet1", 100, 101), ("public", 0, 0)),
    flat_networks=("public",),
)


def asked(
    kind: str | None = None, physical: str | None = None, number: int | None = None, avoid: tuple[Segment, ...] = ()
) -> ChooseSegment:
    return ChooseSegment("net", kind, physical, number, avoid)


def chosen(segments: Segments, question: ChooseSegment, now: float = 0.0, reached: tuple[str, ...] = ()) -> Segment:
    return segments.choose(question, reached, now).segment


def refusal(question: ChooseSegment, reached: tuple[str, ...] = ()) -> Refusal:
    with pytest.raises(Refusal) as caught:
        Segments(PLAN).choose(question, reached, 0.0)
    return caught.value


def test_tenant_networks_get_distinct_vnis_until_the_ranges_are_used_up() -> None:
    segments = Segments(PLAN)
    numbers = [chosen(segments, asked()).segmentation_id for _ in range(5)]
    assert numbers == [10, 11, 12, 20, 21]
    with pytest.raises(Refusal) as full:
        chosen(segments, asked())
    assert (full.value.status, full.value.type) == (503, "NoNetworkAvailable")


def test_a_deleted_networks_vni_is_given_again_after_all_others() -> None:
    segments = Segments(PLAN)
    for _ in range(4):
        segments.take(chosen(segments, asked()))
    segments.release(Segment("vxlan", None, 11))
    assert [chosen(segments, asked()).segmentation_id for _ in range(2)] == [21, 11]


def test_a_proposal_that_nobody_took_comes_back() -> None:
    segments = Segments(SegmentPlan(vni_ranges=((7, 7),)))
    assert chosen(segments, asked(), now=0.0).segmentation_id == 7
    with pytest.raises(Refusal):
        chosen(segments, asked(), now=1.0)
    assert chosen(segments, asked(), now=60.0).segmentation_id == 7


def test_what_was_found_taken_is_not_proposed_again_but_not_forgotten_either() -> None:
    segments = Segments(SegmentPlan(vni_ranges=((7, 8),)))
    seven = Segment("vxlan", None, 7)
    assert chosen(segments, asked(avoid=(seven,))).segmentation_id == 8
    assert chosen(segments, asked(), now=1.0).segmentation_id == 7


def test_replicas_start_at_different_places() -> None:
    ours, theirs = Segments(PLAN, seed=0), Segments(PLAN, seed=3)
    assert chosen(ours, asked()) != chosen(theirs, asked())


def test_tenant_types_are_tried_in_order() -> None:
    plan = SegmentPlan(("vlan", "vxlan"), ((1, 9),), (("physnet1", 5, 5),))
    segments = Segments(plan)
    assert chosen(segments, asked()) == Segment("vlan", "physnet1", 5)
    assert chosen(segments, asked()) == Segment("vxlan", None, 1)


def test_a_vlan_is_chosen_on_the_asked_physical_network_or_on_any() -> None:
    segments = Segments(PLAN)
    assert chosen(segments, asked("vlan", "physnet1")) == Segment("vlan", "physnet1", 100)
    assert chosen(segments, asked("vlan")) == Segment("vlan", "physnet1", 101)


@pytest.mark.parametrize(
    ("kind", "mtu"), [(asked("vxlan", None, 5), 8950), (asked("vlan", "physnet1", 5), 9000), (asked("local"), 9000)]
)
def test_vxlan_leaves_room_for_its_headers(kind: ChooseSegment, mtu: int) -> None:
    plan = SegmentPlan(vlan_ranges=(("physnet1", 0, 0),), physical_mtu=9000)
    assert Segments(plan).choose(kind, (), 0.0).mtu == mtu


def test_given_parts_are_kept_even_outside_the_ranges() -> None:
    segments = Segments(PLAN)
    assert chosen(segments, asked("vxlan", None, 2**24 - 1)) == Segment("vxlan", None, 2**24 - 1)
    assert chosen(segments, asked("vlan", "public", 4094)) == Segment("vlan", "public", 4094)
    assert chosen(segments, asked("flat", "public")) == Segment("flat", "public")


def test_a_physical_network_that_only_an_agent_names_is_known() -> None:
    assert chosen(Segments(PLAN), asked("vlan", "rack7", 8), reached=("rack7",)) == Segment("vlan", "rack7", 8)
    assert chosen(Segments(PLAN), asked("flat", "rack7"), reached=("rack7",)) == Segment("flat", "rack7")


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (asked(None, "physnet1"), "network_type required"),
        (asked(None, None, 5), "network_type required"),
        (asked("gre", None, 5), "network_type value 'gre' not supported"),
        (asked("geneve"), "network_type value 'geneve' not supported"),
        (asked("vlan", "nowhere", 5), "physical_network 'nowhere' unknown for VLAN provider network"),
        (asked("vlan", None, 5), "segmentation_id requires physical_network for VLAN provider network"),
        (asked("vlan", "physnet1", 4095), "segmentation_id out of range (1 through 4094)"),
        (asked("vlan", "physnet1", 0), "segmentation_id out of range (1 through 4094)"),
        (
            asked("vlan", "public"),
            "Physical network public requires segmentation_id to be specified when creating a provider network",
        ),
        (asked("flat"), "physical_network required for flat provider network"),
        (asked("flat", "nowhere"), "physical_network 'nowhere' unknown for flat provider network"),
        (asked("flat", "public", 5), "segmentation_id prohibited for flat provider network"),
        (asked("local", "public"), "physical_network prohibited for local provider network"),
        (asked("local", None, 1), "segmentation_id prohibited for local provider network"),
        (asked("vxlan", "public"), "physical_network prohibited for vxlan provider network"),
        (asked("vxlan", None, 2**24), "segmentation_id out of range (1 through 16777215)"),
        (asked("vxlan", None, 0), "segmentation_id out of range (1 through 16777215)"),
    ],
)
def test_senseless_provider_attributes_are_refused_in_neutrons_words(question: ChooseSegment, text: str) -> None:
    refused = refusal(question)
    assert (refused.status, refused.type) == (400, "InvalidInput")
    assert refused.message == f"Invalid input for operation: {text}."


def test_flat_networks_star_admits_every_name() -> None:
    assert chosen(Segments(SegmentPlan(flat_networks=("*",))), asked("flat", "any")) == Segment("flat", "any")


@given(st.lists(st.tuples(st.sampled_from("tpr"), st.integers(1, 12)), max_size=60), st.integers(0, 40))
def test_a_pool_never_proposes_what_is_taken_and_finds_all_that_is_free(
    steps: list[tuple[str, int]], seed: int
) -> None:
    pool, taken, now = IdPool([(1, 4), (7, 10)], seed), set[int](), 0.0
    for step, number in steps:
        now += 100.0  # every earlier proposal has expired
        if step == "t":
            pool.take(number)
            taken.add(number)
        elif step == "r" and number in taken:
            pool.release(number)
            taken.discard(number)
        elif step == "p":
            assert pool.propose((), now) not in taken
    free = {1, 2, 3, 4, 7, 8, 9, 10} - taken
    found = {pool.propose((), now + 1000.0) for _ in range(len(free))}
    assert found == free
