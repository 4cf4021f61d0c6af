"""Signs of life: kept beside the log in a volatile table; only going down and coming up are facts."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from libs.errors import Refusal
from libs.eventlog.pool import Pool

_log = logging.getLogger(__name__)

_BEAT = (
    "insert into agent_heartbeat (agent_id, beat_at, position, load)"
    " select id, clock_timestamp(), position, load from"
    " unnest(%s::text[], %s::bigint[], %s::json[]) as beat(id, position, load)"
    " on conflict (agent_id) do update set beat_at = excluded.beat_at, position = excluded.position, load = excluded.load"
)
MAX_LOADS, MAX_NAME = 16, 64


@dataclass(frozen=True, slots=True)
class Beat:
    """The newest sign of life of an agent; position: applied up to here."""

    position: int
    load: Mapping[str, int]


class Heartbeats:
    """Gathers signs of life and writes the newest of each agent together, every `seconds`."""

    def __init__(self, pool: Pool, seconds: float) -> None:
        self._pool, self._seconds = pool, seconds
        self._new: dict[str, Beat] = {}

    def note(self, agent_id: str, position: int, load: Mapping[str, int]) -> None:
        """A sign of life; kept until the next write."""
        sane = {what: number for what, number in load.items() if 0 <= number < 2**31 and len(what) <= MAX_NAME}
        small = dict(list(sane.items())[:MAX_LOADS])
        self._new[agent_id] = Beat(max(0, min(position, 2**62)), small)

    def flush(self) -> None:
        """Write what is new. Raises Refusal 503; it is then kept for the next time."""
        beats, self._new = self._new, {}
        if not beats:
            return
        try:
            loads = [json.dumps(beat.load) for beat in beats.values()]
            self._pool.execute(_BEAT, (list(beats), [beat.position for beat in beats.values()], loads))
        except Refusal:
            self._new = beats | self._new
            raise

    def run(self, stop: threading.Event) -> None:
        """Write until `stop`."""
        while not stop.wait(self._seconds):
            try:
                self.flush()
            except Refusal as refusal:
                _log.warning("heartbeats cannot be written now: %s", refusal.message)
