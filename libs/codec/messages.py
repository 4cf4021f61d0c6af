"""What servers and agents, and services among themselves, say over the bus: to JSON and back. Pure."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from typing import Any

from libs.codec.events import recorded_from_json, recorded_to_json
from libs.codec.hints import reader_of
from libs.codec.values import from_json, names_of, to_json
from libs.errors import Refusal
from libs.feed import AgentMessage, Feed
from libs.model import Binding, FixedIp
from libs.network.world import Answer, Question, SegmentChoice

_MESSAGES: Mapping[str, type] = {cls.__name__: cls for cls in typing.get_args(AgentMessage)}
_QUESTIONS: Mapping[str, type] = {cls.__name__: cls for cls in typing.get_args(Question)}


def feed_to_json(feed: Feed) -> dict[str, Any]:
    """A feed as JSON, its events as `recorded_to_json` gives them."""
    data = {name: to_json(getattr(feed, name)) for name in names_of(Feed) if name != "events"}
    return data | {"events": [recorded_to_json(one) for one in feed.events]}


def feed_from_json(data: Mapping[str, Any]) -> Feed:
    """The inverse of `feed_to_json`. Raises ValueError, KeyError on anything else."""
    events = tuple(recorded_from_json(one) for one in data["events"])
    head = from_json(Feed, {**data, "events": []})
    rest = {name: getattr(head, name) for name in names_of(Feed) if name != "events"}
    return Feed(events=events, **rest)


def message_to_json(message: AgentMessage) -> dict[str, Any]:
    """{"kind": "Hello", ...}."""
    return _tagged(message)


def message_from_json(data: Any) -> AgentMessage:
    """An agent's message; it comes from hosts that are not trusted, so everything is checked. Raises ValueError."""
    return typing.cast(AgentMessage, _untagged(_MESSAGES, data))


def question_to_json(question: Question) -> dict[str, Any]:
    """{"kind": "ChooseMac", ...}."""
    return _tagged(question)


def question_from_json(data: Any) -> Question:
    """The inverse of `question_to_json`. Raises ValueError on anything else."""
    return typing.cast(Question, _untagged(_QUESTIONS, data))


def answer_to_json(answer: Answer) -> dict[str, Any]:
    """{"kind": "str" | "FixedIps" | "SegmentChoice" | "Binding" | "Refusal", "value": ..}."""
    if isinstance(answer, Refusal):
        return {"kind": "Refusal", "value": [answer.status, answer.type, answer.message, answer.detail]}
    if isinstance(answer, tuple):
        return {"kind": "FixedIps", "value": to_json(answer)}
    return {"kind": type(answer).__name__, "value": to_json(answer)}


def answer_from_json(data: Any) -> Answer:
    """The inverse of `answer_to_json`. Raises ValueError on anything else."""
    if not isinstance(data, dict):
        raise ValueError("an answer is an object")
    kind, value = data.get("kind"), data.get("value")
    if kind == "Refusal":
        return Refusal(*reader_of(tuple[int, str, str, str])(value))
    hints = {"str": str, "FixedIps": tuple[FixedIp, ...], "SegmentChoice": SegmentChoice, "Binding": Binding}
    if not isinstance(kind, str) or kind not in hints:
        raise ValueError(f"unknown answer {kind!r}")
    return typing.cast(Answer, reader_of(hints[kind])(value))


def _tagged(value: Any) -> dict[str, Any]:
    return {"kind": type(value).__name__, **to_json(value)}


def _untagged(known: Mapping[str, type], data: Any) -> Any:
    kind = data.get("kind") if isinstance(data, dict) else None
    if not isinstance(kind, str) or kind not in known:
        raise ValueError(f"unknown kind {kind!r}")
    return from_json(known[kind], data)
