"""What an L3 agent's report means for floating IPs' status. Pure; the decider has the last word about router, address and host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from libs.commands import ReportFloatingIp
from libs.feed import FloatingIpReport, Routing
from libs.model import ACTIVE, DOWN, ERROR


@dataclass(frozen=True, slots=True)
class Standing:
    """A floating IP of a router of the host, as the read model has it."""

    router_id: str
    fixed_ip_address: str
    status: str


def reports(message: Routing, host: str, known: Mapping[str, Standing]) -> list[ReportFloatingIp]:
    """The commands that a message comes to.

    known: {floatingip_id: Standing} of the host's routers that the message is about: all in its range when it is complete, else those
    that it names. What is not of this host, about another router or address than it stands for now, or known already, comes to
    nothing, and costs nothing. Complete: what is not named does not work, so that no lost message leaves a status that is not true.
    """
    told = {
        one.floatingip_id: one
        for one in message.floatingips
        if (standing := known.get(one.floatingip_id)) is not None
        and (one.router_id, one.fixed_ip_address) == (standing.router_id, standing.fixed_ip_address)
    }
    found = {id: (_status(one), one.reason) for id, one in told.items()}
    if message.complete:
        found.update((id, (DOWN, "")) for id in known.keys() - told.keys())
    return [
        ReportFloatingIp(id, host, known[id].router_id, known[id].fixed_ip_address, status, reason)
        for id, (status, reason) in sorted(found.items())
        if status != known[id].status
    ]


def _status(report: FloatingIpReport) -> str:
    """What is said not to work without a reason was taken away, with one it failed."""
    if report.working:
        return ACTIVE
    return ERROR if report.reason else DOWN
