"""What a caller may do: one table, default deny, values in and a verdict out.

Source: neutron.conf.policies of Neutron 29 with the new defaults (roles admin, manager, member, reader, service), except that an
admin may write binding:profile too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from libs.errors import forbidden
from libs.model import Actor

ANY, ADMIN, SERVICE, MEMBER, MANAGER, NET_MEMBER, NET_MANAGER, SHARED, PASSED_ON = (
    "any",
    "admin",
    "service",
    "member of the owner",
    "manager of the owner",
    "member of the network's owner",
    "manager of the network's owner",
    "member, on a shared network",
    "anybody, where a service passed the request on",
)
_IMPLIED = {"admin": ("manager", "member", "reader"), "manager": ("member", "reader"), "member": ("reader",)}
_OPERATORS = frozenset((ADMIN, SERVICE))
_NET = _OPERATORS | {NET_MEMBER}
_ADMIN, _OWNER = frozenset((ADMIN,)), frozenset((ADMIN, MEMBER))
_SUBNET = frozenset((ADMIN, MEMBER, NET_MEMBER))
_TAGS = {"network": _OWNER, "subnet": _SUBNET, "port": _OPERATORS | {MEMBER}, "router": _OWNER, "floatingip": _OWNER}

RULES: Mapping[str, frozenset[str]] = {
    "create_network": _OWNER,
    "create_network:shared": _ADMIN,
    "create_network:router:external": _ADMIN,
    "create_network:provider:network_type": _ADMIN,
    "create_network:provider:physical_network": _ADMIN,
    "create_network:provider:segmentation_id": _ADMIN,
    "update_network": _OWNER,
    "update_network:shared": _ADMIN,
    "update_network:router:external": _ADMIN,
    "update_network:provider:network_type": _ADMIN,
    "update_network:provider:physical_network": _ADMIN,
    "update_network:provider:segmentation_id": _ADMIN,
    "delete_network": _OWNER,
    "create_subnet": frozenset((ADMIN, NET_MEMBER)),
    "update_subnet": _SUBNET,
    "delete_subnet": _SUBNET,
    "create_port": _NET | {SHARED},
    "create_port:device_owner=network:": _NET,
    "create_port:mac_address": _NET,
    "create_port:fixed_ips": _NET | {SHARED},
    "create_port:fixed_ips:ip_address": _NET,
    "create_port:binding:host_id": _OPERATORS,
    "create_port:binding:profile": _OPERATORS,
    "update_port": _OPERATORS | {MEMBER},
    "update_port:device_owner=network:": _NET,
    "update_port:mac_address": _OPERATORS | {NET_MANAGER},
    "update_port:fixed_ips": _NET,
    "update_port:fixed_ips:ip_address": _NET,
    "update_port:binding:host_id": _OPERATORS,
    "update_port:binding:profile": _OPERATORS,
    "delete_port": _OPERATORS | {MEMBER, NET_MEMBER},
    "delete_port:device_owner=compute:": _OPERATORS | {PASSED_ON},
    "delete_port:device_owner=baremetal:": _OPERATORS | {PASSED_ON},
    "create_router": _OWNER,
    "create_router:external_gateway_info:enable_snat": _ADMIN,
    "create_router:external_gateway_info:external_fixed_ips": _ADMIN,
    "update_router": _OWNER,
    "update_router:external_gateway_info:enable_snat": _ADMIN,
    "update_router:external_gateway_info:external_fixed_ips": _ADMIN,
    "delete_router": _OWNER,
    "add_router_interface": _OWNER,
    "remove_router_interface": _OWNER,
    "add_extraroutes": _OWNER,
    "remove_extraroutes": _OWNER,
    "create_floatingip": _OWNER,
    "create_floatingip:floating_ip_address": frozenset((ADMIN, MANAGER)),
    "update_floatingip": _OWNER,
    "delete_floatingip": _OWNER,
    "get_agent": _ADMIN,
    "update_agent": _ADMIN,
    "delete_agent": _ADMIN,
    "get_dhcp-networks": _ADMIN,
    "create_dhcp-network": _ADMIN,
    "delete_dhcp-network": _ADMIN,
    "get_dhcp-agents": _ADMIN,
    "get_l3-routers": _ADMIN,
    "create_l3-router": _ADMIN,
    "delete_l3-router": _ADMIN,
    "get_l3-agents": _ADMIN,
    **{f"{action}_{kind}:tags": who for kind, who in _TAGS.items() for action in ("create", "update", "delete")},
    "delete_port:tags": _NET | {MEMBER},
}
"""{rule: who may}. An attribute, or a part of one, without a rule follows its resource's; a resource without one is denied."""

HIDDEN: Mapping[str, tuple[str, ...]] = {
    "network": ("provider:network_type", "provider:physical_network", "provider:segmentation_id"),
    "subnet": (),
    "port": ("binding:host_id", "binding:profile", "binding:vif_type", "binding:vif_details"),
    "router": (),
    "floatingip": (),
    "agent": (),
}
"""{kind: attributes that only operators see}"""

_DEFAULTS: Mapping[str, Any] = {
    "floating_ip_address": None,
    "shared": False,
    "router:external": False,
    "binding:profile": {},
    "binding:host_id": "",
}
_PREFIXES = ("network:", "compute:", "baremetal:")


@dataclass(frozen=True, slots=True)
class Target:
    """What is acted upon: facts from the log, never from the request, but for a resource that is to be made. `owner` and
    `network_owner` are projects; shared: the network is shared with all."""

    owner: str
    network_owner: str = ""
    shared: bool = False
    device_owner: str = ""


def is_operator(actor: Actor) -> bool:
    """Whether the caller sees every project's resources, with every attribute."""
    return ADMIN in actor.roles or SERVICE in actor.roles


def may_act_for(actor: Actor, project: str) -> bool:
    """Whether the caller may make things that belong to `project`."""
    return project == actor.project or is_operator(actor)


def hidden(kind: str, actor: Actor) -> tuple[str, ...]:
    """The attributes of `kind` that the caller does not see."""
    return () if is_operator(actor) else HIDDEN[kind]


def may_read(actor: Actor) -> bool:
    """Whether the caller holds any role that reads."""
    return is_operator(actor) or "reader" in _roles(actor)


def allowed(rule: str, actor: Actor, target: Target) -> bool:
    """Whether one rule lets the caller; a rule that does not exist lets nobody."""
    return any(_is(who, actor, target) for who in RULES.get(rule, ()))


def demand(rule: str, actor: Actor, target: Target) -> None:
    """Raises Refusal 403 naming the rule, unless it lets the caller."""
    if not allowed(rule, actor, target):
        raise forbidden(f"rule:{rule}")


def check(action: str, kind: str, actor: Actor, target: Target, sent: Mapping[str, Any] | None = None) -> None:
    """Raises Refusal 403 naming the rule, unless the caller may do `action` (create, update, delete) to `target` with all the
    attributes of `sent` (API names; for create, those with their default's value do not count)."""
    base = f"{action}_{kind}"
    demand(base, actor, target)
    for rule in _rules_of(action, base, target, sent or {}):
        if not allowed(rule, actor, target):
            raise forbidden(f"rule:{base} and rule:{rule}")


def _rules_of(action: str, base: str, target: Target, sent: Mapping[str, Any]) -> list[str]:
    """The further rules that what was sent calls for."""
    names = [name for name, value in sent.items() if action != "create" or value != _DEFAULTS.get(name, ())]
    rules = [f"{base}:{name}" for name in names]
    rules += [f"{base}:{name}:{part}" for name in names if isinstance(sent[name], Mapping) for part in sent[name]]
    if any(getattr(one, "ip_address", None) for one in sent.get("fixed_ips") or ()):
        rules.append(f"{base}:fixed_ips:ip_address")
    device_owner = target.device_owner if action == "delete" else str(sent.get("device_owner", ""))
    rules += [f"{base}:device_owner={prefix}" for prefix in _PREFIXES if device_owner.startswith(prefix)]
    return [rule for rule in rules if rule in RULES]


def _roles(actor: Actor) -> set[str]:
    """The caller's roles with those that they imply in Keystone."""
    return {*actor.roles, *(implied for role in actor.roles for implied in _IMPLIED.get(role, ()))}


def _is(who: str, actor: Actor, target: Target) -> bool:
    if who in (ADMIN, SERVICE):
        return who in actor.roles
    if who == PASSED_ON:
        return SERVICE in actor.service_roles
    roles = _roles(actor)
    if who in (MEMBER, MANAGER):
        return ("member" if who == MEMBER else "manager") in roles and actor.project == target.owner
    if who in (NET_MEMBER, NET_MANAGER):
        return ("member" if who == NET_MEMBER else "manager") in roles and actor.project == target.network_owner
    return who == SHARED and target.shared and "member" in roles
