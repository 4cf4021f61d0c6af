"""Refusals of RBAC policies, in Neutron's words (neutron/extensions/rbac.py, neutron/db/rbac_db_models.py). Pure."""

from __future__ import annotations

from libs.errors.refusal import Refusal
from libs.errors.request import invalid_input

ROUTERS_DEPEND = "There are routers attached to this network that depend on this policy for access."
DEFAULT_IS_FOR_ALL = "Default external networks must be shared to everyone."


def rbac_policy_in_use(object_id: str, details: str) -> Refusal:
    """409: the project that would lose access uses the object."""
    return Refusal(
        409,
        "RbacPolicyInUse",
        f"RBAC policy on object {object_id} cannot be removed because other objects depend on it.\nDetails: {details}",
    )


def duplicate_rbac_policy() -> Refusal:
    """409: that project is let do that already."""
    return Refusal(409, "DuplicateRbacPolicy", "An RBAC policy already exists with those values.")


def bad_action(action: str, object_type: str, valid: tuple[str, ...]) -> Refusal:
    """400: an object of that type knows no such action."""
    return Refusal(
        400,
        "InvalidActionForType",
        f"Invalid action '{action}' for object type '{object_type}'. Valid actions: {valid}",
    )


def bad_object_type(object_type: str) -> Refusal:
    """400: nothing of that type can be shared."""
    return invalid_input(f"'{object_type}' is not a valid RBAC object type")


def bad_target(target: str) -> Refusal:
    """400: a project's id or `*` was expected."""
    return invalid_input(f"'{target}' is not a valid target project ID; expected a UUID or '*'")


def not_your_object(object_type: str) -> Refusal:
    """400: one sees it and does not own it."""
    what = "networks" if object_type == "network" else "objects"
    return invalid_input(f"Only admins can manipulate policies on {what} they do not own")


def default_external_exists(network_id: str) -> Refusal:
    """409: another external network is the default."""
    return Refusal(409, "DefaultExternalNetworkExists", f"A default external network already exists: {network_id}.")
