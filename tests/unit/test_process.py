"""The shape of DHCP's and routers' process: what it does at once, what has time, what it leaves alone, and what its death leaves."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.errors import Refusal
from libs.events import (
    AgentCameUp,
    AgentDeleted,
    AgentWentDown,
    RouterCreated,
    RouterUnscheduled,
)
from libs.model import L3_AGENT
from tests.fakes.stage_subject import AWAY, Stage, Thing


def test_what_lacks_a_server_at_the_start_gets_one_and_what_comes_later_too() -> None:
    stage = Stage("ab", 5)
    stage.goes_on()
    assert stage.served() == {"a": 3, "b": 2}
    stage.subject.things["new"] = Thing("new")
    stage.subject.say(RouterCreated("new", "p", "", "", True))
    stage.hears()
    assert stage.served() == {"a": 3, "b": 3}, "at once"


def test_a_fallen_agents_work_is_given_away_and_not_given_back() -> None:
    stage = Stage("abc", 300)
    stage.goes_on()
    stage.subject.say(AgentWentDown("a", "a"))
    stage.goes_on()
    assert stage.served() == {"b": 150, "c": 150}
    stage.subject.say(AgentCameUp("a", "a"))
    stage.goes_on()
    stage.later(100)
    stage.goes_on()
    assert stage.served() == {"b": 150, "c": 150}


def test_a_deleted_agents_work_is_given_away() -> None:
    stage = Stage("ab", 10)
    stage.goes_on()
    stage.subject.say(AgentDeleted("a", "a", L3_AGENT))
    stage.goes_on()
    assert stage.served() == {"b": 10}


def test_what_a_fallen_agent_served_keeps_nobody_waiting() -> None:
    stage = Stage("ab", 500)
    stage.goes_on()
    stage.subject.say(AgentWentDown("a", "a"))
    stage.subject.things["new"] = Thing("new")
    stage.subject.say(RouterCreated("new", "p", "", "", True))
    stage.subject.looked.clear()
    stage.hears()
    assert stage.subject.looked == ["new"]


def test_a_process_that_begins_to_lead_waits_for_who_was_down_before() -> None:
    stage = Stage("ab", 10)
    stage.goes_on()
    stage.subject.say(AgentWentDown("a", "a"))
    stage.pool.position = len(stage.subject.log)  # another one saw it fall, and was killed
    stage.begin()
    stage.goes_on()
    assert stage.served() == {"a": 5, "b": 5}
    stage.later(16)
    stage.goes_on()
    assert stage.served() == {"b": 10}


def test_what_an_operator_takes_from_an_agent_is_left_alone_for_a_while() -> None:
    stage = Stage("ab", 2)
    stage.goes_on()
    thing = next(one for one in stage.subject.things.values() if one.agent_id == "a")
    thing.agent_id = ""
    stage.subject.say(RouterUnscheduled(thing.id, "a", "a", "asked"))
    stage.goes_on()
    stage.later(10)
    stage.goes_on()
    assert thing.agent_id == ""
    stage.later(30)
    stage.goes_on()
    assert thing.agent_id != ""


def test_nothing_is_forgotten_while_the_database_is_away() -> None:
    stage = Stage("ab", 100)
    stage.goes_on()
    stage.subject.say(AgentWentDown("a", "a"))
    stage.subject.refused = AWAY
    stage.hears()
    with pytest.raises(Refusal):
        stage.process.tend()
    stage.subject.refused = None
    stage.goes_on()
    assert stage.served() == {"b": 100}


def test_what_nobody_can_take_waits_for_who_can() -> None:
    stage = Stage("a", 3)
    stage.goes_on()
    stage.subject.say(AgentWentDown("a", "a"))
    stage.goes_on()
    stage.later(60)
    stage.goes_on()
    assert stage.served() == {"a": 3}
    stage.subject.say(AgentCameUp("a", "a"))
    stage.subject.looked.clear()
    stage.goes_on()
    stage.later(6)
    stage.goes_on()
    assert stage.served() == {"a": 3}
    stage.subject.looked.clear()
    stage.later(6)
    stage.goes_on()
    assert stage.subject.looked == [], "and then there is nothing to do"


@given(st.lists(st.integers(0, 40), max_size=6), st.lists(st.sampled_from("abc"), max_size=4))
@settings(max_examples=40, deadline=None)
def test_however_often_it_is_killed_in_the_middle_each_thing_ends_with_a_live_server(
    deaths: list[int], falls: list[str]
) -> None:
    stage = Stage("abcd", 60)
    for commits in deaths:
        stage.subject.dies = commits
        try:
            stage.goes_on()
        except SystemExit:
            stage.begin()
        if falls:
            id = falls.pop()
            stage.subject.say(AgentWentDown(id, id) if stage.subject.agents.is_alive(id) else AgentCameUp(id, id))
    stage.subject.dies = 1_000_000
    stage.goes_on()
    stage.later(16)
    stage.goes_on()
    assert sum(number for id, number in stage.served().items() if stage.subject.agents.is_alive(id)) == 60
