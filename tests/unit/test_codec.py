"""Codec: what is stored and sent comes back as it was, and nothing else is let in."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs import codec
from libs.errors import Refusal, no_address_left
from libs.eventlog.protocol import Recorded
from libs.events import PortBound, PortCreated
from libs.feed import AgentMessage, Feed, Hello, PortReport, Wiring
from libs.model import Binding, FixedIp, Segment
from libs.network.world import ChooseAddresses, Question, SegmentChoice

TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Every value that a type hint of ours allows."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if isinstance(hint, type) and is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        return st.builds(hint, **{one.name: values(hints[one.name]) for one in fields(hint)})
    if origin in (typing.Union, types.UnionType):
        return st.one_of([values(one) for one in args])
    if origin is tuple:
        if args[-1] is Ellipsis:
            return st.lists(values(args[0]), max_size=3).map(tuple)
        return st.tuples(*[values(one) for one in args])
    if origin is not None and issubclass(origin, Mapping):
        return st.dictionaries(TEXT, values(args[1]), max_size=3)
    plain = {str: TEXT, int: st.integers(), bool: st.booleans(), type(None): st.none(), Any: JSON}
    return plain[hint]


EVENTS = st.sampled_from(sorted(codec.EVENT_TYPES)).flatmap(lambda name: values(codec.EVENT_TYPES[name]))


@given(EVENTS)
@settings(max_examples=300, deadline=None)
def test_an_event_survives_storage(event: Any) -> None:
    name, text = codec.encode(event)
    assert codec.decode(name, text) == event
    assert codec.encode(codec.decode(name, text)) == (name, text)


def test_stored_text_is_canonical() -> None:
    event = PortBound("p", "n", "h", "", 1, "ovs", {"z": 1, "a": {"c": "ü", "b": None}})
    assert codec.encode(event) == (
        "PortBound.v1",
        '{"generation":1,"host":"h","host_before":"","network_id":"n","port_id":"p",'
        '"vif_details":{"a":{"b":null,"c":"\\u00fc"},"z":1},"vif_type":"ovs"}',
    )


def test_an_older_fact_takes_todays_defaults() -> None:
    text = (
        '{"admin_state_up":true,"description":"","device_id":"","device_owner":"","mac_address":"m","name":"",'
        '"network_id":"n","port_id":"p","project_id":"j","gone_field":1}'
    )
    assert codec.decode("PortCreated.v1", text) == PortCreated("p", "n", "j", "", "", "m", True, "", "")


def test_an_upcaster_brings_an_old_shape_up_to_date() -> None:
    def split_host(data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return "PortBound.v1", {**data, "host_before": "", "generation": 1}

    text = '{"host":"h","network_id":"n","port_id":"p","vif_details":{},"vif_type":"ovs"}'
    event = codec.decode("PortBound.v0", text, {"PortBound.v0": split_host})
    assert event == PortBound("p", "n", "h", "", 1, "ovs", {})


@pytest.mark.parametrize("name", ["PortExploded.v1", "PortBound.v9", "", "libs.events.PortBound"])
def test_an_unknown_type_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="unknown event type"):
        codec.decode(name, "{}")


@given(st.sampled_from(typing.get_args(AgentMessage)).flatmap(values))
@settings(max_examples=100, deadline=None)
def test_agents_messages_survive_the_bus(message: Any) -> None:
    sent = json.loads(json.dumps(codec.message_to_json(message)))
    assert sent["kind"] == type(message).__name__
    assert codec.message_from_json(sent) == message


@given(st.sampled_from(typing.get_args(Question)).flatmap(values))
@settings(max_examples=100, deadline=None)
def test_questions_survive_the_bus(question: Any) -> None:
    found = codec.question_from_json(json.loads(json.dumps(codec.question_to_json(question))))
    assert found == question
    assert hash(found) == hash(question)


@pytest.mark.parametrize(
    "answer",
    [
        "fa:16:3e:00:00:01",
        (),
        (FixedIp("s", "10.0.0.5"), FixedIp("t", "2001:db8::5")),
        SegmentChoice(Segment("vlan", "physnet1", 7), 1500),
        Binding("ovs", {"datapath_type": "netdev"}),
    ],
)
def test_answers_survive_the_bus(answer: Any) -> None:
    assert codec.answer_from_json(json.loads(json.dumps(codec.answer_to_json(answer)))) == answer


def test_a_refusal_is_an_answer() -> None:
    refusal = no_address_left("n")
    found = codec.answer_from_json(json.loads(json.dumps(codec.answer_to_json(refusal))))
    assert isinstance(found, Refusal)
    assert found.__reduce__() == refusal.__reduce__()


RECORDED = st.builds(
    Recorded, st.integers(1), TEXT, st.integers(1), EVENTS, st.dictionaries(TEXT, JSON, max_size=3), TEXT
)


@given(
    st.builds(
        Feed,
        TEXT,
        st.integers(),
        st.integers(),
        st.integers(),
        st.lists(RECORDED, max_size=3).map(tuple),
        st.lists(TEXT, max_size=2).map(tuple),
        st.lists(TEXT, max_size=2).map(tuple),
        st.booleans(),
        TEXT,
        st.integers(1),
        st.integers(1),
    )
)
@settings(max_examples=100, deadline=None)
def test_feeds_survive_the_bus(feed: Feed) -> None:
    assert codec.feed_from_json(json.loads(json.dumps(codec.feed_to_json(feed)))) == feed
    text = codec.feed_text(feed, [codec.recorded_text(one) for one in feed.events])
    assert json.loads(text) == json.loads(json.dumps(codec.feed_to_json(feed)))


@given(RECORDED)
@settings(max_examples=100, deadline=None)
def test_a_stored_fact_is_told_as_it_was_stored(fact: Recorded) -> None:
    fact = replace(fact, recorded_at="2026-01-01T00:00:00.000000Z")
    name, data = codec.encode(fact.event)
    text = codec.stored_text(
        fact.position, fact.stream, fact.version, name, data, codec.canonical(fact.meta), fact.recorded_at
    )
    assert codec.recorded_from_json(json.loads(text)) == fact


def test_a_stored_fact_of_a_type_that_nobody_knows_is_not_told() -> None:
    with pytest.raises(ValueError):
        codec.stored_text(1, "port-p", 1, "PortPainted.v1", "{}", "{}", "2026-01-01T00:00:00.000000Z")


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "Hello",
        {},
        {"kind": "Refusal"},
        {"kind": ["Hello"]},
        {"kind": "Alive"},
        {"kind": "Alive", "position": "7"},
        {"kind": "Alive", "position": True},
        {"kind": "Alive", "position": 7, "load": []},
        {"kind": "Alive", "position": 7, "load": {"ports": "many"}},
        {"kind": "Wiring", "ports": [{"port_id": "p", "generation": 1}]},
        {"kind": "Wiring", "ports": "pp"},
        {"kind": "Fetch", "request": "r", "after": 1.5},
    ],
)
def test_a_strange_message_is_refused(data: Any) -> None:
    with pytest.raises(ValueError):
        codec.message_from_json(data)


@given(st.dictionaries(st.sampled_from(["kind", "position", "ports", "host", "after", "counts", "load"]), JSON | TEXT))
@settings(max_examples=200, deadline=None)
def test_no_message_raises_anything_else(data: dict[str, Any]) -> None:
    try:
        codec.message_from_json({"kind": "Wiring", **data})
    except ValueError:
        return


def test_what_newer_agents_add_is_ignored() -> None:
    data = {"kind": "Wiring", "ports": [{"port_id": "p", "generation": 1, "wired": True, "new": 1}], "since": "v2"}
    assert codec.message_from_json(data) == Wiring((PortReport("p", 1, True),))


def test_a_thing_without_json_form_is_told() -> None:
    with pytest.raises(TypeError, match="object has no JSON form"):
        codec.to_json(Hello("h", "t", "b", "z", {"x": object()}))


def test_addresses_to_avoid_come_back_as_values() -> None:
    question = ChooseAddresses("p", "n", None, (("s", 3),), None, (FixedIp("s", "10.0.0.2"),))
    found = codec.question_from_json(codec.question_to_json(question))
    assert isinstance(found, ChooseAddresses)
    assert found.avoid == (FixedIp("s", "10.0.0.2"),)
    assert found.subnets == (("s", 3),)
