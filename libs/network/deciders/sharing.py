"""What the attribute `shared` of subnet pools and address scopes says, said by an RBAC policy for all projects."""

from __future__ import annotations

from libs.eventlog.protocol import Change
from libs.events import RbacPolicyCreated
from libs.network.deciders.reading import found
from libs.network.rbac_policy import EVERYBODY, SHARED
from libs.network.resources import stream_of
from libs.network.sharing import policy_id_of
from libs.network.world import Find, Need, World


def shared_with_all(kind: str, id: str, project_id: str, version: int) -> Change:
    """The policy that lets every project use the object, which was at `version` before."""
    policy_id = policy_id_of(id, SHARED, version)
    fact = RbacPolicyCreated(policy_id, project_id, kind, id, SHARED, EVERYBODY)
    return Change(stream_of("rbac_policy", policy_id), 0, (fact,))


def _policies_of(id: str) -> Find:
    return Find("rbac_policy", "object_id", id)


def sharing_needs(id: str, world: World) -> tuple[Need, ...]:
    """The object's policies."""
    wanted = _policies_of(id)
    return (wanted, *(stream_of("rbac_policy", one) for one in world.found.get(wanted, ())))


def is_shared_with_all(id: str, world: World) -> bool:
    """Whether one of the policies that were read is for every project."""
    resources = (found(world, "rbac_policy", one) for one in world.found.get(_policies_of(id), ()))
    return any(one.state.target_project == EVERYBODY for one in resources if one is not None)
