"""What can be asked of RBAC policies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class NewRbacPolicy:
    """One policy to make: `target_project` (`*`: every one) may do `action` to an object. object_type: a kind that can be shared."""

    rbac_policy_id: str
    project_id: str
    object_type: str
    object_id: str
    action: str
    target_project: str


@dataclass(frozen=True, slots=True)
class CreateRbacPolicies:
    """Make all of these policies or none."""

    rbac_policies: tuple[NewRbacPolicy, ...]


@dataclass(frozen=True, slots=True)
class UpdateRbacPolicy:
    """Change the named attributes: target_project. Refused while the project that loses access uses the object."""

    rbac_policy_id: str
    changes: Mapping[str, Any]
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class DeleteRbacPolicy:
    """Withdraw a policy; refused while the project that loses access uses the object."""

    rbac_policy_id: str
    if_revision: int | None = None
