"""A small cache of networks, subnets and security groups: what nearly every decision reads and hardly any changes.

What comes from here may be old. Therefore every decision made with it is guarded (`Unchanged`), and nothing is refused or left
undone on its word alone.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from libs.network.resources import kind_and_id
from libs.network.world import Resource

CACHED_KINDS = frozenset({"network", "subnet", "security_group"})
MOST_ENDED = 10_000
"""Streams that are remembered to have ended; forgotten all at once when they are more."""


class ResourceCache:
    """Resources by stream, the longest unused one dropped beyond `limit`. Safe to share between threads."""

    def __init__(self, limit: int = 2000) -> None:
        self._limit, self._lock = limit, threading.Lock()
        self._held: OrderedDict[str, Resource] = OrderedDict()
        self.ended: frozenset[str] = frozenset()

    def get(self, stream: str) -> Resource | None:
        """What is held of the stream, perhaps old; None when nothing is."""
        with self._lock:
            resource = self._held.get(stream)
            if resource is not None:
                self._held.move_to_end(stream)
            return resource

    def put(self, resource: Resource) -> None:
        """Hold it, unless a newer version is held."""
        if kind_and_id(resource.stream)[0] not in CACHED_KINDS:
            return
        with self._lock:
            held = self._held.get(resource.stream)
            if held is None or held.version < resource.version:
                self._held[resource.stream] = resource
            if len(self._held) > self._limit:
                self._held.popitem(last=False)

    def clear(self) -> None:
        """Hold nothing."""
        with self._lock:
            self._held.clear()
            self.ended = frozenset()

    def end(self, stream: str) -> None:
        """Remember that the stream has ended, which is for ever."""
        with self._lock:
            self.ended = frozenset((stream,)) if len(self.ended) >= MOST_ENDED else self.ended | {stream}

    def drop(self, stream: str) -> None:
        """Hold nothing of the stream."""
        with self._lock:
            self._held.pop(stream, None)
