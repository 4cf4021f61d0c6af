"""Facts about security groups and their rules; streams `security_group-<uuid>`, `security_group_rule-<uuid>`.

A rule is a stream of its own: rules of one group come and go side by side. What a default group starts with are facts too.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SecurityGroupCreated:
    """A set of rules for ports exists. stateful False: answers need rules of their own. is_default: its project's first, which
    ports get that name none; its id follows from the project."""

    security_group_id: str
    project_id: str
    name: str
    description: str = ""
    stateful: bool = True
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class SecurityGroupRenamed:
    """Its name changed."""

    security_group_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class SecurityGroupDescribed:
    """Its description changed."""

    security_group_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class SecurityGroupStatefulChanged:
    """Whether the answers to what it lets pass do so too changed."""

    security_group_id: str
    stateful: bool


@dataclass(frozen=True, slots=True)
class SecurityGroupTagsChanged:
    """It was given the tags `added` and lost those in `removed`."""

    security_group_id: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SecurityGroupDeleted:
    """It is gone; its rules ended in the same commit."""

    security_group_id: str
    project_id: str
    name: str


@dataclass(frozen=True, slots=True)
class SecurityGroupRuleCreated:
    """A group lets something pass. direction: `ingress` (to its ports) or `egress`; ethertype: `IPv4` or `IPv6`. protocol: None for
    any, else a name as Neutron shows it (`tcp`, `ipv6-icmp`, ..) or a number as text, as it was sent. Port ranges are ICMP type and
    code for ICMP. remote_*: at most one; a CIDR (host bits cleared), the addresses of a group's ports, those of an address group;
    none is everybody. sent_ip_prefix: the CIDR as it was sent, where that had host bits. in_default_group: of a project's default
    group."""

    security_group_rule_id: str
    security_group_id: str
    project_id: str
    direction: str
    ethertype: str
    protocol: str | None = None
    port_range_min: int | None = None
    port_range_max: int | None = None
    remote_ip_prefix: str | None = None
    remote_group_id: str | None = None
    remote_address_group_id: str | None = None
    description: str = ""
    sent_ip_prefix: str | None = None
    in_default_group: bool = False


@dataclass(frozen=True, slots=True)
class SecurityGroupRuleDeleted:
    """It is gone, on its own or with its group or the group that it named; what it had let pass is cut. The rest is what it was."""

    security_group_rule_id: str
    security_group_id: str
    project_id: str
    direction: str = ""
    ethertype: str = ""
    protocol: str | None = None
    port_range_min: int | None = None
    port_range_max: int | None = None
    remote_ip_prefix: str | None = None
    remote_group_id: str | None = None
    remote_address_group_id: str | None = None


SecurityGroupEvent = (
    SecurityGroupCreated
    | SecurityGroupRenamed
    | SecurityGroupDescribed
    | SecurityGroupStatefulChanged
    | SecurityGroupTagsChanged
    | SecurityGroupDeleted
)
SecurityGroupRuleEvent = SecurityGroupRuleCreated | SecurityGroupRuleDeleted
