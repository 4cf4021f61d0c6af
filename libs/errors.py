"""Refusals in Neutron's terms: every error a caller can meet, each with its HTTP status. Pure."""

from __future__ import annotations


class Refusal(Exception):
    """A request that is refused and changed nothing; `type` and `message` as Neutron's clients know them."""

    def __init__(self, status: int, type: str, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.status, self.type, self.message, self.detail = status, type, message, detail

    def __reduce__(self) -> tuple[type[Refusal], tuple[int, str, str, str]]:
        return Refusal, (self.status, self.type, self.message, self.detail)


def bad_request(message: str) -> Refusal:
    """400 for a malformed body, attribute or query."""
    return Refusal(400, "HTTPBadRequest", message)


def invalid_input(message: str) -> Refusal:
    """400 for a value that is well formed but makes no sense here."""
    return Refusal(400, "InvalidInput", f"Invalid input for operation: {message}.")


def not_found(kind: str, id: str) -> Refusal:
    """404 for a resource that does not exist or that the caller may not see; kind is `network`, `subnet`, `port`, `agent`."""
    name = kind.capitalize()
    return Refusal(404, f"{name}NotFound", f"{name} {id} could not be found.")


def zone_not_found(zone: str) -> Refusal:
    """404: no DHCP agent is in the availability zone that a network is hinted to."""
    return Refusal(404, "AvailabilityZoneNotFound", f"AvailabilityZone {zone} could not be found.")


def forbidden(rule: str) -> Refusal:
    """403 for something that the caller's roles do not allow."""
    return Refusal(403, "PolicyNotAuthorized", f"({rule}) is disallowed by policy")


def network_in_use(id: str) -> Refusal:
    """409: ports other than our own DHCP ports are on the network."""
    return Refusal(
        409,
        "NetworkInUse",
        f"Unable to complete operation on network {id}. There are one or more ports still in use on the network.",
    )


def subnet_in_use(id: str, reason: str = "One or more ports have an IP allocation from this subnet.") -> Refusal:
    """409: addresses of the subnet are held by ports."""
    return Refusal(409, "SubnetInUse", f"Unable to complete operation on subnet {id}: {reason}")


def service_port_in_use(port_id: str, device_owner: str) -> Refusal:
    """409: the port belongs to a device of our own (router, floating IP)."""
    return Refusal(
        409,
        "ServicePortInUse",
        f"Port {port_id} cannot be deleted directly via the port API: has device owner {device_owner}.",
    )


def ip_in_use(subnet_id: str, ip_address: str) -> Refusal:
    """409: the asked address is held by another port."""
    return Refusal(409, "IpAddressAlreadyAllocated", f"IP address {ip_address} already allocated in subnet {subnet_id}")


def no_address_left(network_id: str) -> Refusal:
    """409: no subnet of the network has a free address in its pools."""
    return Refusal(409, "IpAddressGenerationFailure", f"No more IP addresses available on network {network_id}.")


def is_exhaustion(refusal: Refusal) -> bool:
    """Whether it is `no_address_left`."""
    return refusal.type == "IpAddressGenerationFailure"


def ip_not_on_network(ip_address: str) -> Refusal:
    """400: no subnet of the network holds the asked address."""
    return Refusal(
        400,
        "InvalidIpForNetwork",
        f"IP address {ip_address} is not a valid IP for any of the subnets on the specified network.",
    )


def ip_not_on_subnet(ip_address: str) -> Refusal:
    """400: the asked address is not a usable address of the asked subnet."""
    return Refusal(400, "InvalidIpForSubnet", f"IP address {ip_address} is not a valid IP for the specified subnet.")


def ip_is_automatic(ip_address: str, subnet_id: str) -> Refusal:
    """400: on a SLAAC subnet the address follows from the MAC and cannot be asked for."""
    return Refusal(
        400,
        "AllocationOnAutoAddressSubnet",
        f"IPv6 address {ip_address} cannot be directly assigned to a port on subnet {subnet_id} as the subnet is"
        " configured for automatic addresses",
    )


def mac_in_use(network_id: str, mac: str) -> Refusal:
    """409: the MAC is taken on that network."""
    return Refusal(
        409,
        "MacAddressInUse",
        f"Unable to complete operation for network {network_id}. The mac address {mac} is in use.",
    )


def segment_in_use(network_type: str, physical_network: str | None, segmentation_id: int | None) -> Refusal:
    """409: the asked VLAN, VNI or flat network is taken."""
    if network_type == "vlan":
        return Refusal(
            409,
            "VlanIdInUse",
            f"Unable to create the network. The VLAN {segmentation_id} on physical network {physical_network} is in use.",
        )
    if network_type == "flat":
        return Refusal(
            409,
            "FlatNetworkInUse",
            f"Unable to create the flat network. Physical network {physical_network} is in use.",
        )
    return Refusal(409, "TunnelIdInUse", f"Unable to create the network. The tunnel ID {segmentation_id} is in use.")


def no_segment_left() -> Refusal:
    """503: every range of that type is exhausted (Neutron's NoNetworkAvailable)."""
    return Refusal(
        503, "NoNetworkAvailable", "Unable to create the network. No project network is available for allocation."
    )


def overlapping_pools(pool_1: str, pool_2: str, cidr: str) -> Refusal:
    """409: two allocation pools of one subnet share addresses."""
    return Refusal(
        409, "OverlappingAllocationPools", f"Found overlapping allocation pools: {pool_1} {pool_2} for subnet {cidr}."
    )


def pool_out_of_bounds(pool: str, cidr: str) -> Refusal:
    """400: an allocation pool is not inside its subnet."""
    return Refusal(400, "OutOfBoundsAllocationPool", f"The allocation pool {pool} spans beyond the subnet cidr {cidr}.")


def gateway_in_pool(gateway: str, pool: str) -> Refusal:
    """409: the gateway address lies in an allocation pool."""
    return Refusal(
        409, "GatewayConflictWithAllocationPools", f"Gateway ip {gateway} conflicts with allocation pool {pool}."
    )


def unavailable(message: str, type: str = "ServiceUnavailable") -> Refusal:
    """503 with Retry-After: the database, the broker or a service does not answer now."""
    return Refusal(503, type, message)


def invalid_pool(pool: str) -> Refusal:
    """400: an allocation pool that is no range of addresses of the subnet's IP version."""
    return Refusal(400, "InvalidAllocationPool", f"The allocation pool {pool} is not valid.")


def too_many_dns_servers(subnet_id: str, limit: int) -> Refusal:
    """400: more DNS servers than a subnet may have."""
    return Refusal(
        400,
        "DNSNameServersExhausted",
        f"Unable to complete operation for {subnet_id}. The number of DNS nameservers exceeds the limit {limit}.",
    )


def too_many_host_routes(subnet_id: str, limit: int) -> Refusal:
    """400: more host routes than a subnet may have."""
    return Refusal(
        400,
        "HostRoutesExhausted",
        f"Unable to complete operation for {subnet_id}. The number of host routes exceeds the limit {limit}.",
    )


def mtu_too_small(network_id: str, minimum: int) -> Refusal:
    """409: the MTU is below what a subnet of the network needs."""
    return Refusal(
        409,
        "NetworkMTUSubnetConflict",
        f"MTU of {network_id} is not valid, subnet requires a minimum of {minimum}",
    )


def sharing_in_use(network: str) -> Refusal:
    """409: ports or subnets of other projects are on the network that is to be shared no longer."""
    return Refusal(
        409,
        "InvalidSharedSetting",
        f"Unable to reconfigure sharing settings for network {network}. Multiple projects are using it.",
    )


def port_bound(port_id: str, vif_type: str, old_mac: str, new_mac: str) -> Refusal:
    """409: the MAC of a bound port cannot change."""
    return Refusal(
        409,
        "PortBound",
        f"Unable to complete operation on port {port_id}, port is already bound, port type: {vif_type},"
        f" old_mac {old_mac}, new_mac {new_mac}.",
    )


def unsupported_owner(operation: str, port_id: str, device_owner: str) -> Refusal:
    """409: that cannot be done to a port of one of netledger's own devices."""
    return Refusal(
        409,
        "UnsupportedPortDeviceOwner",
        f"Operation {operation} is not supported for device_owner {device_owner} on port {port_id}.",
    )


def revision_mismatch(expected: int, current: int | None = None) -> Refusal:
    """412: If-Match named another revision."""
    found = "differs" if current is None else f"is {current}"
    return Refusal(412, "RevisionNumberConstraintFailed", f"Constrained to {expected}, but current revision {found}")


def busy() -> Refusal:
    """409: the resource kept changing while we decided; the client may repeat the request."""
    return Refusal(409, "RetryRequest", "The resource is being changed by others; please repeat the request.")
