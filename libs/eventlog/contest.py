"""A claim was lost: choose again, or tell the caller that what they asked for is taken. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from libs import errors
from libs.errors import Refusal
from libs.eventlog.protocol import GuardFailed, NoneRefers
from libs.model import FixedIp, Segment
from libs.network.resources import kind_and_id
from libs.network.world import Answer, ChooseAddresses, ChooseBinding, ChooseMac, ChooseSegment, Question, SegmentChoice


@dataclass(slots=True)
class Choices:
    """What was asked and answered while one command is decided. avoid: {question: things that were found taken}."""

    answers: dict[Question, Answer] = field(default_factory=dict)
    avoid: dict[Question, tuple[Any, ...]] = field(default_factory=dict)

    def asked(self, question: Question) -> Question:
        """`question` as it goes out, with all that is to be avoided."""
        if isinstance(question, ChooseBinding):
            return question
        avoid: Any = (*question.avoid, *self.avoid.get(question, ()))
        return replace(question, avoid=avoid)

    def forget_refusals(self) -> None:
        """Ask again what was refused."""
        self.answers = {question: one for question, one in self.answers.items() if not isinstance(one, Refusal)}

    def lost(self, key: str, taker: str, network_id: str) -> None:
        """The claim `key` that stream `taker` wanted is held by another: note to choose something else.

        Raises Refusal when it was not chosen but asked for, or when choosing again gave the same.
        """
        sort = key.partition("/")[0]
        found = {"ip": self._lost_ip, "mac": self._lost_mac}.get(sort, self._lost_segment)(key, taker, network_id)
        question, taken, refusal = found
        if question is None or taken in self.avoid.get(question, ()):
            raise refusal
        self.avoid[question] = (*self.avoid.get(question, ()), taken)
        del self.answers[question]

    def _lost_ip(self, key: str, taker: str, network_id: str) -> tuple[Question | None, FixedIp, Refusal]:
        _, subnet_id, address = key.split("/", 2)
        taken = FixedIp(subnet_id, address)
        for question, answer in self.answers.items():
            if isinstance(question, ChooseAddresses) and question.port_id == kind_and_id(taker)[1]:
                refusal = errors.ip_in_use(question.network_id, address)
                chosen = isinstance(answer, tuple) and taken in answer and not _wanted(question, taken)
                return question if chosen else None, taken, refusal
        return None, taken, errors.ip_in_use(network_id, address)

    def _lost_mac(self, key: str, taker: str, network_id: str) -> tuple[Question | None, str, Refusal]:
        _, network, mac = key.split("/", 2)
        for question, answer in self.answers.items():
            if isinstance(question, ChooseMac) and question.port_id == kind_and_id(taker)[1] and answer == mac:
                return question, mac, errors.mac_in_use(network, mac)
        return None, mac, errors.mac_in_use(network, mac)

    def _lost_segment(self, key: str, taker: str, network_id: str) -> tuple[Question | None, Segment, Refusal]:
        for question, answer in self.answers.items():
            if isinstance(question, ChooseSegment) and question.network_id == kind_and_id(taker)[1]:
                if not isinstance(answer, SegmentChoice):
                    continue
                taken = answer.segment
                given = question.segmentation_id is not None or _given_flat(question, taken)
                return None if given else question, taken, _segment_refusal(taken)
        taken = _segment_of(key)
        return None, taken, _segment_refusal(taken)


def refused_guard(failed: GuardFailed) -> Refusal:
    """What a failed guard means to the caller. NoneRefers: something still uses the network or subnet; Alive: it is gone."""
    guard = failed.guard
    if isinstance(guard, NoneRefers):
        in_use = errors.subnet_in_use if guard.column == "subnet_ids" else errors.network_in_use
        return in_use(guard.value)
    return errors.not_found(*kind_and_id(guard.stream))


def merged(answers: Mapping[Question, Answer], questions: list[Question], new: list[Answer]) -> dict[Question, Answer]:
    """`answers` with the new ones."""
    return {**answers, **dict(zip(questions, new, strict=True))}


def _wanted(question: ChooseAddresses, taken: FixedIp) -> bool:
    return any(
        one.ip_address == taken.ip_address and one.subnet_id in (None, taken.subnet_id) for one in question.wanted or ()
    )


def _given_flat(question: ChooseSegment, taken: Segment) -> bool:
    return taken.network_type == "flat" and question.physical_network is not None


def _segment_of(key: str) -> Segment:
    """`vni/5`, `vlan/physnet1/5`, `flat/physnet1` as a segment. Raises errors.busy for a claim of another sort."""
    sort, _, rest = key.partition("/")
    if sort == "vni":
        return Segment("vxlan", None, int(rest))
    if sort == "flat":
        return Segment("flat", rest, None)
    if sort == "vlan":
        physical_network, _, number = rest.rpartition("/")
        return Segment("vlan", physical_network, int(number))
    raise errors.busy()


def _segment_refusal(taken: Segment) -> Refusal:
    return errors.segment_in_use(taken.network_type, taken.physical_network, taken.segmentation_id)
