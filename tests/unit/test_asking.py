"""Who answers which question of a decision, and what happens when somebody cannot."""

from __future__ import annotations

import threading
from typing import Any

from libs.asking import Asker, choose_mac
from libs.codec import answer_to_json, question_from_json
from libs.errors import Refusal, no_address_left, unavailable
from libs.model import Binding, FixedIp, Segment
from libs.network.world import ChooseAddresses, ChooseBinding, ChooseMac, ChooseSegment, Question

ADDRESSES = ChooseAddresses("p1", "net", None, (("s1", 1),), None)
BINDING = ChooseBinding("p1", "compute1", Segment("vxlan", None, 7), "normal")


class Service:
    """ipam or topology at the other end of the bus: answers JSON, remembers the questions, waits for `others` when told."""

    def __init__(self, answer: Any, others: threading.Barrier | None = None, fails: Exception | None = None) -> None:
        self.answer, self.others, self.fails, self.asked = answer, others, fails, list[list[Question]]()

    def __call__(self, questions: list[Any]) -> list[Any]:
        self.asked.append([question_from_json(one) for one in questions])
        if self.others is not None:
            self.others.wait(5)
        if self.fails is not None:
            raise self.fails
        return [answer_to_json(self.answer)] * len(questions)


def test_each_question_goes_to_who_knows_and_answers_come_in_order() -> None:
    ipam, topology = Service((FixedIp("s1", "10.0.0.2"),)), Service(Binding("ovs"))
    answers = Asker(ipam, topology)([BINDING, ChooseMac("p1"), ADDRESSES, BINDING])
    assert answers[0] == answers[3] == Binding("ovs")
    assert str(answers[1]).startswith("fa:16:3e:")
    assert answers[2] == (FixedIp("s1", "10.0.0.2"),)
    assert ipam.asked == [[ADDRESSES]]
    assert topology.asked == [[BINDING, BINDING]]


def test_services_are_asked_at_the_same_time() -> None:
    both = threading.Barrier(2)
    ipam, topology = Service((FixedIp("s1", "10.0.0.2"),), both), Service(Binding("ovs"), both)
    answers = Asker(ipam, topology)([BINDING, ADDRESSES])
    assert answers == [Binding("ovs"), (FixedIp("s1", "10.0.0.2"),)], (
        "they waited for each other, so both were under way"
    )


def test_a_refusal_is_an_answer() -> None:
    (answer,) = Asker(Service(no_address_left("net")), None)([ADDRESSES])
    assert isinstance(answer, Refusal)
    assert answer.type == "IpAddressGenerationFailure"


def test_a_service_that_is_away_refuses_its_own_questions_only() -> None:
    answers = Asker(Service((), fails=unavailable("away")), Service(Binding("ovs")))([ADDRESSES, BINDING])
    assert isinstance(answers[0], Refusal) and answers[0].status == 503
    assert answers[1] == Binding("ovs")


def test_a_service_that_is_late_is_away() -> None:
    (answer,) = Asker(Service((), fails=TimeoutError()), None)([ADDRESSES])
    assert isinstance(answer, Refusal) and answer.status == 503


def test_topology_answers_itself_what_it_knows() -> None:
    asker = Asker(Service(()), None, {ChooseBinding: lambda question: Binding("ovs")})
    assert asker([BINDING]) == [Binding("ovs")]
    nobody = asker([ChooseSegment("n", None, None, None)])[0]
    assert isinstance(nobody, Refusal) and nobody.status == 503


def test_macs_are_random_and_none_of_those_to_avoid() -> None:
    macs = {choose_mac(ChooseMac("p1")) for _ in range(50)}
    assert len(macs) > 45
    assert all(mac.startswith("fa:16:3e:") and len(mac) == 17 for mac in macs)
