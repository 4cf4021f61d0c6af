"""What floating IPs mean for the port that they stand for: its end lets go of them, and it keeps the addresses that they need.

Rules: Neutron 29's db/l3_db.py (disassociate_floatingips, prevent_internal_ip_change_for_fip).
"""

from __future__ import annotations

from collections.abc import Iterable

from libs.errors.floatingip import address_keeps_floating_ip
from libs.eventlog.protocol import Change, NoneRefers
from libs.network.deciders.floatingip_changes import disassociated
from libs.network.deciders.reading import change, found
from libs.network.resources import stream_of
from libs.network.world import Find, Need, Resource, World


def _standing_for(port_id: str) -> Find:
    return Find("floatingip", "port_id", port_id, rare=True)


def needs(port_id: str, world: World) -> tuple[Need, ...]:
    """The floating IPs that stand for the port."""
    wanted = _standing_for(port_id)
    return (wanted, *(stream_of("floatingip", id) for id in world.found.get(wanted, ())))


def _of(port_id: str, world: World) -> list[Resource]:
    resources = (found(world, "floatingip", id) for id in world.found.get(_standing_for(port_id), ()))
    return [one for one in resources if one is not None and one.state.target and one.state.target.port_id == port_id]


def no_other(port_id: str, world: World) -> NoneRefers:
    """Guard: no floating IP stands for the port but those that were found."""
    wanted = _standing_for(port_id)
    return NoneRefers(wanted.kind, wanted.column, wanted.value, besides=world.found.get(wanted, ()))


def left(port_id: str, world: World) -> tuple[Change, ...]:
    """The floating IPs of a port that ends stand for nothing; they stay with their projects."""
    ended = ((one, disassociated(one.state, one.state.target, "port deleted")) for one in _of(port_id, world))
    return tuple(change(one, (fact,)) for one, fact in ended)


def check_kept(port_id: str, lost: Iterable[str], world: World) -> None:
    """No floating IP stands for an address that the port is to lose. Raises 400."""
    addresses = set(lost)
    if any(one.state.target.ip_address in addresses for one in _of(port_id, world)):
        raise address_keeps_floating_ip(port_id)
