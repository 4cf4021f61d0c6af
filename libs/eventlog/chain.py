"""The stored form of events and the hash chain over it: who changes a stored byte breaks the chain. Pure.

Every append batch is one link. With h(0) = sha256 of the log's id, the link after a batch is

    h(n) = sha256( h(n-1) + line(first event) + .. + line(last event) )

where a line is the UTF-8 bytes of position, stream, version, type, data, meta and recorded_at, each followed by a newline
(none of them can hold a raw newline: data and meta are canonical JSON). The link stands on the batch's last event as
`hash`; its other events have none. It is over the stored text, never over parsed JSON, whose keys have no order.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from libs import codec
from libs.eventlog.fates import Numbered
from libs.eventlog.protocol import Recorded
from libs.model import Context

MAX_EVENT_BYTES = 65_536
"""How long an event's stored text may be."""


class EventTooLarge(Exception):
    """An event's text is longer than MAX_EVENT_BYTES; nothing was stored."""


class BrokenChain(Exception):
    """The log's bytes are not those that were written; `position` is where the chain no longer fits."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(f"position {position}: {reason}")
        self.position, self.reason = position, reason


@dataclass(frozen=True, slots=True)
class Stored:
    """One event as it is stored: data and meta are canonical JSON text, recorded_at UTC ISO with microseconds and `Z`."""

    position: int
    stream: str
    version: int
    type: str
    data: str
    meta: str
    recorded_at: str
    hash: bytes | None = None


def meta_text(context: Context) -> str:
    """A context as stored beside each of its events: {actor, at, causation_id, command_id, correlation_id, request_id}; what Keystone
    told of the actor is there when it told anything."""
    meta = codec.to_json(context)
    for name in ("domain", "service_roles"):
        if not meta["actor"][name]:
            del meta["actor"][name]
    return codec.canonical_json(meta)


def genesis(log_id: str) -> bytes:
    """The hash before the first event."""
    return hashlib.sha256(log_id.encode()).digest()


def link(before: bytes, batch: Iterable[Stored]) -> bytes:
    """The hash after `batch`."""
    digest = hashlib.sha256(before)
    for one in batch:
        parts = (one.position, one.stream, one.version, one.type, one.data, one.meta, one.recorded_at)
        digest.update("".join(f"{part}\n" for part in parts).encode())
    return digest.digest()


def seal(numbered: Sequence[Numbered], before: bytes, recorded_at: str) -> list[Stored]:
    """`numbered` events of one batch as stored, the last one with the chain's next hash. Raises EventTooLarge."""
    metas: dict[Context, str] = {}
    stored = []
    for one in numbered:
        if one.context not in metas:
            metas[one.context] = meta_text(one.context)
        name, data = codec.encode(one.event)
        if len(data) > MAX_EVENT_BYTES:  # it is ASCII
            raise EventTooLarge(f"{name} of {len(data)} bytes")
        stored.append(Stored(one.position, one.stream, one.version, name, data, metas[one.context], recorded_at))
    if stored:
        last = stored[-1]
        head = (last.position, last.stream, last.version, last.type, last.data, last.meta, last.recorded_at)
        stored[-1] = Stored(*head, link(before, stored))
    return stored


def open_stored(stored: Stored) -> Recorded:
    """The event that `stored` holds."""
    event = codec.decode(stored.type, stored.data)
    return Recorded(stored.position, stored.stream, stored.version, event, json.loads(stored.meta), stored.recorded_at)


def verify(log_id: str, events: Iterable[Stored]) -> int:
    """Walk the whole log from its first event; the number of batches seen. Raises BrokenChain at the first misfit."""
    before, batch, links, expected, last_time = genesis(log_id), list[Stored](), 0, 1, ""
    for one in events:
        if one.position != expected:
            raise BrokenChain(expected, f"the next position is {one.position}")
        if one.recorded_at < last_time:
            raise BrokenChain(one.position, "recorded before its predecessor")
        batch.append(one)
        expected, last_time = expected + 1, one.recorded_at
        if one.hash is not None:
            before = link(before, batch)
            if before != bytes(one.hash):
                raise BrokenChain(one.position, "the hash does not fit the stored bytes")
            batch, links = [], links + 1
    if batch:
        raise BrokenChain(batch[-1].position, "the last batch has no hash")
    return links
