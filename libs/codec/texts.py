"""Messages put together from texts: what many are told, or what is stored as text anyway, is not encoded again each time. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from libs.codec.events import EVENT_TYPES, decode, recorded_to_json
from libs.codec.messages import feed_to_json
from libs.eventlog.protocol import Recorded
from libs.feed import Feed

_dumps = json.JSONEncoder(separators=(",", ":")).encode


def recorded_text(recorded: Recorded) -> str:
    """The JSON text of `recorded_to_json`."""
    return _dumps(recorded_to_json(recorded))


def stored_text(position: int, stream: str, version: int, name: str, data: str, meta: str, recorded_at: str) -> str:
    """As `recorded_text`, from what is stored: JSON texts of data and meta, which are not looked into unless the type is not
    today's any more. Raises ValueError on an unknown type."""
    if name not in EVENT_TYPES:
        return recorded_text(Recorded(position, stream, version, decode(name, data), json.loads(meta), recorded_at))
    return (
        f'{{"position":{position},"stream":{_dumps(stream)},"version":{version},"type":"{name}",'
        f'"data":{data},"meta":{meta},"recorded_at":"{recorded_at}"}}'
    )


def feed_text(feed: Feed, facts: Iterable[str]) -> str:
    """The JSON text of a message (`feed_to_json`) with these facts, texts as above, in place of its events."""
    head: dict[str, Any] = feed_to_json(replace(feed, events=()))
    del head["events"]
    return f'{_dumps(head)[:-1]},"events":[{",".join(facts)}]}}'
