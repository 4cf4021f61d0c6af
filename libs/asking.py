"""Has the questions of a decision answered by those who know: what `libs.eventlog.commit` calls `ask`."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from libs.codec import answer_from_json, question_to_json
from libs.errors import Refusal, unavailable
from libs.network.world import Answer, ChooseAddresses, ChooseBinding, ChooseMac, ChooseSegment, Question

AskAll = Callable[[list[Any]], list[Any]]
"""JSON questions to JSON answers, in order; an answer may be an Exception (`libs.bus.Asking.ask_all`)."""
Local = Callable[[Any], Answer]


def choose_mac(question: ChooseMac) -> str:
    """A random MAC fa:16:3e:.. as Neutron's, none of those to avoid; uniqueness is a claim of the log's."""
    while True:
        mac = "fa:16:3e:" + ":".join(f"{byte:02x}" for byte in random.randbytes(3))
        if mac not in question.avoid:
            return mac


class Asker:
    """`Asker(ipam, topology)(questions) -> answers`: MACs are made here, ipam and topology are asked in parallel.

    `local` {question type: function} answers some kinds in this process (topology chooses segments itself). Refusals come back as
    answers. A service that does not answer is a Refusal 503 for each of its questions.
    """

    def __init__(
        self, ipam: AskAll | None = None, topology: AskAll | None = None, local: dict[type, Local] | None = None
    ) -> None:
        self._local: dict[type, Local] = {ChooseMac: choose_mac, **(local or {})}
        self._remote: dict[type, AskAll] = {}
        if ipam is not None:
            self._remote[ChooseAddresses] = ipam
        if topology is not None:
            self._remote |= {ChooseSegment: topology, ChooseBinding: topology}

    def __call__(self, questions: Sequence[Question]) -> list[Answer]:
        """The answers, in order."""
        answers: list[Answer] = [unavailable("Nobody was asked.")] * len(questions)
        for index, question in enumerate(questions):
            if type(question) in self._local:
                answers[index] = _locally(self._local[type(question)], question)
        calls = []
        for service in dict.fromkeys(self._remote.values()):
            kinds = [kind for kind, asked in self._remote.items() if asked == service and kind not in self._local]
            wanted = [index for index, question in enumerate(questions) if type(question) in kinds]
            if wanted:
                calls.append((service, wanted))
        _in_parallel([partial(_remotely, service, questions, wanted, answers) for service, wanted in calls])
        return answers


def _locally(choose: Local, question: Question) -> Answer:
    try:
        return choose(question)
    except Refusal as refusal:
        return refusal


def _remotely(service: AskAll, questions: Sequence[Question], wanted: list[int], answers: list[Answer]) -> None:
    """Fill `answers` at the indices `wanted`."""
    try:
        given = service([question_to_json(questions[index]) for index in wanted])
    except Refusal as refusal:
        given = [refusal] * len(wanted)
    except TimeoutError:
        given = [unavailable("A service did not answer in time.")] * len(wanted)
    for index, answer in zip(wanted, given, strict=True):
        if isinstance(answer, Exception):
            answers[index] = answer if isinstance(answer, Refusal) else unavailable(str(answer))
        else:
            answers[index] = answer_from_json(answer)


def _in_parallel(calls: list[Callable[[], None]]) -> None:
    """All calls at once; the last one in the caller's own thread, so that a lone one costs nothing extra."""
    others = [threading.Thread(target=call, daemon=True) for call in calls[:-1]]
    for thread in others:
        thread.start()
    if calls:
        calls[-1]()
    for thread in others:
        thread.join()
