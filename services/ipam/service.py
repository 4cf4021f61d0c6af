"""ipam: proposes addresses. It owns nothing: the log's claims decide, any number of replicas may run."""

from __future__ import annotations

from typing import Any

from nameko.rpc import rpc

from libs.bus import Background
from libs.codec import answer_to_json, question_from_json
from libs.config import Settings
from libs.errors import bad_request
from libs.eventlog.follow import Tail
from libs.eventlog.postgres import PostgresLog
from libs.network.world import Answer, ChooseAddresses
from services.ipam import snapshot
from services.ipam.book import AddressBook

NEEDS = ("database_url", "amqp_url")


def make_book(settings: Settings) -> AddressBook:
    """The book over the database; returns once it is loaded."""
    log = PostgresLog(settings.database_url)
    return AddressBook(log, lambda: snapshot.load(log.pool), lambda position: Tail(log, position))


class Ipam:
    """Answers ChooseAddresses."""

    name = "ipam"
    book = Background(make_book)

    @rpc  # type: ignore[untyped-decorator]
    def answer(self, questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """JSON of questions to JSON of answers, in order; what is no ChooseAddresses is refused."""
        answers: list[Answer] = [bad_request("ipam answers ChooseAddresses")] * len(questions)
        asked = {}
        for index, data in enumerate(questions):
            question = question_from_json(data)
            if isinstance(question, ChooseAddresses):
                asked[index] = question
        for index, answer in zip(asked, self.book.answer(list(asked.values())), strict=True):
            answers[index] = answer
        return [answer_to_json(answer) for answer in answers]


SERVICE = Ipam
