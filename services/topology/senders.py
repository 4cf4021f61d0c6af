"""Who speaks: what may be believed of an agent's message. Pure.

The broker vouches for the user alone (SECURITY.md section 3); host and type follow from it, never from what the message says.
"""

from __future__ import annotations

import json
import re
import uuid
from collections import OrderedDict
from dataclasses import dataclass

from libs.commands import RegisterAgent
from libs.feed import Hello
from libs.model import host_token, is_printable

MAX_TEXT, MAX_CONFIGURATIONS = 255, 16 * 1024
_ESCAPE = re.compile(r"-([0-9a-f]{2})")


@dataclass(frozen=True, slots=True)
class Sender:
    """An agent as its broker user names it."""

    user: str
    agent_type: str
    host: str

    @property
    def agent_id(self) -> str:
        """The same for ever for a host and type, so that an agent that says hello again is known."""
        return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{self.agent_type}@{self.host}"))


def sender(user: str, parsed: tuple[str, str] | None) -> Sender | None:
    """Who `user` is; parsed: (agent type, host token) as `libs.bus.parse_user` gives it. None when no host has that token."""
    if parsed is None:
        return None
    agent_type, token = parsed
    host = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), token)
    plain = host.isascii() and host.isprintable() and 0 < len(host) <= MAX_TEXT
    return Sender(user, agent_type, host) if plain and host_token(host) == token else None


def registration(hello: Hello, who: Sender) -> RegisterAgent | None:
    """The command that a hello comes to; None when it is not about its sender or holds what no agent says."""
    if (hello.host, hello.agent_type) != (who.host, who.agent_type):
        return None
    texts = (hello.binary, hello.availability_zone)
    if any(len(text) > MAX_TEXT or not is_printable(text) for text in texts):
        return None
    if len(json.dumps(dict(hello.configurations))) > MAX_CONFIGURATIONS:
        return None
    return RegisterAgent(
        who.agent_id, who.host, who.agent_type, hello.binary, hello.availability_zone, hello.configurations
    )


class Rates:
    """So much of each thing per sender: `burst` at once, then `per_second`. Remembers the last `known` senders."""

    def __init__(self, burst: int, per_second: float, known: int = 20_000) -> None:
        self._burst, self._rate, self._known = float(burst), per_second, known
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allow(self, key: str, now: float) -> bool:
        """Whether one more is within the rate; `now` in seconds on a clock that never goes back."""
        left, at = self._left.pop(key, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._rate)
        self._left[key] = (left - 1 if left >= 1 else left, now)
        if len(self._left) > self._known:
            self._left.popitem(last=False)
        return left >= 1
