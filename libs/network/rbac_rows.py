"""RBAC policies as rows of the inline read model and back."""

from __future__ import annotations

import json

from libs.eventlog.protocol import Row
from libs.network.bodies import resource_with, row_with
from libs.network.rbac_policy import RbacPolicy
from libs.network.world import Resource


def rbac_policy_row(resource: Resource) -> Row:
    """A policy's row."""
    state: RbacPolicy = resource.state
    names = ("project_id", "object_type", "object_id", "action", "target_project")
    columns = {name: getattr(state, name) for name in names}
    return row_with(resource, columns, {"created_at": resource.created_at, "updated_at": resource.updated_at})


def rbac_policy_of(row: Row) -> Resource:
    """The policy of its row."""
    shown, times = json.loads(row.body), json.loads(row.hidden)
    state = RbacPolicy(
        id=shown["id"],
        project_id=shown["project_id"],
        object_type=shown["object_type"],
        object_id=shown["object_id"],
        action=shown["action"],
        target_project=shown["target_tenant"],
    )
    return resource_with(row, times, state)
