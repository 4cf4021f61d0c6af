"""Who would lose what he uses if an RBAC policy went: guards for each kind of object that can be shared.

Rules: Neutron 29's db/db_base_plugin_v2.py (ensure_no_project_ports_on_network), db/external_net_db.py
(_validate_ext_not_in_use_by_project), objects/rbac_db.py (_validate_rbac_policy_delete) with get_bound_project_ids of each kind. More
lenient than Neutron: a network's owner needs no policy for his own routers; a project that takes the place of all keeps what it has.
"""

from __future__ import annotations

from libs.errors.rbac_policy import DEFAULT_IS_FOR_ALL, rbac_policy_in_use
from libs.eventlog.protocol import NoneRefers
from libs.network.deciders.reading import found
from libs.network.network import Network
from libs.network.rbac_policy import EVERYBODY, EXTERNAL, SHARED, RbacPolicy
from libs.network.sharing import targets
from libs.network.world import Find, Need, World

USES = {
    ("network", SHARED): ("port", "network_id"),
    ("network", EXTERNAL): ("router", "external_network_id"),
    ("security_group", SHARED): ("port", "security_groups"),
    ("address_group", SHARED): ("security_group_rule", "remote_address_group_id"),
    ("address_scope", SHARED): ("subnetpool", "address_scope_id"),
    ("subnetpool", SHARED): ("subnet", "subnetpool_id"),
}
"""{(kind of object, action): (kind, column) of what uses it}"""


def others_of(object_id: str) -> Find:
    """Look-up of all policies about an object."""
    return Find("rbac_policy", "object_id", object_id)


def needs(policy: RbacPolicy, world: World) -> tuple[Need, ...]:
    """What tells who else is let: networks know it themselves."""
    if policy.object_type == "network":
        return ()
    wanted = others_of(policy.object_id)
    return (wanted, *(f"rbac_policy-{id}" for id in world.found.get(wanted, ())))


def nobody_loses(policy: RbacPolicy, owner: str, after: str, world: World) -> tuple[NoneRefers, ...]:
    """Guards: nobody depends on the policy, which goes, or is for the project `after` from now on. Raises 409."""
    _check_default(policy, after, world)
    others = (*_others(policy, world), *((after,) if after else ()))
    if policy.action == EXTERNAL and not others:
        return _no_way_out(policy.object_id)
    if EVERYBODY in others or policy.target_project == owner:
        return ()
    kind, column = USES[(policy.object_type, policy.action)]
    if policy.target_project != EVERYBODY:
        return (NoneRefers(kind, column, policy.object_id, only=(("project_id", policy.target_project),)),)
    return (NoneRefers(kind, column, policy.object_id, unless=(("project_id", (owner, "", *others)),)),)


def _others(policy: RbacPolicy, world: World) -> tuple[str, ...]:
    """The projects that other policies let do the same."""
    if policy.object_type == "network":
        resource = found(world, "network", policy.object_id)
        network: Network | None = resource.state if resource else None
        let = targets(network.access, policy.action) if network else ()
        return tuple(one for one in let if one != policy.target_project)
    ids = world.found.get(others_of(policy.object_id), ())
    resources = (found(world, "rbac_policy", id) for id in ids if id != policy.id)
    return tuple(one.state.target_project for one in resources if one is not None)


def _no_way_out(network_id: str) -> tuple[NoneRefers, ...]:
    """Guards: the network will be external no longer, so that nobody may need it."""
    nobody = (("project_id", ()),)
    return (
        NoneRefers("router", "external_network_id", network_id, unless=nobody),
        NoneRefers("floatingip", "floating_network_id", network_id, unless=nobody),
    )


def _check_default(policy: RbacPolicy, after: str, world: World) -> None:
    if (policy.action, policy.target_project) != (EXTERNAL, EVERYBODY) or after == EVERYBODY:
        return
    resource = found(world, "network", policy.object_id)
    if resource is not None and resource.state.is_default:
        raise rbac_policy_in_use(policy.object_id, DEFAULT_IS_FOR_ALL)
