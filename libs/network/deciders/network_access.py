"""What a network's own attributes `shared` and `router:external` say, said by RBAC policies for all projects.

Rules: Neutron 29's db/db_base_plugin_v2.py (create_network_db, update_network), db/external_net_db.py (_process_l3_create, -update).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from libs.eventlog.protocol import Change
from libs.events import (
    NetworkAccessGranted,
    NetworkAccessWithdrawn,
    NetworkDefaultChanged,
    NetworkEvent,
    RbacPolicyCreated,
    RbacPolicyDeleted,
)
from libs.network.deciders.reading import change, found
from libs.network.network import Network
from libs.network.rbac_policy import EVERYBODY, EXTERNAL, SHARED, RbacPolicy
from libs.network.resources import stream_of
from libs.network.sharing import Access, policy_id_of
from libs.network.world import World


def policy_streams(network: Network, actions: Iterable[str] = (SHARED, EXTERNAL)) -> tuple[str, ...]:
    """The streams of the network's policies for these actions."""
    wanted = tuple(actions)
    ids = (one.policy_id for one in network.access if one.policy_id and one.action in wanted)
    return tuple(stream_of("rbac_policy", id) for id in ids)


def concerned(changes: Mapping[str, Any]) -> tuple[str, ...]:
    """The actions whose policies may change with these attributes."""
    return tuple(action for name, action in (("shared", SHARED), ("external", EXTERNAL)) if name in changes)


def said(network: Network, version: int, changes: Mapping[str, Any]) -> Iterator[NetworkEvent]:
    """What becomes of the network's access when these attributes are set; version: of the network as it was read."""
    if "shared" in changes:
        yield from _shared(network, version, changes["shared"])
    if "external" in changes:
        yield from _external(network, version, changes["external"])
    is_default = bool(changes.get("is_default", network.is_default) and changes.get("external", network.external))
    if is_default != network.is_default:
        yield NetworkDefaultChanged(network.id, is_default)


def _shared(network: Network, version: int, wanted: bool) -> Iterator[NetworkEvent]:
    """Sharing again what was shared before there were policies makes its policy."""
    for_all = [one for one in network.access if (one.action, one.target_project) == (SHARED, EVERYBODY)]
    if wanted and not any(one.policy_id for one in for_all):
        yield opened(network.id, SHARED, version)
    if not wanted:
        yield from closed(network, for_all)


def _external(network: Network, version: int, wanted: bool) -> Iterator[NetworkEvent]:
    mine = [one for one in network.access if one.action == EXTERNAL]
    if wanted and not any(one.policy_id for one in mine):
        yield opened(network.id, EXTERNAL, version)
    if not wanted:
        yield from closed(network, mine)


def opened(network_id: str, action: str, version: int) -> NetworkAccessGranted:
    """Every project is let."""
    return NetworkAccessGranted(network_id, action, EVERYBODY, policy_id_of(network_id, action, version))


def closed(network: Network, access: Iterable[Access]) -> Iterator[NetworkAccessWithdrawn]:
    """These are let no longer."""
    for one in access:
        yield NetworkAccessWithdrawn(network.id, one.action, one.target_project, one.policy_id)


def policies(events: Iterable[NetworkEvent], project_id: str, world: World) -> Iterator[Change]:
    """The policies that come and go with a network's facts; those that come belong to `project_id`."""
    for event in events:
        if isinstance(event, NetworkAccessGranted):
            made = RbacPolicyCreated(
                event.rbac_policy_id, project_id, "network", event.network_id, event.action, event.target_project
            )
            yield Change(stream_of("rbac_policy", event.rbac_policy_id), 0, (made,))
        if isinstance(event, NetworkAccessWithdrawn) and event.rbac_policy_id:
            yield from ended(event.rbac_policy_id, world)


def ended(policy_id: str, world: World) -> Iterator[Change]:
    """The end of a policy that was read."""
    resource = found(world, "rbac_policy", policy_id)
    if resource is not None:
        state: RbacPolicy = resource.state
        gone = RbacPolicyDeleted(
            state.id, state.project_id, state.object_type, state.object_id, state.action, state.target_project
        )
        yield change(resource, (gone,), ends=True)
