"""Facts about networks; stream `network-<uuid>`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NetworkCreated:
    """A network exists from now on; its segment, MTU and id were chosen before. port_security: of its ports, when nobody says."""

    network_id: str
    project_id: str
    name: str
    description: str
    admin_state_up: bool
    shared: bool
    external: bool
    mtu: int
    network_type: str
    physical_network: str | None
    segmentation_id: int | None
    availability_zone_hints: tuple[str, ...] = ()
    port_security: bool = True
    dns_domain: str = ""


@dataclass(frozen=True, slots=True)
class NetworkRenamed:
    """Its name changed."""

    network_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class NetworkDescribed:
    """Its description changed."""

    network_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class NetworkAdminStateChanged:
    """It was switched on or off by a user."""

    network_id: str
    admin_state_up: bool


@dataclass(frozen=True, slots=True)
class NetworkAccessGranted:
    """By an RBAC policy `target_project` (`*`: every one) may use it from now on; action: `access_as_shared`, or `access_as_external`
    for gateways and floating IPs: while there is any such policy, the network is external."""

    network_id: str
    action: str
    target_project: str
    rbac_policy_id: str


@dataclass(frozen=True, slots=True)
class NetworkAccessWithdrawn:
    """That policy holds no longer; rbac_policy_id is empty for one from before there were policies."""

    network_id: str
    action: str
    target_project: str
    rbac_policy_id: str


@dataclass(frozen=True, slots=True)
class NetworkDefaultChanged:
    """It is from now on the external network that topologies made for projects lead to, or no longer."""

    network_id: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class NetworkSharingChanged:
    """All projects may use it from now on, or no longer (older logs; today NetworkAccessGranted and -Withdrawn)."""

    network_id: str
    shared: bool


@dataclass(frozen=True, slots=True)
class NetworkExternalChanged:
    """It became, or is no longer, an external network (older logs; today NetworkAccessGranted and -Withdrawn)."""

    network_id: str
    external: bool


@dataclass(frozen=True, slots=True)
class NetworkMtuChanged:
    """Its MTU in bytes changed."""

    network_id: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class NetworkPortSecurityChanged:
    """Whether ports that are made on it from now on are checked when nobody says changed; those that are there stay as they are."""

    network_id: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class NetworkSubnetAdded:
    """A subnet was made on it (the subnet's own facts are on its own stream); subnetpool_id is empty when it is of no pool.
    address_scope_id: the pool's, None for none."""

    network_id: str
    subnet_id: str
    cidr: str
    subnetpool_id: str = ""
    address_scope_id: str | None = None


@dataclass(frozen=True, slots=True)
class NetworkAddressScopeChanged:
    """The subnet pool of some of its subnets went into another address scope, and these with it; None is none."""

    network_id: str
    subnetpool_id: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class NetworkSubnetRemoved:
    """A subnet of it was deleted."""

    network_id: str
    subnet_id: str
    cidr: str


@dataclass(frozen=True, slots=True)
class NetworkDhcpScheduled:
    """A DHCP agent serves it from now on, through the DHCP port `port_id`."""

    network_id: str
    agent_id: str
    host: str
    availability_zone: str
    port_id: str = ""


@dataclass(frozen=True, slots=True)
class NetworkDhcpUnscheduled:
    """That DHCP agent serves it no longer; reason is `asked`, `no subnet with DHCP`, `port deleted`, `agent down` or `agent deleted`,
    empty in older logs."""

    network_id: str
    agent_id: str
    host: str
    port_id: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NetworkDeleted:
    """It is gone; its segment is free again."""

    network_id: str
    project_id: str
    network_type: str
    physical_network: str | None
    segmentation_id: int | None
