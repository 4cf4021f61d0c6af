"""Refusals of security groups, their rules and address groups, and of what ports say of them: texts as in Neutron
(extensions/securitygroup.py, neutron_lib/exceptions). Pure."""

from __future__ import annotations

from collections.abc import Iterable

from libs.errors.refusal import Refusal


def group_in_use(id: str) -> Refusal:
    """409: ports have the group."""
    return Refusal(409, "SecurityGroupInUse", f"Security Group {id} in use.")


def cannot_remove_default() -> Refusal:
    """409: only administrators remove default groups."""
    return Refusal(409, "SecurityGroupCannotRemoveDefault", "Insufficient rights for removing default security group.")


def cannot_rename_default() -> Refusal:
    """409: a default group keeps its name."""
    return Refusal(409, "SecurityGroupCannotUpdateDefault", "Updating default security group not allowed.")


def name_is_default() -> Refusal:
    """409: that name belongs to default groups."""
    return Refusal(409, "SecurityGroupDefaultAlreadyExists", "Default security group already exists.")


def stateful_and_stateless() -> Refusal:
    """409: a port's groups must agree on whether answers pass by themselves."""
    reason = "Cannot apply both stateful and stateless security groups on the same port at the same time"
    return Refusal(409, "SecurityGroupConflict", f"Error {reason} while attempting the operation.")


def too_many_groups(most: int) -> Refusal:
    """400: a port would have more groups than it may."""
    return Refusal(400, "InvalidInput", f"Invalid input for operation: more than {most} security groups on a port.")


def too_many_rules(security_group_id: str, most: int) -> Refusal:
    """400: a group would have more rules than it may."""
    text = f"Invalid input for operation: more than {most} rules in security group {security_group_id}."
    return Refusal(400, "InvalidInput", text)


def groups_not_found(ids: Iterable[str]) -> Refusal:
    """404: these groups do not exist or are not the caller's to see."""
    return Refusal(404, "SecurityGroupNotFound", f"Security group {', '.join(ids)} does not exist")


def rule_exists(rule_id: str) -> Refusal:
    """409: the group lets the same pass already."""
    return Refusal(409, "SecurityGroupRuleExists", f"Security group rule already exists. Rule id is {rule_id}.")


def rule_twice() -> Refusal:
    """409: two rules of one request let the same pass."""
    return Refusal(409, "DuplicateSecurityGroupRuleInPost", "Duplicate Security Group Rule in POST.")


def rules_of_several_groups() -> Refusal:
    """400: one request makes rules for one group."""
    return Refusal(
        400, "SecurityGroupNotSingleGroupRules", "Only allowed to update rules for one security profile at a time"
    )


def rules_of_several_projects() -> Refusal:
    """400: one request makes rules of one project."""
    return Refusal(
        400,
        "SecurityGroupRulesNotSingleProject",
        "Multiple project_ids in bulk security group rule create not allowed",
    )


def several_remotes() -> Refusal:
    """400: a rule names at most one of the ends that it lets talk."""
    return Refusal(
        400,
        "SecurityGroupMultipleRemoteEntites",
        "Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided.",
    )


def unknown_protocol(protocol: str, known: tuple[str | None, ...]) -> Refusal:
    """400: no such IP protocol."""
    return Refusal(
        400,
        "SecurityGroupRuleInvalidProtocol",
        f"Security group rule protocol {protocol} not supported. Only protocol values {known} and integer"
        " representations [0 to 255] are supported.",
    )


def unknown_ethertype(ethertype: str) -> Refusal:
    """400: neither IPv4 nor IPv6."""
    return Refusal(
        400,
        "SecurityGroupRuleInvalidEtherType",
        f"Security group rule for ethertype '{ethertype}' not supported. Allowed values are ['IPv4', 'IPv6'].",
    )


def ethertype_conflicts_with_protocol(ethertype: str, protocol: str) -> Refusal:
    """400: that protocol is of IPv6 alone."""
    return Refusal(
        400,
        "SecurityGroupEthertypeConflictWithProtocol",
        f"Invalid ethertype {ethertype} for protocol {protocol}.",
    )


def ethertype_conflicts_with_cidr(ethertype: str, cidr: str) -> Refusal:
    """400: the CIDR is of the other IP version."""
    return Refusal(
        400,
        "SecurityGroupRuleParameterConflict",
        f"Conflicting value ethertype {ethertype} for CIDR {cidr}",
    )


def invalid_cidr(text: str) -> Refusal:
    """400: that is no CIDR."""
    return Refusal(400, "InvalidCIDR", f"Invalid CIDR {text} given as IP prefix.")


def invalid_port_value(port: str) -> Refusal:
    """400: that is no port number."""
    return Refusal(400, "SecurityGroupInvalidPortValue", f"Invalid value for port {port}")


def invalid_port_range() -> Refusal:
    """400: a range of ports has two ends in order."""
    return Refusal(
        400, "SecurityGroupInvalidPortRange", "For TCP/UDP protocols, port_range_min must be <= port_range_max"
    )


def ports_need_protocol() -> Refusal:
    """400: ports without a protocol."""
    return Refusal(400, "SecurityGroupProtocolRequiredWithPorts", "Must also specify protocol if port range is given.")


def protocol_has_no_ports(protocol: int, with_ports: Iterable[str]) -> Refusal:
    """400: ports for a protocol that has none."""
    names = ", ".join(name.upper() for name in with_ports)
    return Refusal(
        400,
        "SecurityGroupInvalidProtocolForPort",
        f"Ports cannot be specified for protocol {protocol}. Ports are only supported for {names}.",
    )


def invalid_icmp_value(field: str, attribute: str, value: int) -> Refusal:
    """400: ICMP types and codes are bytes."""
    return Refusal(
        400,
        "SecurityGroupInvalidIcmpValue",
        f"Invalid value for ICMP {field} ({attribute}) {value}. It must be 0 to 255.",
    )


def icmp_code_without_type(code: int) -> Refusal:
    """400: an ICMP code means nothing without its type."""
    return Refusal(
        400,
        "SecurityGroupMissingIcmpType",
        f"ICMP code (port-range-max) {code} is provided but ICMP type (port-range-min) is missing.",
    )
