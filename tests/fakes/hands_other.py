"""Verbs of a second module for tests of the hands: one that takes its time, one that tells something unasked."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def make_verbs(emit: Callable[[dict[str, Any]], None]) -> dict[str, Callable[..., Any]]:
    """As the hands want it."""
    return {"other.wait": lambda seconds: time.sleep(seconds), "other.tell": lambda text: emit({"text": text})}
