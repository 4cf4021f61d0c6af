"""Ports that a SLAAC subnet's coming or going concerns: read at the edge, named in the command, guarded by the decision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from libs.commands import Command, CreateSubnets, DeleteSubnet
from libs.errors import Refusal
from libs.eventlog.commit import Committed
from libs.eventlog.contest import Judge
from libs.model import Context
from libs.network import addresses
from services.api.reads import Query

TRIES = 10
MOST = 5000
"""Ports that one commit may change; a network with more of them is refused."""

_OF_NETWORKS = "select id from port where network_id = any(%s) order by id limit %s"
_OF_SUBNET = (
    "select p.id from subnet s join port p on p.network_id = s.network_id and p.subnet_ids @> array[s.id]"
    " where s.id = %s and s.ip_version = 6 order by p.id limit %s"
)


def commit_with_ports(commit: Callable[..., Committed], query: Query) -> Callable[..., Committed]:
    """`commit`, with the ports that the command concerns named in it; again when others came meanwhile. Raises Refusal."""

    def committed(command: Command, context: Context, *judge: Judge) -> Committed:
        now = with_ports(command, query)
        for _ in range(TRIES):
            try:
                return commit(now, context, *judge)
            except Refusal as refusal:
                before, now = now, with_ports(command, query)
                if refusal.status != 409 or now == before:
                    raise
        return commit(now, context, *judge)

    return committed


def with_ports(command: Command, query: Query) -> Command:
    """The command with the ids of the ports that are to join or leave a subnet by it; most commands concern none. Raises Refusal
    409 when they are too many."""
    match command:
        case CreateSubnets(subnets=subnets):
            automatic = [one for one in subnets if addresses.is_automatic(one.ipv6_ra_mode, one.ipv6_address_mode)]
            networks = sorted({one.network_id for one in automatic})
            found = query(_OF_NETWORKS, (networks, MOST + 1)) if networks else []
        case DeleteSubnet(subnet_id=subnet_id):
            found = query(_OF_SUBNET, (subnet_id, MOST + 1))
        case _:
            return command
    if len(found) > MOST:
        raise Refusal(409, "TooManyPorts", f"More than {MOST} ports would have to change with the subnet.")
    return replace(command, port_ids=tuple(id for (id,) in found))
