"""Values of the network model: small, immutable, compared by content. Pure: no clock, no randomness, no I/O."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from netaddr import EUI, AddrFormatError, IPAddress, IPNetwork, mac_unix_expanded

DHCP_OWNER = "network:dhcp"
ROUTER_INTERFACE_OWNER, ROUTER_GATEWAY_OWNER = "network:router_interface", "network:router_gateway"
FLOATING_IP_OWNER = "network:floatingip"
DNS_DOMAIN = "openstacklocal."
VIF_UNBOUND, VIF_OVS, VIF_FAILED = "unbound", "ovs", "binding_failed"
ACTIVE, DOWN, ERROR = "ACTIVE", "DOWN", "ERROR"
OVS_AGENT, DHCP_AGENT, L3_AGENT = "Open vSwitch agent", "DHCP agent", "L3 agent"

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_MAC = re.compile(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}")


@dataclass(frozen=True, slots=True)
class Segment:
    """Where a network lives on the wire; physical_network is None for overlays, segmentation_id None for flat and local."""

    network_type: str
    physical_network: str | None = None
    segmentation_id: int | None = None


@dataclass(frozen=True, slots=True, order=True)
class FixedIp:
    """One address of a port on one subnet."""

    subnet_id: str
    ip_address: str


@dataclass(frozen=True, slots=True)
class AddressRange:
    """An allocation pool, both ends included, as text."""

    start: str
    end: str


@dataclass(frozen=True, slots=True)
class HostRoute:
    """A route that DHCP hands to guests."""

    destination: str
    nexthop: str


@dataclass(frozen=True, slots=True)
class PrefixLengths:
    """Which prefix lengths the subnets of a subnet pool may have, and which one they get that ask for none."""

    least: int
    usual: int
    most: int


@dataclass(frozen=True, slots=True)
class DhcpOption:
    """An option that a port's owner wants sent to its guest, as he named it; value empty: not to be sent."""

    name: str
    value: str
    ip_version: int = 4


@dataclass(frozen=True, slots=True)
class AddressPair:
    """An address or CIDR that a port may use beside its own, with this MAC (its own, unless its owner said another)."""

    ip_address: str
    mac_address: str


@dataclass(frozen=True, slots=True)
class Binding:
    """How a port is attached on a host; vif_type is `ovs` or `binding_failed`."""

    vif_type: str
    vif_details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: recorded in every event. `domain` is the project's, `service_roles` are of the service that passed the request on;
    both are empty unless Keystone told them."""

    user: str
    project: str
    roles: tuple[str, ...] = ()
    domain: str = ""
    service_roles: tuple[str, ...] = ()

    @property
    def is_admin(self) -> bool:
        """Whether the caller holds the admin role."""
        return "admin" in self.roles


@dataclass(frozen=True, slots=True)
class Context:
    """One request's identity and time, made at the edge and passed as a value to every decision.

    `at` is UTC ISO 8601 with microseconds and `Z`. `command_id` is fresh for each HTTP request, and derived from
    the causing event for a process. `correlation_id` ties a story together, `causation_id` names the event
    (`<stream>@<version>`) that caused this command, empty for a user's own.
    """

    actor: Actor
    request_id: str
    command_id: str
    at: str
    correlation_id: str = ""
    causation_id: str = ""


def is_uuid(text: object) -> bool:
    """Whether `text` is a lower-case hyphenated UUID, the only form that ids have here."""
    return isinstance(text, str) and _UUID.fullmatch(text) is not None


def canonical_mac(text: str) -> str:
    """`text` as lower-case colon-separated MAC. Raises ValueError on anything else, multicast and all-zero included."""
    if not isinstance(text, str) or not _MAC.fullmatch(text):
        raise ValueError(f"'{text}' is not a valid MAC address")
    mac = EUI(text, dialect=mac_unix_expanded)
    if int(mac) == 0 or (int(mac) >> 40) & 1:
        raise ValueError(f"'{text}' is not a valid MAC address")
    return str(mac)


def canonical_ip(text: str) -> str:
    """`text` as the shortest form of an IP address. Raises ValueError (short IPv4 forms such as `10.1` included)."""
    try:
        if not isinstance(text, str) or (":" not in text and text.count(".") != 3):
            raise ValueError
        return str(IPAddress(text))
    except (AddrFormatError, ValueError, TypeError):
        raise ValueError(f"'{text}' is not a valid IP address") from None


def canonical_cidr(text: str) -> str:
    """`text` as network/prefix with host bits cleared. Raises ValueError when it is no CIDR or has no prefix."""
    try:
        address, slash, prefix = text.partition("/")
        if not slash or not prefix.isdigit():
            raise ValueError
        canonical_ip(address)
        return str(IPNetwork(text).cidr)
    except (AddrFormatError, ValueError, TypeError, AttributeError):
        raise ValueError(f"'{text}' is not a valid IP subnet") from None


def is_printable(text: str) -> bool:
    """Whether `text` holds no control characters (NUL, newline, ...): the rule for every free text that enters."""
    return not any(unicodedata.category(char) == "Cc" for char in text)


def host_token(host: str) -> str:
    """A host name as [a-z0-9-]: what queues, users and routing keys are made of. Injective through an escape of `-xx`."""
    return "".join(c if c.isascii() and (c.islower() or c.isdigit()) else f"-{ord(c):02x}" for c in host)
