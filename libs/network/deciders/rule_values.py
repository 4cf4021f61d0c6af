"""What a security group rule may say, and its one form.

Rules: Neutron 29's db/securitygroups_db.py (_validate_base_security_group_rule_attributes).
"""

from __future__ import annotations

from dataclasses import replace

from netaddr import AddrFormatError, IPNetwork

from libs.commands import NewSecurityGroupRule
from libs.errors.security_group import (
    ethertype_conflicts_with_cidr,
    ethertype_conflicts_with_protocol,
    icmp_code_without_type,
    invalid_cidr,
    invalid_icmp_value,
    invalid_port_range,
    invalid_port_value,
    ports_need_protocol,
    protocol_has_no_ports,
    several_remotes,
)
from libs.events import SecurityGroupRuleCreated
from libs.network.ip_protocols import ICMP, ICMPV6, ONLY_IPV6, WITH_PORTS, number_of, shown_protocol

_ALL_PORTS = (1, 65535)


def rule_created(new: NewSecurityGroupRule, in_default_group: bool) -> SecurityGroupRuleCreated:
    """The fact of a rule, in its one form. Raises 400."""
    protocol = shown_protocol(new.protocol, new.ethertype)
    ports: tuple[int | None, int | None] = (new.port_range_min, new.port_range_max)
    rule = replace(new, protocol=protocol)
    if ports == _ALL_PORTS:
        rule = replace(rule, port_range_min=None, port_range_max=None)
    _check_ports(rule)
    network = _checked_network(rule)
    _check_ethertype(rule)
    if [rule.remote_ip_prefix, rule.remote_group_id, rule.remote_address_group_id].count(None) < 2:
        raise several_remotes()
    return SecurityGroupRuleCreated(
        security_group_rule_id=rule.security_group_rule_id,
        security_group_id=rule.security_group_id,
        project_id=rule.project_id,
        direction=rule.direction,
        ethertype=rule.ethertype,
        protocol=rule.protocol,
        port_range_min=rule.port_range_min,
        port_range_max=rule.port_range_max,
        remote_ip_prefix=str(network.cidr) if network else None,
        remote_group_id=rule.remote_group_id,
        remote_address_group_id=rule.remote_address_group_id,
        description=rule.description,
        sent_ip_prefix=str(network) if network and network.ip != network.cidr.ip else None,
        in_default_group=in_default_group,
    )


def _check_ports(rule: NewSecurityGroupRule) -> None:
    low, high = rule.port_range_min, rule.port_range_max
    if low is None and high is None:
        return
    if rule.protocol is None:
        raise ports_need_protocol()
    number = number_of(rule.protocol)
    if number in WITH_PORTS.values():
        _check_range(low, high)
    elif number in (ICMP, ICMPV6):
        _check_icmp(low, high)
    else:
        raise protocol_has_no_ports(number, WITH_PORTS)


def _check_range(low: int | None, high: int | None) -> None:
    if low == 0 or high == 0:
        raise invalid_port_value("0")
    if low is None or high is None or low > high:
        raise invalid_port_range()


def _check_icmp(type: int | None, code: int | None) -> None:
    for attribute, field, value in (("port_range_min", "type", type), ("port_range_max", "code", code)):
        if value is not None and not 0 <= value <= 255:
            raise invalid_icmp_value(field, attribute, value)
    if type is None and code is not None:
        raise icmp_code_without_type(code)


def _checked_network(rule: NewSecurityGroupRule) -> IPNetwork | None:
    """The CIDR; an address is one of its own. Raises 400."""
    if not rule.remote_ip_prefix:
        return None
    try:
        network = IPNetwork(rule.remote_ip_prefix)
    except (ValueError, AddrFormatError):
        raise invalid_cidr(rule.remote_ip_prefix) from None
    if rule.ethertype != f"IPv{network.version}":
        raise ethertype_conflicts_with_cidr(rule.ethertype, rule.remote_ip_prefix)
    return network


def _check_ethertype(rule: NewSecurityGroupRule) -> None:
    if rule.ethertype == "IPv4" and rule.protocol is not None and number_of(rule.protocol) in ONLY_IPV6:
        raise ethertype_conflicts_with_protocol(rule.ethertype, rule.protocol)
