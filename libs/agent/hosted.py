"""Brain, hands and runtime of one host, wired together, for agents that keep things with `libs.agent.upkeep`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any, Protocol

from libs.agent.brain import Brain, Link
from libs.agent.runtime import AgentRuntime
from libs.config import Settings
from libs.kernel.hands import Hands

_CALM_SECONDS = 1.0  # a process that keeps dying is started once a second, not in a hot loop


class HostBrain(Brain, Protocol):
    """A brain whose things have a process each, in a folder of their own."""

    poke: Callable[[], None]

    def ended(self, folder: str) -> None:
        """The process of that folder is gone."""
        ...

    def doubt_everything(self) -> None:
        """The hands were lost."""
        ...

    def close(self) -> None:
        """The agent stops; what is on the host goes on."""
        ...


class HostedAgent:
    """Built cheaply; `run` blocks until `close`, after which what is on the host goes on.

    modules: of `libs.kernel`, for the hands. make: the brain on those hands. ended: the word by which the hands tell that a process
    ended, with its folder. link: instead of the bus.
    """

    def __init__(
        self,
        settings: Settings,
        modules: Sequence[str],
        make: Callable[[Hands], HostBrain],
        ended: str,
        link: Link | None = None,
    ) -> None:
        self._hands = Hands(settings, self._notice, modules=modules, on_lost=self._hands_lost)
        self.brain = make(self._hands)
        self.runtime = AgentRuntime(settings, self.brain, link)
        self.brain.poke = self.runtime.poke
        self._ended = ended
        self._ended_at: dict[str, float] = {}

    def run(self) -> None:
        """Serve."""
        self.runtime.run()

    def close(self) -> None:
        """Stop the agent."""
        self.runtime.close()
        self.brain.close()
        self._hands.close()

    def _notice(self, message: dict[str, Any]) -> None:
        folder = message.get(self._ended)
        if folder is None:
            return
        self.brain.ended(folder)
        before, self._ended_at[folder] = self._ended_at.get(folder, 0.0), monotonic()
        if self._ended_at[folder] - before > _CALM_SECONDS:
            self.runtime.poke()
        else:
            threading.Timer(_CALM_SECONDS, self.runtime.poke).start()

    def _hands_lost(self) -> None:
        """Whom the hands watched is not watched any longer: read everything back with new hands."""
        self.brain.doubt_everything()
        self.runtime.poke()
