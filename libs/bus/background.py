"""Something that runs beside a nameko service for as long as the service does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from nameko.extensions import DependencyProvider

from libs.config import Settings


class Runs(Protocol):
    """`run` blocks until `close`; an exception of `run` ends the process (the launcher exits with 1)."""

    def run(self) -> None:
        """Do the work."""
        ...

    def close(self) -> None:
        """Make `run` return soon."""
        ...


class Background(DependencyProvider):  # type: ignore[misc]
    """`Background(make)`: `make(settings)` is built at set-up, run in a thread of the container, given to the service's workers."""

    def __init__(self, make: Callable[[Settings], Runs]) -> None:
        self._make = make

    def setup(self) -> None:
        """Build it; an error here stops the process from starting."""
        self.it = self._make(self.container.config["settings"])

    def start(self) -> None:
        """Run it; its failure is the container's death."""
        self.container.spawn_managed_thread(self.it.run, identifier=type(self.it).__name__)

    def stop(self) -> None:
        """Ask it to end."""
        self.it.close()

    def get_dependency(self, worker_ctx: Any) -> Runs:
        """What `make` gave."""
        return self.it
