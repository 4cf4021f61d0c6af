"""Who may use a network beside its owner: what its RBAC policies come to, kept with the network, so that neither a decision nor a
list has to look elsewhere. Pure."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from libs.network.rbac_policy import EVERYBODY, EXTERNAL, SHARED


@dataclass(frozen=True, slots=True)
class Access:
    """One policy. target_project `*` is every project; policy_id is empty in logs from before there were policies."""

    action: str
    target_project: str
    policy_id: str = ""


def first_access(shared: bool, external: bool) -> tuple[Access, ...]:
    """What a network's own attributes say."""
    said = ((SHARED, shared), (EXTERNAL, external))
    return tuple(Access(action, EVERYBODY) for action, holds in said if holds)


def granted(access: tuple[Access, ...], one: Access) -> tuple[Access, ...]:
    """With one more, in place of one that says the same."""
    return (*withdrawn(access, one.action, one.target_project), one)


def withdrawn(access: tuple[Access, ...], action: str, target_project: str = "") -> tuple[Access, ...]:
    """Without that of one project, or (empty) without any for `action`."""
    return tuple(one for one in access if one.action != action or target_project not in ("", one.target_project))


def targets(access: tuple[Access, ...], action: str) -> tuple[str, ...]:
    """The projects that are let."""
    return tuple(one.target_project for one in access if one.action == action)


def is_open_to(project: str, names: tuple[str, ...]) -> bool:
    """Whether a project is among those that are let."""
    return EVERYBODY in names or project in names


def policy_id_of(network_id: str, action: str, version: int) -> str:
    """The id of the policy that an attribute of the network makes; version: of the network before it, since no id comes twice."""
    return str(uuid.uuid5(uuid.UUID(network_id), f"{action}/{version}"))
