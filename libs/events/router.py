"""Facts about routers; stream `router-<uuid>`. A router is a scope of its own: its facts go to the host of its L3 agent."""

from __future__ import annotations

from dataclasses import dataclass

from libs.model import FixedIp


@dataclass(frozen=True, slots=True)
class RouterCreated:
    """A router exists; its gateway, interfaces and routes are facts of their own."""

    router_id: str
    project_id: str
    name: str
    description: str
    admin_state_up: bool
    availability_zone_hints: tuple[str, ...] = ()
    flavor_id: str | None = None


@dataclass(frozen=True, slots=True)
class RouterRenamed:
    """Its name changed."""

    router_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RouterDescribed:
    """Its description changed."""

    router_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RouterAdminStateChanged:
    """It was switched on or off by a user; switched off it forwards nothing."""

    router_id: str
    admin_state_up: bool


@dataclass(frozen=True, slots=True)
class RouterGatewaySet:
    """Its way out is this port on this external network, with these addresses; `*_before` are empty when it had none."""

    router_id: str
    external_network_id: str
    port_id: str
    fixed_ips: tuple[FixedIp, ...]
    enable_snat: bool
    external_network_before: str = ""
    port_before: str = ""


@dataclass(frozen=True, slots=True)
class RouterGatewayAddressesChanged:
    """Its gateway port has other addresses on the same external network."""

    router_id: str
    port_id: str
    before: tuple[FixedIp, ...]
    after: tuple[FixedIp, ...]


@dataclass(frozen=True, slots=True)
class RouterSnatChanged:
    """Guests without a floating IP leave under the gateway's address, or not."""

    router_id: str
    enable_snat: bool


@dataclass(frozen=True, slots=True)
class RouterGatewayCleared:
    """It has no way out any longer."""

    router_id: str
    external_network_id: str
    port_id: str


@dataclass(frozen=True, slots=True)
class RouterInterfaceAttached:
    """It has this address on this subnet, by this port; a port with several subnets is a fact for each. Claim
    `router-port/<router>/<subnet>`."""

    router_id: str
    port_id: str
    interface_network_id: str
    subnet_id: str
    ip_address: str
    cidr: str


@dataclass(frozen=True, slots=True)
class RouterInterfaceDetached:
    """It is on this subnet no longer."""

    router_id: str
    port_id: str
    interface_network_id: str
    subnet_id: str
    ip_address: str


@dataclass(frozen=True, slots=True)
class RouterRouteAdded:
    """It sends packets for `destination` (a CIDR) to `nexthop`."""

    router_id: str
    destination: str
    nexthop: str


@dataclass(frozen=True, slots=True)
class RouterRouteRemoved:
    """It no longer does."""

    router_id: str
    destination: str
    nexthop: str


@dataclass(frozen=True, slots=True)
class RouterScheduled:
    """The L3 agent of `host` is to run it from now on; its ports were bound there in the same commit."""

    router_id: str
    agent_id: str
    host: str
    availability_zone: str


@dataclass(frozen=True, slots=True)
class RouterUnscheduled:
    """The L3 agent of `host` is to run it no longer; reason is `asked`, `agent down`, `agent deleted` or `network out of reach`."""

    router_id: str
    agent_id: str
    host: str
    reason: str


@dataclass(frozen=True, slots=True)
class RouterDeleted:
    """It is gone; host is where it ran, empty for nowhere."""

    router_id: str
    project_id: str
    host: str
