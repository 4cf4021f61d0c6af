"""How a story is told: its steps in order, a line each, and the counts at the end. Nothing of the product is imported here."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable


class Teller:
    """Runs steps; a step that raises has failed, and those after it still run."""

    def __init__(self) -> None:
        self.passed = self.failed = 0

    def step(self, what: str, does: Callable[[], object]) -> object:
        """Do it and say how it went; what it gave, None when it failed."""
        try:
            gave = does()
        except Exception:
            self.failed += 1
            print(f"FAILED  {what}\n{traceback.format_exc(limit=-3)}", flush=True)
            return None
        self.passed += 1
        print(f"ok      {what}", flush=True)
        return gave

    def end(self) -> None:
        """Print the counts and leave with 1 when a step failed."""
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        sys.exit(1 if self.failed else 0)


def must(holds: object, what: str = "it is not so") -> None:
    """Raises AssertionError unless it holds."""
    if not holds:
        raise AssertionError(what)
