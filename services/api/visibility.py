"""Which rows a caller may see, as a condition that stands in every statement. Pure."""

from __future__ import annotations

from typing import Any

from libs.model import Actor
from libs.policy import is_operator, may_read

# array(..) is read once and then serves an index; `in (select ..)` beside an `or` would read the whole table.
_OWN_NETWORK = "network_id = any(array(select id from network where project_id = %s))"
_SEEN_NETWORK = "network_id = any(array(select id from network where project_id = %s or shared or external))"
_VISIBLE = {
    "network": ("(project_id = %s or shared or external)", 1),
    "subnet": (f"(project_id = %s or {_SEEN_NETWORK})", 2),
    "port": (f"(project_id = %s or {_OWN_NETWORK})", 2),
    "router": ("project_id = %s", 1),
    "floatingip": ("project_id = %s", 1),
    "agent": ("false", 0),
}


def visible(kind: str, actor: Actor) -> tuple[str, tuple[Any, ...]]:
    """(condition, values) that hold for the rows the caller may see."""
    if is_operator(actor):
        return "true", ()
    if not may_read(actor):
        return "false", ()
    condition, count = _VISIBLE[kind]
    return condition, (actor.project,) * count
