"""Facts as they are stored and sent: type names (`PortBound.v1`), canonical text, upcasters. Pure."""

from __future__ import annotations

import json
import typing
from collections.abc import Callable, Mapping
from typing import Any

from libs.codec.values import canonical, from_json, to_json
from libs.eventlog.protocol import Recorded
from libs.events import Event

Upcaster = Callable[[dict[str, Any]], tuple[str, dict[str, Any]]]

EVENT_VERSIONS: Mapping[str, int] = {}
"""Class name -> version for events whose stored shape changed since v1."""
UPCASTERS: Mapping[str, Upcaster] = {}
"""Old type name -> function from its data to (newer type name, data)."""


def type_name(cls: type) -> str:
    """The stable name an event class is stored under, `PortBound.v1`."""
    return f"{cls.__name__}.v{EVENT_VERSIONS.get(cls.__name__, 1)}"


EVENT_TYPES: Mapping[str, type] = {type_name(cls): cls for cls in typing.get_args(Event)}
_TYPE_NAMES: Mapping[type, str] = {cls: name for name, cls in EVENT_TYPES.items()}


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
