"""Resources, their rows and their facts: three forms of one thing."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from libs.eventlog.protocol import Recorded
from libs.events import AgentRegistered, AgentWentDown
from libs.network.kinds import KINDS, body_of, gone, resource_of, row_of
from libs.network.resources import apply_events, fold_recorded, kind_and_id
from libs.network.world import Resource
from tests.unit.given import AT
from tests.unit.given import given as given_events
from tests.unit.histories import Life, histories
from tests.unit.people import AGENT, NET, PORT, US, a_network, a_port

SQL = {"text": str, "integer": int, "boolean": bool, "text[]": list}


def lived(history) -> Life:
    return Life().lives(history)


@given(histories)
@settings(max_examples=60, deadline=None)
def test_a_resource_comes_back_from_its_row_as_it_was(history):
    for resource in fold_recorded(lived(history).log.read(0, 10_000)).values():
        if resource is not None:
            assert resource_of(row_of(resource)) == resource


@given(histories)
@settings(max_examples=60, deadline=None)
def test_the_rows_that_commits_wrote_are_what_all_facts_fold_to(history):
    log = lived(history).log
    resources = fold_recorded(log.read(0, 10_000))
    rows = log.rows([kind_and_id(stream) for stream in resources])
    assert rows == {kind_and_id(stream): row_of(one) for stream, one in resources.items() if one is not None}


@given(histories)
@settings(max_examples=60, deadline=None)
def test_facts_fold_to_the_same_one_by_one_and_all_at_once(history):
    recorded: list[Recorded] = lived(history).log.read(0, 10_000)
    at_once = fold_recorded(recorded)
    bit_by_bit: dict[str, Resource | None] = {}
    for one in recorded:
        bit_by_bit = fold_recorded([one], bit_by_bit)
    assert bit_by_bit == at_once
    for stream, resource in at_once.items():
        own = [one for one in recorded if one.stream == stream]
        assert [one.version for one in own] == list(range(1, len(own) + 1))
        if resource is not None:
            assert resource.version == len(own)
            assert resource.updated_at == own[-1].meta["at"][:19] + "Z"
            assert resource.created_at == own[0].meta["at"][:19] + "Z"


@given(histories)
@settings(max_examples=40, deadline=None)
def test_columns_are_those_of_the_kind_and_bodies_are_plain_json(history):
    for resource in fold_recorded(lived(history).log.read(0, 10_000)).values():
        if resource is None:
            continue
        row = row_of(resource)
        kind = KINDS[row.kind]
        assert set(row.columns) == set(kind.columns)
        for name, value in row.columns.items():
            assert value is None or type(value) is SQL[kind.columns[name]]
        assert json.loads(row.body) == body_of(resource)
        assert row.body.isascii()


def test_an_agents_row_keeps_its_times():
    past = given_events(AgentRegistered(AGENT, "net1", "DHCP agent", "neutron-dhcp-agent", "nova", {"a": [1, None]}))
    later = apply_events(
        past.resources[f"agent-{AGENT}"], f"agent-{AGENT}", (AgentWentDown(AGENT, "net1"),), "2026-11-22T16:00:00.5Z"
    )
    row = row_of(later)
    assert resource_of(row) == later
    assert (row.columns["alive"], json.loads(row.body)["started_at"]) == (False, "2026-11-22 16:00:00")
    assert json.loads(row.body)["topic"] == "dhcp_agent"


free_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.text(), st.dictionaries(st.text(), free_json))
def test_any_text_and_profile_survives_its_row(text, profile):
    past = given_events(a_network(name=text), *a_port("10.0.0.5", name=text, description=text, profile=profile))
    for stream in (f"network-{NET}", f"port-{PORT}"):
        assert resource_of(row_of(past.resources[stream])) == past.resources[stream]


def test_a_resource_that_ended_has_a_row_that_deletes():
    row = gone(f"port-{PORT}", 7)
    assert (row.kind, row.id, row.version, row.columns) == ("port", PORT, 7, None)


def test_no_facts_change_nothing_and_times_are_of_the_facts():
    past = given_events(a_network(project=US)).resources[f"network-{NET}"]
    assert apply_events(past, past.stream, (), "2027-01-01T00:00:00.000000Z") == past
    assert past.created_at == AT[:19] + "Z"
