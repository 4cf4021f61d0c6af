"""Values to JSON and back, by their type hints; event type names (`PortBound.v1`) and upcasters. Pure.

What is stored is canonical: sorted keys, no spaces, ASCII with escapes, so that equal facts have equal bytes.
"""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, TypeVar

from libs.errors import Refusal
from libs.eventlog.protocol import Recorded
from libs.events import Event
from libs.feed import AgentMessage, Feed
from libs.model import Binding, FixedIp
from libs.network.world import Answer, Question, SegmentChoice

T = TypeVar("T")
Upcaster = Callable[[dict[str, Any]], tuple[str, dict[str, Any]]]

EVENT_VERSIONS: Mapping[str, int] = {}
"""Class name -> version for events whose stored shape changed since v1."""
UPCASTERS: Mapping[str, Upcaster] = {}
"""Old type name -> function from its data to (newer type name, data)."""

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)
_PLAIN = (str, int, float, bool, type(None))


def type_name(cls: type) -> str:
    """The stable name an event class is stored under, `PortBound.v1`."""
    return f"{cls.__name__}.v{EVENT_VERSIONS.get(cls.__name__, 1)}"


EVENT_TYPES: Mapping[str, type] = {type_name(cls): cls for cls in typing.get_args(Event)}
_TYPE_NAMES: Mapping[type, str] = {cls: name for name, cls in EVENT_TYPES.items()}
_MESSAGES: Mapping[str, type] = {cls.__name__: cls for cls in typing.get_args(AgentMessage)}
_QUESTIONS: Mapping[str, type] = {cls.__name__: cls for cls in typing.get_args(Question)}


@cache
def _names(cls: Any) -> tuple[str, ...]:
    return tuple(one.name for one in fields(cls))


def to_json(value: Any) -> Any:
    """`value` (dataclasses, tuples, mappings, plain values, nested) as what `json.dumps` takes. Raises TypeError on anything else."""
    kind: Any = type(value)
    if kind in _PLAIN:
        return value
    if is_dataclass(value):
        return {name: to_json(getattr(value, name)) for name in _names(kind)}
    if isinstance(value, tuple | list):
        return [to_json(one) for one in value]
    if isinstance(value, Mapping):
        return {key: to_json(one) for key, one in value.items()}
    if isinstance(value, _PLAIN):
        return value
    raise TypeError(f"{kind.__name__} has no JSON form")


def from_json(cls: type[T], data: Any) -> T:
    """A `cls` from what `to_json` gave. Unknown fields are ignored, absent ones take their default.

    Raises ValueError when a value does not fit its type hint or a field without default is missing.
    """
    hint: Any = cls
    return typing.cast(T, _reader(hint)(data))


def canonical(value: Any) -> str:
    """The one JSON text of `value`: sorted keys, no spaces, ASCII. Raises ValueError for a number that JSON has not (NaN)."""
    return _CANONICAL.encode(to_json(value))


def encode(event: Event) -> tuple[str, str]:
    """(type name, canonical text) of an event."""
    return _TYPE_NAMES[type(event)], canonical(event)


def decode(name: str, text: str, upcasters: Mapping[str, Upcaster] = UPCASTERS) -> Event:
    """The event stored as `text` under type `name`, brought up to today's shape. Raises ValueError on an unknown type."""
    return event_from_json(name, json.loads(text), upcasters)


def event_from_json(name: str, data: dict[str, Any], upcasters: Mapping[str, Upcaster] = UPCASTERS) -> Event:
    """As `decode`, from parsed JSON."""
    while name in upcasters:
        name, data = upcasters[name](data)
    if name not in EVENT_TYPES:
        raise ValueError(f"unknown event type {name!r}")
    return typing.cast(Event, from_json(EVENT_TYPES[name], data))


def recorded_to_json(recorded: Recorded) -> dict[str, Any]:
    """{position, stream, version, type, data, meta, recorded_at}."""
    return {
        "position": recorded.position,
        "stream": recorded.stream,
        "version": recorded.version,
        "type": _TYPE_NAMES[type(recorded.event)],
        "data": to_json(recorded.event),
        "meta": to_json(recorded.meta),
        "recorded_at": recorded.recorded_at,
    }


def recorded_from_json(data: Mapping[str, Any]) -> Recorded:
    """The inverse of `recorded_to_json`. Raises ValueError, KeyError on anything else."""
    return Recorded(
        position=data["position"],
        stream=data["stream"],
        version=data["version"],
        event=event_from_json(data["type"], data["data"]),
        meta=data["meta"],
        recorded_at=data["recorded_at"],
    )


def feed_to_json(feed: Feed) -> dict[str, Any]:
    """A feed as JSON, its events as `recorded_to_json` gives them."""
    data = {name: to_json(getattr(feed, name)) for name in _names(Feed) if name != "events"}
    return data | {"events": [recorded_to_json(one) for one in feed.events]}


def feed_from_json(data: Mapping[str, Any]) -> Feed:
    """The inverse of `feed_to_json`. Raises ValueError, KeyError on anything else."""
    events = tuple(recorded_from_json(one) for one in data["events"])
    head = from_json(Feed, {**data, "events": []})
    rest = {name: getattr(head, name) for name in _names(Feed) if name != "events"}
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
        return Refusal(*_reader(tuple[int, str, str, str])(value))
    hints = {"str": str, "FixedIps": tuple[FixedIp, ...], "SegmentChoice": SegmentChoice, "Binding": Binding}
    if not isinstance(kind, str) or kind not in hints:
        raise ValueError(f"unknown answer {kind!r}")
    return typing.cast(Answer, _reader(hints[kind])(value))


def _tagged(value: Any) -> dict[str, Any]:
    return {"kind": type(value).__name__, **to_json(value)}


def _untagged(known: Mapping[str, type], data: Any) -> Any:
    kind = data.get("kind") if isinstance(data, dict) else None
    if not isinstance(kind, str) or kind not in known:
        raise ValueError(f"unknown kind {kind!r}")
    return from_json(known[kind], data)


Reader = Callable[[Any], Any]


@cache
def _reader(hint: Any) -> Reader:
    """A function from JSON to a value of `hint`; made once per type."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return lambda data: data
    if isinstance(hint, type) and is_dataclass(hint):
        return _read_dataclass(hint)
    if origin in (typing.Union, types.UnionType):
        return _read_optional(args)
    if origin is tuple and len(args) == 2 and args[1] is Ellipsis:
        return _read_items(_reader(args[0]))
    if origin is tuple:
        return _read_fixed(tuple(_reader(one) for one in args))
    if origin is not None and issubclass(origin, Mapping):
        return _read_mapping(_reader(args[1]))
    if hint in _PLAIN:
        return _read_plain(hint)
    raise TypeError(f"no way to read {hint}")


def _read_plain(hint: type) -> Reader:
    allowed = (int, float) if hint is float else (hint,)

    def read(data: Any) -> Any:
        if type(data) not in allowed:
            raise ValueError(f"expected {hint.__name__}, got {type(data).__name__}")
        return data

    return read


def _read_optional(args: tuple[Any, ...]) -> Reader:
    readers = [_reader(one) for one in args if one is not type(None)]
    if len(readers) == 1:
        return lambda data: None if data is None else readers[0](data)
    allowed = tuple(one for one in args if one in _PLAIN)

    def read(data: Any) -> Any:
        if type(data) not in allowed:
            raise ValueError(f"expected one of {args}")
        return data

    return read


def _read_items(item: Reader) -> Reader:
    def read(data: Any) -> Any:
        if type(data) is not list:
            raise ValueError(f"expected a list, got {type(data).__name__}")
        return tuple(item(one) for one in data)

    return read


def _read_fixed(items: tuple[Reader, ...]) -> Reader:
    def read(data: Any) -> Any:
        if type(data) is not list or len(data) != len(items):
            raise ValueError(f"expected a list of {len(items)}")
        return tuple(item(one) for item, one in zip(items, data, strict=True))

    return read


def _read_mapping(item: Reader) -> Reader:
    def read(data: Any) -> Any:
        if type(data) is not dict:
            raise ValueError(f"expected an object, got {type(data).__name__}")
        return {key: item(one) for key, one in data.items()}

    return read


def _read_dataclass(cls: type) -> Reader:
    hints = typing.get_type_hints(cls)
    wanted = [
        (one.name, _reader(hints[one.name]), one.default is MISSING and one.default_factory is MISSING)
        for one in fields(cls)
    ]

    def read(data: Any) -> Any:
        if type(data) is not dict:
            raise ValueError(f"{cls.__name__}: expected an object")
        values = {}
        for name, reader, required in wanted:
            if name in data:
                values[name] = reader(data[name])
            elif required:
                raise ValueError(f"{cls.__name__}.{name} is missing")
        return cls(**values)

    return read
