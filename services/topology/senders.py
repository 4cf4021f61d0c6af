"""Who speaks: what may be believed of an agent's message. Pure.

The broker vouches for the user alone (SECURITY.md section 3); host and type follow from it, never from what the message says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from libs.commands import RegisterAgent
from libs.feed import Hello
from libs.model import host_token, is_printable
from libs.network.agent import agent_ids

MAX_TEXT, MAX_CONFIGURATIONS, MAX_DEPTH = 255, 16 * 1024, 10
_ESCAPE = re.compile(r"-([0-9a-f]{2})")


@dataclass(frozen=True, slots=True)
class Sender:
    """An agent as its broker user names it."""

    user: str
    agent_type: str
    host: str

    @property
    def agent_id(self) -> str:
        """The first id of a host's agent of this type; another one follows when an operator has deleted it."""
        return next(agent_ids(self.host, self.agent_type))


def sender(user: str, parsed: tuple[str, str] | None) -> Sender | None:
    """Who `user` is; parsed: (agent type, host token) as `libs.bus.parse_user` gives it. None when no host has that token."""
    if parsed is None:
        return None
    agent_type, token = parsed
    host = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), token)
    plain = host.isascii() and host.isprintable() and 0 < len(host) <= MAX_TEXT
    return Sender(user, agent_type, host) if plain and host_token(host) == token else None


def registration(hello: Hello, who: Sender) -> RegisterAgent | None:
    """The command that a hello comes to, as the host's first agent of its type; None when it is not about its sender or holds what no
    agent says."""
    if (hello.host, hello.agent_type) != (who.host, who.agent_type):
        return None
    texts = (hello.binary, hello.availability_zone)
    if any(len(text) > MAX_TEXT or not is_printable(text) for text in texts):
        return None
    if not _is_plain(hello.configurations):
        return None
    return RegisterAgent(
        who.agent_id, who.host, who.agent_type, hello.binary, hello.availability_zone, hello.configurations
    )


def _is_plain(configurations: Mapping[str, Any]) -> bool:
    """Whether it is small, and text that every reader of the log can store (RFC 8259 allows NUL, NaN and half surrogates)."""
    try:
        text = json.dumps(dict(configurations), ensure_ascii=False, allow_nan=False)
        text.encode()
    except (ValueError, RecursionError):
        return False
    return len(text) <= MAX_CONFIGURATIONS and "\\u0000" not in text and not _is_deep(configurations)


def _is_deep(configurations: Mapping[str, Any]) -> bool:
    level: list[Any] = [configurations]
    for _ in range(MAX_DEPTH):
        values = [one.values() if isinstance(one, Mapping) else one for one in level]
        level = [item for inner in values for item in inner if isinstance(item, Mapping | list)]
    return bool(level)
