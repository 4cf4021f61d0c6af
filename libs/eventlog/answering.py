"""What a decision asks of others, round after round, until nothing is open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from libs.eventlog.contest import Attempt
from libs.eventlog.domain import Domain
from libs.eventlog.loading import ROUNDS
from libs.network.world import Answer, Question, World

Ask = Callable[[list[Question]], Sequence[Answer]]


def answered(attempt: Attempt, world: World, domain: Domain, ask: Ask) -> World:
    """The world with all answers; what was answered before is not asked again. Raises Refusal."""
    for _ in range(ROUNDS):
        choices = attempt.choices
        world = replace(world, answers=choices.answers)
        open_ = [one for one in domain.questions(attempt.command, world) if one not in choices.answers]
        if not open_:
            return world
        choices.learn(open_, ask([choices.asked(question) for question in open_]))
    raise RuntimeError(f"{type(attempt.command).__name__} asks more than {ROUNDS} rounds of questions")
