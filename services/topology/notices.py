"""What Nova is to be told because of facts: which notice about which port. Pure.

Source: neutron.notifiers.nova of Neutron 29. What a user or service changed by the API is told as changed; what netledger's own
processes did is not. A port is looked up as it is now: a server that has let it go is told nothing more of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from libs.eventlog.protocol import Recorded
from libs.events import (
    FloatingIpAssociated,
    FloatingIpDisassociated,
    PortBecameActive,
    PortBindingActivated,
    PortBindingAdded,
    PortBindingProfileChanged,
    PortBindingRemoved,
    PortBindingUnwired,
    PortBindingWired,
    PortCreated,
    PortDeleted,
    PortEvent,
    PortTagsChanged,
    PortWentDown,
)
from libs.model import is_uuid
from libs.nova import CHANGED, DELETED, PLUGGED, UNPLUGGED, Notice
from services.topology.commits import ACTOR

COMPUTE = "compute:"
_QUIET = (
    *(PortCreated, PortTagsChanged, PortBecameActive, PortWentDown, PortDeleted),
    *(PortBindingAdded, PortBindingProfileChanged, PortBindingWired, PortBindingUnwired),
    *(PortBindingActivated, PortBindingRemoved),
)
"""Facts of ports that Neutron does not call a change of the port."""


@dataclass(frozen=True, slots=True)
class Told:
    """A notice before it is known whose port it is. server, owner: known for ports that are gone."""

    name: str
    port_id: str
    status: str = ""
    server: str = ""
    owner: str = ""


def made_in(batch: Iterable[Recorded]) -> frozenset[str]:
    """Ids of the commands that made ports: the further facts of those are no changes."""
    return frozenset(str(one.meta.get("command_id", "")) for one in batch if isinstance(one.event, PortCreated))


def called_for(batch: Iterable[Recorded], made: Collection[str]) -> list[Told]:
    """What the facts call for, in order; what is the same, once. made: as `made_in` gives it, of this batch and the one before."""
    found: dict[Told, None] = {}
    for told in (told for one in batch for told in _of(one, made)):
        if told.name != CHANGED:  # a port that is plugged, unplugged and plugged again is plugged in the end
            found.pop(told, None)
        found.setdefault(told)
    return list(found)


def notices(wanted: Iterable[Told], ports: Mapping[str, tuple[str, str]]) -> list[Notice]:
    """Those about ports of servers. ports: {port_id: (device_id, device_owner)} of those that there are."""
    out = []
    for one in wanted:
        server, owner = (one.server, one.owner) if one.name == DELETED else ports.get(one.port_id, ("", ""))
        if owner.startswith(COMPUTE) and is_uuid(server):
            out.append(Notice(one.name, server, one.port_id, one.status))
    return out


def ports_in(wanted: Sequence[Told]) -> list[str]:
    """Ids of the ports to look up."""
    return list(dict.fromkeys(one.port_id for one in wanted if one.name != DELETED))


def _of(one: Recorded, made: Collection[str]) -> Iterator[Told]:
    match event := one.event:
        case PortBecameActive() | PortBindingWired():
            yield Told(PLUGGED, event.port_id, "completed")
        case PortWentDown():
            yield Told(UNPLUGGED, event.port_id, "completed")
        case PortDeleted():
            yield Told(DELETED, event.port_id, "", event.device_id, event.device_owner)
        case FloatingIpAssociated():
            if event.fixed_port_before:
                yield Told(CHANGED, event.fixed_port_before)
            yield Told(CHANGED, event.fixed_port_id)
        case FloatingIpDisassociated():
            yield Told(CHANGED, event.fixed_port_id)
        case _ if isinstance(event, PortEvent) and not isinstance(event, _QUIET) and _asked_for(one, made):
            yield Told(CHANGED, event.port_id)


def _asked_for(one: Recorded, made: Collection[str]) -> bool:
    """Whether the API changed the port, and did not make it just then."""
    actor = one.meta.get("actor") or {}
    return actor.get("user") != ACTOR.user and one.meta.get("command_id") not in made
