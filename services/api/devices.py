"""A port may say to be a router's interface, of a router of its own project; any other does not exist, or might as well not.

Source: neutron.db.db_base_plugin_v2 (_enforce_device_owner_not_router_intf_or_device_id). Such a port would be no interface, but it
would look like one to whoever lists the router's ports.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from libs.errors import Refusal
from libs.model import ROUTER_INTERFACE_OWNER, Actor
from libs.policy import is_operator
from services.api.commands import owner_of
from services.api.reads import Query

_OWN = "select r.id from router r where r.id = %s and r.project_id = %s"
_CHANGED = (
    "select coalesce(%s, p.device_id) from port p left join router r on r.id = coalesce(%s, p.device_id)"
    " and r.project_id = p.project_id where p.id = %s and coalesce(%s, p.device_owner) = %s and coalesce(%s, p.device_id) <> ''"
    " and r.id is null"
)


def check_new_devices(query: Query, items: Iterable[Mapping[str, Any]], actor: Actor) -> None:
    """Ports that are to be made. Raises Refusal 409."""
    if is_operator(actor):
        return
    for item in items:
        device = item.get("device_id") if item.get("device_owner") == ROUTER_INTERFACE_OWNER else None
        if device and not query(_OWN, (device, owner_of(item, actor))):
            raise _refused(device)


def check_changed_device(query: Query, id: str, changes: Mapping[str, Any], actor: Actor) -> None:
    """A port that is to be changed; most changes cost no query. Raises Refusal 409."""
    device, owner = changes.get("device_id"), changes.get("device_owner")
    if is_operator(actor) or not (device or owner) or owner not in (None, ROUTER_INTERFACE_OWNER):
        return
    for (wrong,) in query(_CHANGED, (device, device, id, owner, ROUTER_INTERFACE_OWNER, device)):
        raise _refused(wrong)


def _refused(id: str) -> Refusal:
    text = f"The following device_id {id} is not owned by your tenant or matches another tenants router."
    return Refusal(409, "DeviceIDNotOwnedByTenant", text)
