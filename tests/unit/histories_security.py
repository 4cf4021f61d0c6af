"""Random security groups, rules and address groups for the histories, and what their ports say of them."""

from __future__ import annotations

from hypothesis import strategies as st

from libs.commands import (
    AddAddresses,
    Command,
    CreateAddressGroups,
    CreateSecurityGroupRules,
    CreateSecurityGroups,
    DeleteAddressGroup,
    DeleteSecurityGroup,
    DeleteSecurityGroupRule,
    EnsureDefaultGroup,
    NewAddressGroup,
    NewSecurityGroup,
    NewSecurityGroupRule,
    RemoveAddresses,
    UpdateAddressGroup,
    UpdateSecurityGroup,
    WantedPair,
)
from libs.network.security_group import default_group_id
from tests.unit.people import THEM, US, uuid_of

_groups = st.integers(0, 2).map(lambda n: uuid_of(800 + n))
_rules = st.integers(0, 3).map(lambda n: uuid_of(810 + n))
_address_groups = st.integers(0, 1).map(lambda n: uuid_of(820 + n))
_projects = st.sampled_from([US, THEM])
_defaults = st.sampled_from([default_group_id(US), default_group_id(US, 1), default_group_id(THEM)])
_names = st.sampled_from(["", "web", "db"])
_cidrs = st.sampled_from(["10.0.0.0/8", "10.0.0.7/8", "2001:db8::/64", "192.0.2.1/32"])

_new_rule = st.builds(
    NewSecurityGroupRule,
    _rules,
    st.just(US),
    _groups | _defaults,
    st.sampled_from(["ingress", "egress"]),
    st.sampled_from(["IPv4", "IPv6"]),
    st.sampled_from([None, "tcp", "6", "icmp", "ipv6-icmp", "vrrp"]),
    st.sampled_from([None, None, 8, 80]),
    st.sampled_from([None, None, 0, 443]),
    remote_ip_prefix=st.none() | _cidrs,
    remote_group_id=st.none() | _groups | _defaults,
    remote_address_group_id=st.none() | _address_groups,
)
_group_changes = st.fixed_dictionaries({}, optional={"name": _names, "description": _names, "stateful": st.booleans()})
_some_cidrs = st.lists(_cidrs, max_size=2).map(tuple)

port_security = st.sampled_from([None, None, True, False])
security_groups = st.one_of(st.none(), st.lists(_groups | _defaults, max_size=2, unique=True).map(tuple))
address_pairs = st.lists(
    st.builds(WantedPair, st.sampled_from(["10.0.0.9", "10.0.0.0/16"]), st.sampled_from([None, "fa:16:3e:ff:00:09"])),
    max_size=2,
).map(tuple)

commands: st.SearchStrategy[Command] = st.one_of(
    st.lists(
        st.builds(NewSecurityGroup, _groups, _projects, _names, _names, st.booleans()), min_size=1, max_size=2
    ).map(lambda many: CreateSecurityGroups(tuple(many))),
    st.builds(EnsureDefaultGroup, _projects),
    st.builds(UpdateSecurityGroup, _groups | _defaults, _group_changes),
    st.builds(DeleteSecurityGroup, _groups | _defaults),
    st.lists(_new_rule, min_size=1, max_size=2).map(lambda many: CreateSecurityGroupRules(tuple(many))),
    st.builds(DeleteSecurityGroupRule, _rules),
    st.lists(st.builds(NewAddressGroup, _address_groups, _projects, _names, _names, _some_cidrs), min_size=1).map(
        lambda many: CreateAddressGroups(tuple(many))
    ),
    st.builds(
        UpdateAddressGroup,
        _address_groups,
        st.fixed_dictionaries({}, optional={"name": _names, "description": _names}),
    ),
    st.builds(AddAddresses, _address_groups, _some_cidrs),
    st.builds(RemoveAddresses, _address_groups, _some_cidrs),
    st.builds(DeleteAddressGroup, _address_groups),
)
START: tuple[Command, ...] = (
    CreateSecurityGroups((NewSecurityGroup(uuid_of(800), US, "web"),)),
    CreateAddressGroups((NewAddressGroup(uuid_of(820), US, "offices", addresses=("192.0.2.0/24",)),)),
)
OWN_IDS: dict[type, tuple[str, ...]] = {
    NewSecurityGroup: ("security_group_id",),
    NewSecurityGroupRule: ("security_group_rule_id",),
    NewAddressGroup: ("address_group_id",),
}
