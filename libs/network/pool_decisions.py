"""From commands about subnet pools, address scopes, flavors and service profiles to what they come to."""

from __future__ import annotations

from collections.abc import Mapping

from libs.commands import (
    AddPrefixes,
    AssociateProfile,
    CreateAddressScopes,
    CreateFlavors,
    CreateServiceProfiles,
    CreateSubnetPools,
    DeleteAddressScope,
    DeleteFlavor,
    DeleteServiceProfile,
    DeleteSubnetPool,
    DisassociateProfile,
    RemovePrefixes,
    UpdateAddressScope,
    UpdateFlavor,
    UpdateServiceProfile,
    UpdateSubnetPool,
)
from libs.network.deciders import address_scopes, flavors, service_profiles, subnetpool_changes, subnetpools
from libs.network.rule import Rule, nothing, own_stream

_POOL = own_stream("subnetpool", "subnetpool_id")
_FLAVOR = own_stream("flavor", "flavor_id")
_PROFILE = own_stream("service_profile", "service_profile_id")

POOL_RULES: Mapping[type, Rule] = {
    CreateSubnetPools: Rule(subnetpools.create, subnetpools.creation_needs),
    UpdateSubnetPool: Rule(subnetpool_changes.update, subnetpool_changes.update_needs),
    AddPrefixes: Rule(subnetpool_changes.add_prefixes, subnetpool_changes.addition_needs),
    RemovePrefixes: Rule(subnetpool_changes.remove_prefixes, _POOL),
    DeleteSubnetPool: Rule(subnetpools.delete, subnetpools.deletion_needs),
    CreateAddressScopes: Rule(address_scopes.create, nothing),
    UpdateAddressScope: Rule(address_scopes.update, address_scopes.update_needs),
    DeleteAddressScope: Rule(address_scopes.delete, address_scopes.deletion_needs),
    CreateFlavors: Rule(flavors.create, flavors.creation_needs),
    UpdateFlavor: Rule(flavors.update, flavors.update_needs),
    AssociateProfile: Rule(flavors.associate, flavors.pair_needs),
    DisassociateProfile: Rule(flavors.disassociate, _FLAVOR),
    DeleteFlavor: Rule(flavors.delete, _FLAVOR),
    CreateServiceProfiles: Rule(service_profiles.create, nothing),
    UpdateServiceProfile: Rule(service_profiles.update, _PROFILE),
    DeleteServiceProfile: Rule(service_profiles.delete, _PROFILE),
}
"""{command class: its rule}"""
