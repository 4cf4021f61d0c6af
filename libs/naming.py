"""What a kind of resource is called in bodies and URLs. Pure."""

from __future__ import annotations


def plural_of(kind: str) -> str:
    """`ports` of `port`, `rbac_policies` of `rbac_policy`: the key of a list."""
    return f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}s"


_UNDERSCORED = ("service_profile",)


def path_of(kind: str) -> str:
    """`/v2.0/security-groups` of `security_group`: where its collection is."""
    plural = plural_of(kind)
    return f"/v2.0/{plural if kind in _UNDERSCORED else plural.replace('_', '-')}"
