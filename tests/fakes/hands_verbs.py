"""Verbs for tests of the hands."""

from __future__ import annotations

import os
from typing import Any

VERBS: dict[str, Any] = {
    "fake.double": lambda number: 2 * number,
    "fake.divide": lambda number: 1 / number,
    "fake.die": lambda: os._exit(3),
    "fake.environment": lambda: dict(os.environ),
    "fake.chat": lambda: print("a stray word") or "fine",
}
