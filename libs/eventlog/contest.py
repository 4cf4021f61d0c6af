"""One command on its way: what was asked and answered, what to ask otherwise when a claim was lost. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from libs.commands import Command
from libs.errors import Refusal
from libs.eventlog.lost import avoiding, proposed_by, refusal_of_claim
from libs.model import Context
from libs.network.world import Answer, Question, World

Judge = Callable[[World], None]
"""Looks at what a decision reads, and raises Refusal. What it judged by is unchanged when the decision is appended."""


@dataclass(slots=True)
class Choices:
    """Questions and answers of one command. lost_keys: {question: claim keys that its answers turned out not to get}."""

    answers: dict[Question, Answer] = field(default_factory=dict)
    lost_keys: dict[Question, tuple[str, ...]] = field(default_factory=dict)

    def asked(self, question: Question) -> Question:
        """`question` as it goes out, with all that is to be avoided."""
        for key in self.lost_keys.get(question, ()):
            question = avoiding(question, key)
        return question

    def learn(self, questions: Sequence[Question], answers: Sequence[Answer]) -> None:
        """File the answers under the questions as the domain gave them."""
        self.answers = {**self.answers, **dict(zip(questions, answers, strict=True))}

    def forget_refusals(self) -> None:
        """Ask again what was refused."""
        self.answers = {question: one for question, one in self.answers.items() if not isinstance(one, Refusal)}

    def lose(self, keys: Sequence[str], owner: str = "") -> None:
        """The claims `keys` are held by others: forget the answers that proposed them and avoid them from now on.

        One answer may have proposed several of them (a port's IPv4 and IPv6 address); a key that is there twice was proposed by two.
        owner: the stream that holds the first. Raises Refusal when one was not proposed but asked for, or when asking again proposed
        the same.
        """
        again: dict[Question, set[str]] = {}
        for key in keys:
            others = {each: answer for each, answer in self.answers.items() if key not in again.get(each, ())}
            question = proposed_by(key, others)
            if question is None or key in self.lost_keys.get(question, ()):
                raise refusal_of_claim(key, owner if key == keys[0] else "")
            again.setdefault(question, set()).add(key)
        for question, lost in again.items():
            self.lost_keys[question] = (*self.lost_keys.get(question, ()), *sorted(lost))
        self.answers = {each: answer for each, answer in self.answers.items() if each not in again}


@dataclass(slots=True)
class Attempt:
    """One command on its way; `trusting`: the cache and guesses may be used. gone: streams that the store knows otherwise than they
    were read. contested: the stream that it lost the last race for. judge: says, by refusing, that the command may not be given."""

    command: Command
    context: Context
    choices: Choices = field(default_factory=Choices)
    trusting: bool = True
    cached: bool = False
    gone: set[str] = field(default_factory=set)
    contested: str = ""
    judge: Judge | None = None

    def missed(self, stream: str, refusal: Refusal) -> None:
        """A stream seems to be there no longer: look once more, then believe it. Raises `refusal`."""
        if stream in self.gone:
            raise refusal
        self.gone.add(stream)
