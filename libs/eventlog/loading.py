"""What a decision reads: resources out of a small cache or the read model, and what it looks up."""

from __future__ import annotations

from dataclasses import replace

from libs.eventlog.cache import ResourceCache
from libs.eventlog.contest import Attempt
from libs.eventlog.domain import Domain
from libs.eventlog.protocol import EventLog
from libs.network.resources import kind_and_id
from libs.network.world import Find, Resource, World

ROUNDS = 5
"""How often needs and questions may follow from what was just loaded or answered."""


class Loader:
    """Fills worlds from `log`; `cache` is filled on the way. Safe to share."""

    def __init__(self, log: EventLog, domain: Domain, cache: ResourceCache) -> None:
        self._log, self._domain, self._cache = log, domain, cache

    def load(self, attempt: Attempt) -> World:
        """All that the attempt's command needs. Raises Refusal 503."""
        world = World(attempt.context, ended=self._cache.ended)
        for _ in range(ROUNDS):
            needed = dict.fromkeys(self._domain.needs(attempt.command, world))
            wanted = [one for one in needed if one not in world.resources and one not in world.found]
            if not wanted:
                return world
            if finds := [one for one in wanted if isinstance(one, Find)]:
                world = replace(world, found={**world.found, **self._look_up(attempt, finds)})
            if streams := [one for one in wanted if isinstance(one, str)]:
                world = replace(world, resources={**world.resources, **self._fetch(attempt, streams)})
        raise RuntimeError(f"{type(attempt.command).__name__} needs more than {ROUNDS} rounds of reading")

    def _look_up(self, attempt: Attempt, finds: list[Find]) -> dict[Find, tuple[str, ...]]:
        guessed: dict[Find, tuple[str, ...]] = {one: () for one in finds if one.rare and attempt.trusting}
        attempt.cached = attempt.cached or bool(guessed)
        wanted = [(one.kind, one.column, one.value) for one in finds if one not in guessed]
        found = self._log.find(wanted) if wanted else {}
        return {one: found.get((one.kind, one.column, one.value), ()) for one in finds}

    def _fetch(self, attempt: Attempt, wanted: list[str]) -> dict[str, Resource | None]:
        found: dict[str, Resource | None] = {}
        if attempt.trusting:
            found = {stream: one for stream in wanted if (one := self._cache.get(stream)) is not None}
            attempt.cached = attempt.cached or bool(found)
        missing = [kind_and_id(stream) for stream in wanted if stream not in found]
        rows = self._log.rows(missing) if missing else {}
        for stream in wanted:
            if stream not in found:
                row = rows.get(kind_and_id(stream))
                found[stream] = self._domain.kinds[row.kind].resource_of(row) if row else None
                if (resource := found[stream]) is not None:
                    self._cache.put(resource)
        return found
