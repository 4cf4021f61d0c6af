"""What a caller may do: Neutron's rule names and defaults as check strings of oslo.policy, a file per subject.

A subject's file has RULES, {rule: check string} (parts in `strings`), and PLAIN, {kind: attributes that may be sent by whom the
resource's own rule lets}; it is named in SUBJECTS here. Handlers judge by `callers.policy`: `demand(rule, actor, target)` for one
rule, `check(action, kind, actor, target, sent)` for a resource with what was sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from libs.policy import (
    address_group,
    agent,
    auto_allocated_topology,
    binding,
    flavor,
    floatingip,
    network,
    network_ip_availability,
    port,
    quota,
    rbac_policy,
    router,
    security_group,
    strings,
    subnet,
    subnetpool,
)
from libs.policy.compiled import BadPolicy
from libs.policy.table import Policy
from libs.policy.target import Target, is_operator, may_act_for, may_read

__all__ = ["RULES", "BadPolicy", "Policy", "Target", "defaults", "is_operator", "may_act_for", "may_read"]

SUBJECTS = (
    network,
    subnet,
    port,
    router,
    floatingip,
    agent,
    quota,
    binding,
    rbac_policy,
    auto_allocated_topology,
    network_ip_availability,
    security_group,
    address_group,
    subnetpool,
    flavor,
)

RULES: Mapping[str, str] = {
    **strings.RULES,
    **{name: text for subject in SUBJECTS for name, text in subject.RULES.items()},
}
"""{rule: check string}, as they are without a policy file"""


@cache
def defaults() -> Policy:
    """The policy without a policy file."""
    return Policy(RULES)
