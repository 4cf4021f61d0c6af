"""Who asks, and of what: the callers and the things by which every rule of the policy is tried."""

from __future__ import annotations

from libs.model import Actor
from libs.policy import Target


def _people(project: str, letters: str) -> dict[str, Actor]:
    """Manager, member and reader of a project, as Keystone's roles imply each other."""
    roles = (("manager", "member", "reader"), ("member", "reader"), ("reader",))
    return {
        letter: Actor(f"user-of-{project}", project, some)
        for letter, some in zip(letters, roles[: len(letters)], strict=True)
    }


PEOPLE = {
    "A": Actor("root", "operators", ("admin", "manager", "member", "reader")),
    "S": Actor("nova", "services", ("service",)),
    **_people("own", "Mmr"),
    "n": Actor("nobody", "own", ()),
    "T": Actor("passed-on", "own", ("member", "reader"), "", ("service",)),
    **_people("net", "Ggh"),
    **_people("parent", "Ppq"),
    **_people("group", "Kkj"),
    **_people("other", "Xxy"),
}
"""A an admin, S a service, n one without roles in the owner's project, T a member there whose request a service passed on; manager,
member and reader of the owner (Mmr), of the network's owner (Ggh), of what it is part of (Ppq), of its security group (Kkj), and of
another project (Xxy)"""

_OWNERS = {"owner": "own", "network_owner": "net", "parent_owner": "parent", "group_owner": "group"}

THINGS = {
    "own": Target(**_OWNERS),
    "shared": Target(**_OWNERS, shared=True, facts={"shared": True}),
    "external": Target(**_OWNERS, external=True),
    "server's": Target(**_OWNERS, device_owner="compute:nova"),
    "network's": Target(**_OWNERS, device_owner="network:router_interface"),
    "for all": Target(**_OWNERS, facts={"target_tenant": "*", "target_project": "*"}),
}
"""{what is special about it: what policy knows of it}"""


def whom(allowed: object) -> dict[str, str]:
    """{thing: letters of those whom `allowed(actor, target)` lets}; things like the plain one are left out."""
    found = {
        name: "".join(letter for letter, actor in PEOPLE.items() if allowed(actor, target))  # type: ignore[operator]
        for name, target in THINGS.items()
    }
    return {name: letters for name, letters in found.items() if name == "own" or letters != found["own"]}
