"""What an agent's runtime needs: a brain that knows the host, and a link to the bus."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from libs.eventlog.protocol import Recorded
from libs.feed import AgentMessage, Routing, Wiring


class Brain(Protocol):
    """What one kind of agent knows of its host. `forget`, `held` and `take` are called from the bus's reader and must not block;
    `apply`, `audit` and `report` never run at the same time as each other, but `take` may run whenever they wait."""

    agent_type: str
    binary: str

    def configurations(self) -> Mapping[str, Any]:
        """What Hello tells of it."""
        ...

    def forget(self, networks: tuple[str, ...] | None) -> None:
        """Forget these networks, all of it (agents too) when None; what is on the host goes with the next apply."""
        ...

    def held(self, scopes: frozenset[str]) -> None:
        """The host is in these scopes from now on, and in no others; said before the facts of those that it enters."""
        ...

    def take(self, recorded: Recorded) -> None:
        """Take in one fact. Of ports it may come by a group alone, on networks that are not held (`libs.chain.is_foreign`)."""
        ...

    def apply(self) -> Wiring | Routing | None:
        """Make the host as desired where something is dirty; what the server should know of that. An exception keeps it dirty."""
        ...

    def audit(self) -> dict[str, int]:
        """Read everything back, repair it, and count what differed: {object: count}."""
        ...

    def load(self) -> dict[str, int]:
        """How much it carries, told with each heartbeat: {what: count}; for operators, scheduling goes by the log."""
        ...

    def report(self) -> Wiring | Routing | None:
        """Everything that it tells of its host as it is now, `complete`; None for an agent that tells nothing."""
        ...


class Link(Protocol):
    """The agent's end of the bus, as `libs.bus.AgentLink`."""

    def run(self) -> None: ...  # noqa: D102

    def close(self) -> None: ...  # noqa: D102

    def send(self, message: AgentMessage) -> bool: ...  # noqa: D102
