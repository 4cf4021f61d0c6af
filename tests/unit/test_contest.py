"""Claims that another commit took first: what was proposed is asked for again, what was wished for is refused."""

from __future__ import annotations

import pytest

from libs.commands import WantedAddress
from libs.errors import Refusal
from libs.eventlog.contest import Choices
from libs.model import FixedIp
from libs.network.world import ChooseAddresses

FOUR, SIX = FixedIp("s4", "10.0.0.2"), FixedIp("s6", "fd00::2")
BOTH = ("ip/s4/10.0.0.2", "ip/s6/fd00::2")


def question(port: str, *wanted: WantedAddress) -> ChooseAddresses:
    return ChooseAddresses(port, "n", None, (("s4", 1), ("s6", 1)), wanted or None)


def test_a_port_that_loses_both_its_addresses_is_given_others() -> None:
    one = question("one")
    choices = Choices({one: (FOUR, SIX)})
    choices.lose(BOTH)
    assert choices.answers == {}
    asked = choices.asked(one)
    assert isinstance(asked, ChooseAddresses) and set(asked.avoid) == {FOUR, SIX}


def test_ports_of_a_bulk_that_were_given_the_same_are_asked_for_one_by_one() -> None:
    ports = [question(name) for name in "abc"]
    choices = Choices({one: (FOUR, SIX) for one in ports})
    choices.lose((*BOTH, *BOTH))
    assert len(choices.answers) == 1, "one of the three may keep them"


def test_an_answer_that_repeats_what_was_lost_is_refused() -> None:
    one = question("one")
    choices = Choices({one: (FOUR, SIX)})
    choices.lose(BOTH[:1])
    choices.learn([one], [(FOUR, SIX)])
    with pytest.raises(Refusal) as refused:
        choices.lose(BOTH[:1])
    assert refused.value.status == 409


def test_an_address_asked_for_by_name_is_refused_and_its_neighbour_is_not_to_blame() -> None:
    one = question("one", WantedAddress(None, "10.0.0.2"), WantedAddress("s6", None))
    choices = Choices({one: (FOUR, SIX)})
    with pytest.raises(Refusal, match=r"10\.0\.0\.2"):
        choices.lose(BOTH)
