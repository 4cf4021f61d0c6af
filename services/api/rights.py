"""Rights that are no rule of the policy: whose things may be joined to one's own. Operators are not asked.

Source: neutron.db.l3_db (_internal_fip_assoc_data, _add_interface_by_subnet, _validate_port_in_range_or_admin).
"""

from __future__ import annotations

from collections.abc import Mapping

from libs.errors import forbidden, not_found
from libs.errors.floatingip import bad_floatingip
from libs.errors.router import bad_router
from libs.model import Actor, AddressRange
from libs.network.addresses import in_pools
from libs.policy import is_operator
from services.api.reads import Query
from services.api.visibility import visible

_SUBNET = (
    "select project_id, coalesce((select n.shared_with @> array[%s]::text[] from network n where n.id = network_id), false)"
    " from subnet where id = %s and {}"
)
_PORT = "select project_id from port where id = %s and {}"
_HELD_ELSEWHERE = (
    "select s.id, (p.body::json)->'fixed_ips', (s.body::json)->'allocation_pools' from port p"
    " join subnet s on s.id = any(p.subnet_ids) where p.id = %s and s.project_id <> %s"
)


def check_interface(query: Query, wanted: Mapping[str, str], actor: Actor) -> None:
    """What a router is to join: the caller's own subnet, since its gateway's address is taken, or one on a network that is shared
    with his project by name; or a port of his. Raises Refusal 404, 403, 400."""
    if is_operator(actor):
        return
    if "subnet_id" in wanted:
        _check_subnet(query, wanted["subnet_id"], actor)
    else:
        _check_port(query, wanted["port_id"], actor)


def _check_subnet(query: Query, id: str, actor: Actor) -> None:
    seen, values = visible("subnet", actor)
    rows = query(_SUBNET.format(seen), (actor.project, id, *values))
    if not rows:
        raise not_found("subnet", id)
    owner, is_shared_by_name = rows[0]
    if owner != actor.project and not is_shared_by_name:
        reason = f"subnet {id} is not owned by project making the request"
        raise bad_router(f"Cannot add interface to router because {reason}")


def _check_port(query: Query, id: str, actor: Actor) -> None:
    """On another project's subnet a router has what others may have, and not the gateway's address."""
    seen, values = visible("port", actor)
    rows = query(_PORT.format(seen), (id, *values))
    if not rows:
        raise not_found("port", id)
    if rows[0][0] != actor.project:
        raise forbidden("rule:update_port")
    for subnet, fixed_ips, pools in query(_HELD_ELSEWHERE, (id, actor.project)):
        ranges = tuple(AddressRange(one["start"], one["end"]) for one in pools)
        for held in fixed_ips:
            if held["subnet_id"] == subnet and not in_pools(held["ip_address"], ranges):
                raise bad_router(
                    f"Cannot add interface to router because specified port {id} has an IP address out of the allocation"
                    f" pool of subnet {subnet}, which is not owned by the project making the request"
                )


def check_stood_for(port_id: str, port_owner: str, owner: str, actor: Actor) -> None:
    """A floating IP of project `owner` stands for a port of the same. Raises Refusal 400."""
    if port_owner != owner and not is_operator(actor):
        raise bad_floatingip(
            f"Cannot process floating IP association with Port {port_id}, since that port is owned by a different"
            " tenant"
        )
