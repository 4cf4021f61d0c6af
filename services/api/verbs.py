"""How each kind of resource is written: its form, and the commands that come of it. Pure but for fresh MACs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from libs.asking import choose_mac
from libs.commands import (
    Command,
    CreateAddressGroups,
    CreateAddressScopes,
    CreateFlavors,
    CreateFloatingIps,
    CreateNetworks,
    CreatePorts,
    CreateRbacPolicies,
    CreateRouters,
    CreateSecurityGroupRules,
    CreateSecurityGroups,
    CreateServiceProfiles,
    CreateSubnetPools,
    CreateSubnets,
    DeleteAddressGroup,
    DeleteAddressScope,
    DeleteAgent,
    DeleteFlavor,
    DeleteFloatingIp,
    DeleteNetwork,
    DeletePort,
    DeleteRbacPolicy,
    DeleteRouter,
    DeleteSecurityGroup,
    DeleteSecurityGroupRule,
    DeleteServiceProfile,
    DeleteSubnet,
    DeleteSubnetPool,
    UpdateAddressGroup,
    UpdateAddressScope,
    UpdateAgent,
    UpdateFlavor,
    UpdateFloatingIp,
    UpdateNetwork,
    UpdatePort,
    UpdateRbacPolicy,
    UpdateRouter,
    UpdateSecurityGroup,
    UpdateServiceProfile,
    UpdateSubnet,
    UpdateSubnetPool,
)
from libs.errors import bad_request, invalid_input
from libs.network.world import ChooseMac
from services.api.schemas import (
    address_group,
    address_scope,
    agent,
    flavor,
    floatingip,
    network,
    port,
    rbac_policy,
    router,
    security_group,
    security_group_rule,
    subnet,
    subnetpool,
)
from services.api.schemas.form import Form

_PROVIDER = ("network_type", "physical_network", "segmentation_id")


def _not_made(*_: Any) -> Any:
    raise bad_request("Creation using the API is not supported")


def _not_changed(*_: Any) -> Any:
    raise bad_request("Updates using the API are not supported")


@dataclass(frozen=True, slots=True)
class Verbs:
    """How one kind of resource is written: its form, and the commands that come of it."""

    form: Form
    update: Callable[[str, Mapping[str, Any], int | None], Command]
    delete: Callable[[str, int | None], Command]
    create: Callable[[tuple[Any, ...]], Command] = _not_made
    new: Callable[[str, str, dict[str, Any]], Any] = _not_made


def _update_network(id: str, changes: Mapping[str, Any], revision: int | None) -> Command:
    if changes.get("segments"):
        raise invalid_input("Plugin does not support updating provider network attributes: segments")
    fixed = [name for name in _PROVIDER if changes.get(name) is not None]
    if fixed:
        names = ", ".join(f"provider:{name}" for name in fixed)
        raise invalid_input(f"Plugin does not support updating the following provider network attributes: {names}")
    return UpdateNetwork(
        id, {name: value for name, value in changes.items() if name not in (*_PROVIDER, "segments")}, revision
    )


def _update_port(id: str, changes: Mapping[str, Any], revision: int | None) -> Command:
    """A MAC of null is a wish for a fresh one, made here as Neutron does."""
    if "mac_address" in changes and changes["mac_address"] is None:
        changes = {**changes, "mac_address": choose_mac(ChooseMac(id))}
    return UpdatePort(id, changes, revision)


def _update_router(id: str, changes: Mapping[str, Any], revision: int | None) -> Command:
    return UpdateRouter(id, router.with_gateway(changes), revision)


def _update_agent(id: str, changes: Mapping[str, Any], revision: int | None) -> Command:
    return UpdateAgent(id, changes)


def _delete_agent(id: str, revision: int | None) -> Command:
    return DeleteAgent(id)


VERBS: Mapping[str, Verbs] = {
    "network": Verbs(network.FORM, _update_network, DeleteNetwork, CreateNetworks, network.new_network),
    "subnet": Verbs(subnet.FORM, UpdateSubnet, DeleteSubnet, CreateSubnets, subnet.new_subnet),
    "port": Verbs(port.FORM, _update_port, DeletePort, CreatePorts, port.new_port),
    "router": Verbs(router.FORM, _update_router, DeleteRouter, CreateRouters, router.new_router),
    "floatingip": Verbs(
        floatingip.FORM, UpdateFloatingIp, DeleteFloatingIp, CreateFloatingIps, floatingip.new_floatingip
    ),
    "rbac_policy": Verbs(
        rbac_policy.FORM, UpdateRbacPolicy, DeleteRbacPolicy, CreateRbacPolicies, rbac_policy.new_rbac_policy
    ),
    "security_group": Verbs(
        security_group.FORM,
        UpdateSecurityGroup,
        DeleteSecurityGroup,
        CreateSecurityGroups,
        security_group.new_security_group,
    ),
    "security_group_rule": Verbs(
        security_group_rule.FORM,
        _not_changed,
        DeleteSecurityGroupRule,
        CreateSecurityGroupRules,
        security_group_rule.new_security_group_rule,
    ),
    "address_group": Verbs(
        address_group.FORM,
        UpdateAddressGroup,
        DeleteAddressGroup,
        CreateAddressGroups,
        address_group.new_address_group,
    ),
    "subnetpool": Verbs(
        subnetpool.FORM, UpdateSubnetPool, DeleteSubnetPool, CreateSubnetPools, subnetpool.new_subnetpool
    ),
    "address_scope": Verbs(
        address_scope.FORM,
        UpdateAddressScope,
        DeleteAddressScope,
        CreateAddressScopes,
        address_scope.new_address_scope,
    ),
    "flavor": Verbs(flavor.FLAVOR_FORM, UpdateFlavor, DeleteFlavor, CreateFlavors, flavor.new_flavor),
    "service_profile": Verbs(
        flavor.PROFILE_FORM, UpdateServiceProfile, DeleteServiceProfile, CreateServiceProfiles, flavor.new_profile
    ),
    "agent": Verbs(agent.FORM, _update_agent, _delete_agent),
}
"""{kind: Verbs}"""
