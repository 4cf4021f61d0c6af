"""Facts about RBAC policies; stream `rbac_policy-<uuid>`. One about a network is a fact on the network's stream, too."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RbacPolicyCreated:
    """The project `target_project` (`*`: every one) may use an object of another's. object_type: `network`, `security_group`,
    `address_group`, `address_scope` or `subnetpool`; action: `access_as_shared`, or of networks `access_as_external`."""

    rbac_policy_id: str
    project_id: str
    object_type: str
    object_id: str
    action: str
    target_project: str


@dataclass(frozen=True, slots=True)
class RbacPolicyTargetChanged:
    """It is for another project from now on."""

    rbac_policy_id: str
    object_id: str
    action: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RbacPolicyDeleted:
    """It holds no longer: withdrawn, or its object is gone."""

    rbac_policy_id: str
    project_id: str
    object_type: str
    object_id: str
    action: str
    target_project: str


RbacPolicyEvent = RbacPolicyCreated | RbacPolicyTargetChanged | RbacPolicyDeleted
