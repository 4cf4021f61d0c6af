"""A flow as a value, and its text exactly as `ovs-ofctl --no-stats --no-names dump-flows` prints it (OpenFlow 1.4). Pure.

The matches and actions that `render` writes are in ovs-ofctl's own canonical form, so equal text is equal meaning; the contract test
with a real switch holds us to it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

TAG = 0x4E4C  # "NL" in the upper 16 bits of a cookie marks a flow as ours
_TAG_SHIFT = 48
_POSITIONS = (1 << _TAG_SHIFT) - 1

_LINE = re.compile(
    r"\s*(?:cookie=(?P<cookie>0x[0-9a-f]+), ?)?(?:table=(?P<table>\d+), ?)?(?P<match>[^ ]*) ?actions=(?P<actions>.*)"
)
_PRIORITY = re.compile(r"priority=(\d+),?")


class FlowId(NamedTuple):
    """What makes two flows the same flow to a switch."""

    bridge: str
    table: int
    priority: int
    match: str


class FlowBody(NamedTuple):
    """What a flow does, and the fact it stands for."""

    actions: str
    cookie: int


Flow = tuple[FlowId, FlowBody]


def cookie_of(position: int) -> int:
    """Our tag and the log position of the fact that a flow stands for; 0 for static flows."""
    return TAG << _TAG_SHIFT | position & _POSITIONS


def is_ours(cookie: int) -> bool:
    """Whether the cookie carries our tag."""
    return cookie >> _TAG_SHIFT == TAG


def flow(bridge: str, table: int, priority: int, match: str, actions: str, position: int = 0) -> Flow:
    """A flow of ours that stands for the fact at `position`."""
    return FlowId(bridge, table, priority, match), FlowBody(actions, cookie_of(position))


def text_of(id: FlowId, body: FlowBody) -> str:
    """The flow as ovs-ofctl prints and reads it, always with its cookie, table and priority."""
    match = f",{id.match}" if id.match else ""
    return f"cookie={body.cookie:#x},table={id.table},priority={id.priority}{match} actions={body.actions}"


def add_line(id: FlowId, body: FlowBody) -> str:
    """The line of a bundle that creates or replaces this flow."""
    return f"add {text_of(id, body)}"


def delete_line(id: FlowId, body: FlowBody) -> str:
    """The line of a bundle that removes this very flow, and nothing that somebody else put in its place."""
    match = f",{id.match}" if id.match else ""
    return f"delete_strict cookie={body.cookie:#x}/-1,table={id.table},priority={id.priority}{match}"


def parse(bridge: str, line: str) -> Flow | None:
    """A line of dump-flows as a flow; None for a line that is none. An absent cookie or table is 0, an absent priority 32768."""
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    match, priority = found["match"], 32768
    number = _PRIORITY.search(match)
    if number is not None:
        priority = int(number[1])
        match = match.replace(number[0], "", 1).rstrip(",")
    id = FlowId(bridge, int(found["table"] or 0), priority, match)
    return id, FlowBody(found["actions"].rstrip(), int(found["cookie"] or "0", 16))
