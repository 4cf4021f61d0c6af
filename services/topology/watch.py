"""The leader's look at all agents: who is down, who is back, and who missed the end of its feed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic

from libs.commands import Command, MarkAgentDown, MarkAgentUp
from libs.errors import Refusal
from libs.eventlog.pool import Pool
from libs.eventlog.protocol import LogIdentity
from libs.feed import Feed
from services.topology import feeds

_log = logging.getLogger(__name__)

_CHANGED = """
    select a.id, a.alive from agent a left join agent_heartbeat h on h.agent_id = a.id
    where a.alive is distinct from
        (coalesce(h.beat_at, 'epoch'::timestamptz) > clock_timestamp() - %(down)s * interval '1 second')
"""
_NEWEST = "select coalesce(extract(epoch from clock_timestamp() - max(beat_at)), 0)::float8 from agent_heartbeat"
_BEHIND = """
    select f.host, f.last_position, max(extract(epoch from h.beat_at))::float8
    from host_feed f join agent a on a.host = f.host join agent_heartbeat h on h.agent_id = a.id
    where a.alive and h.position < f.last_position
    group by f.host, f.last_position"""


@dataclass(slots=True)
class Behind:
    """Which hosts' agents are behind what was sent to them: {host: (last position sent, beat seen, times nudged, next nudge at)}."""

    seen: dict[str, tuple[int, float, int, float]] = field(default_factory=dict)

    def late(self, found: dict[str, tuple[int, float]], now: float) -> list[str]:
        """Hosts that said in a further heartbeat that they still are where they were; each ever more seldom. found: {host: (last
        position sent, time of the newest beat)}."""
        late, seen = [], {}
        for host, (position, beat) in found.items():
            before, first_beat, times, at = self.seen.get(host, (0, 0.0, 0, 0.0))
            if before != position:
                seen[host] = (position, beat, 0, 0.0)
                continue
            if beat > first_beat and now >= at:
                late.append(host)
                times, at = times + 1, now + min(300.0, 5.0 * 2**times)
            seen[host] = (position, first_beat, times, at)
        self.seen = seen
        return late


class Watch:
    """Looks every `down_seconds / 5`, at most every second. `commit` takes commands of this process, `publish` as the relay's."""

    def __init__(
        self,
        pool: Pool,
        identity: LogIdentity,
        down_seconds: float,
        commit: Callable[[Sequence[Command], str], object],
        publish: Callable[[Sequence[tuple[str, Feed]]], None],
        can_hear: Callable[[], bool],
    ) -> None:
        self._pool, self._identity, self._down = pool, identity, down_seconds
        self._commit, self._publish, self._can_hear = commit, publish, can_hear
        self._since, self._looked, self._behind = monotonic(), monotonic(), Behind()

    def run(self, stop: threading.Event) -> None:
        """Look until `stop`. What goes wrong is tried again at the next look."""
        while not stop.wait(min(1.0, self._down / 5)):
            try:
                self.look()
            except (Refusal, OSError) as error:
                _log.warning("agents cannot be watched now: %s", error)
                self._since = monotonic()

    def look(self) -> None:
        """Mark who changed and nudge who is behind. Raises Refusal 503, OSError (Away)."""
        now, before = monotonic(), self._looked
        self._looked = now
        if not self._can_hear() or now - before > max(3.0, self._down / 2):
            self._since = now  # what was not heard, or slept through, is nobody's silence
            return
        self._mark(now - self._since)
        self._nudge()

    def _mark(self, watched: float) -> None:
        changed = self._pool.query(_CHANGED, {"down": self._down})
        falls = [agent_id for agent_id, alive in changed if alive]
        if falls and not self._is_their_silence(len(falls), watched):
            falls = []
        commands: list[Command] = [MarkAgentUp(agent_id) for agent_id, alive in changed if not alive]
        commands += [MarkAgentDown(agent_id) for agent_id in falls]
        if commands:
            self._commit(commands, "heartbeats")

    def _is_their_silence(self, number: int, watched: float) -> bool:
        """Silence counts from the start of this watch. When nobody at all is heard it is rather the way to us that is broken: then
        more time is given."""
        if watched <= self._down:
            return False
        [(newest,)] = self._pool.query(_NEWEST)
        return number == 1 or newest < self._down or newest > 3 * self._down

    def _nudge(self) -> None:
        found = {host: (int(position), beat) for host, position, beat in self._pool.query(_BEHIND)}
        late = self._behind.late(found, monotonic())
        if late:
            _log.info("hosts are behind their feed and are told so: %s", ", ".join(late))
            self._publish([(host, feeds.nudge(self._identity, found[host][0])) for host in late])
