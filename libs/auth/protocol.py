"""Who tells a request's caller: one protocol, whatever the mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from libs.model import Actor

Header = Callable[[str], str]
"""A request's header by its name in lower case; empty when it was not sent."""


class Authenticator(Protocol):
    """Answers from memory, or asks; never keeps a request waiting for longer than its own deadline."""

    def actor(self, header: Header) -> Actor:
        """The caller. Raises Refusal 400, 401, 403, 503."""
        ...
