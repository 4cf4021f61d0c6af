"""An RBAC policy: its state, how facts fold into it, and its API body."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from libs.events import RbacPolicyCreated, RbacPolicyDeleted, RbacPolicyEvent, RbacPolicyTargetChanged

SHARED, EXTERNAL = "access_as_shared", "access_as_external"
EVERYBODY = "*"

ACTIONS = {
    "network": (SHARED, EXTERNAL),
    "security_group": (SHARED,),
    "address_group": (SHARED,),
    "address_scope": (SHARED,),
    "subnetpool": (SHARED,),
}
"""{kind that can be shared: what others can be let do with it}"""


@dataclass(frozen=True, slots=True)
class RbacPolicy:
    """`target_project` (`*`: every one) may do `action` to an object; project_id is who says so."""

    id: str
    project_id: str
    object_type: str
    object_id: str
    action: str
    target_project: str


def evolve(state: RbacPolicy | None, event: RbacPolicyEvent) -> RbacPolicy | None:
    """The policy after `event`; None before it was created and after it was deleted."""
    if isinstance(event, RbacPolicyCreated):
        return RbacPolicy(
            id=event.rbac_policy_id,
            project_id=event.project_id,
            object_type=event.object_type,
            object_id=event.object_id,
            action=event.action,
            target_project=event.target_project,
        )
    if isinstance(event, RbacPolicyDeleted) or state is None:
        return None
    if isinstance(event, RbacPolicyTargetChanged):
        return replace(state, target_project=event.after)
    raise TypeError(f"{type(event).__name__} is no fact about a living RBAC policy")


def body(state: RbacPolicy, version: int, created_at: str, updated_at: str) -> dict[str, Any]:
    """The API's JSON of a policy; it has no standard attributes."""
    return {
        "id": state.id,
        "tenant_id": state.project_id,
        "project_id": state.project_id,
        "object_type": state.object_type,
        "object_id": state.object_id,
        "action": state.action,
        "target_tenant": state.target_project,
    }
