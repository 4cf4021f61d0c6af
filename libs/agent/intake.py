"""From a feed's messages to the brain: what it must forget, which scopes the host is in, one fact after the other."""

from __future__ import annotations

import logging

from libs.agent.brain import Brain
from libs.chain import scopes_after
from libs.feed import Feed

_log = logging.getLogger(__name__)


class Intake:
    """Gives a brain what it takes in, in the order of `libs.chain.Chain.receive`."""

    def __init__(self, brain: Brain) -> None:
        self._brain = brain
        self._scopes: frozenset[str] = frozenset()

    def take(self, feed: Feed) -> None:
        """One whole message."""
        if feed.full:
            self._brain.forget(None)
        elif feed.left or feed.entered:
            self._brain.forget((*feed.left, *feed.entered))
        if feed.full or feed.left or feed.entered:
            self._scopes = scopes_after(self._scopes, feed)
            self._brain.held(self._scopes)
        for recorded in feed.events:
            try:
                self._brain.take(recorded)
            except Exception:  # one fact that cannot be taken in must not keep the others out
                _log.exception("fact %s@%s was not taken in", recorded.stream, recorded.version)
