"""Values of lists and objects: allocation pools, name servers, host routes, fixed IPs, profiles, zone hints."""

from __future__ import annotations

import json
from typing import Any

from marshmallow import ValidationError

from libs.commands import WantedAddress
from libs.errors import Refusal, invalid_input
from libs.model import AddressRange, HostRoute, canonical_cidr
from services.api.schemas.fields import shown, to_address, to_text, to_uuid

FIXED_IPS, NAME_SERVERS, HOST_ROUTES, POOLS, PROFILE_CHARACTERS, HINTS_CHARACTERS = 16, 5, 20, 20, 4095, 255


def _objects(value: Any, keys: tuple[str, ...], what: str) -> list[dict[str, Any]]:
    """`value` as a list of objects with exactly these keys."""
    if not isinstance(value, list):
        raise ValidationError(f"Invalid data format for {what}: '{shown(value)}'")
    for one in value:
        if not isinstance(one, dict):
            raise ValidationError(f"Invalid input. '{shown(one)}' must be a dictionary with keys: {list(keys)}")
        if one.keys() != set(keys):
            raise ValidationError(
                "Validation of dictionary's keys failed. "
                f"Expected keys: {list(keys)} Provided keys: {shown(sorted(one))}"
            )
    return value


def to_pools(value: Any) -> tuple[AddressRange, ...]:
    """allocation_pools; null is none at all, as in Neutron."""
    if value is not None and not (isinstance(value, list) and all(isinstance(one, dict) for one in value)):
        raise invalid_input("Invalid data format for allocation pools")
    pools = _objects(value or [], ("start", "end"), "IP pool")
    if len(pools) > POOLS:
        raise ValidationError(f"More than {POOLS} allocation pools")
    return tuple(AddressRange(to_address(one["start"]), to_address(one["end"])) for one in pools)


def to_name_servers(value: Any) -> tuple[str, ...]:
    """dns_nameservers; null is none."""
    if not isinstance(value, list | None):
        raise ValidationError(f"Invalid data format for nameserver: '{shown(value)}'")
    servers: list[str] = []
    for host in value or ():
        try:
            address = to_address(host)
        except ValidationError as error:
            raise ValidationError(f"'{shown(host)}' is not a valid nameserver. {error.args[0]}") from None
        if address in servers:
            raise ValidationError(f"Duplicate nameserver '{shown(host)}'")
        servers.append(address)
    if len(servers) > NAME_SERVERS:
        raise _exhausted("DNSNameServersExhausted", "DNS nameservers", NAME_SERVERS)
    return tuple(servers)


def to_extra_routes(value: Any) -> tuple[HostRoute, ...]:
    """A router's routes; null is none. How many it may have is the decision's."""
    routes: dict[HostRoute, None] = {}
    for one in _objects([] if value is None else value, ("destination", "nexthop"), "hostroute"):
        route = HostRoute(_route_cidr(one["destination"]), to_address(one["nexthop"]))
        if route in routes:
            raise ValidationError(f"Duplicate hostroute '{shown(one)}'")
        routes[route] = None
    return tuple(routes)


def to_routes(value: Any) -> tuple[HostRoute, ...]:
    """host_routes; null is none."""
    routes = to_extra_routes(value)
    if len(routes) > HOST_ROUTES:
        raise _exhausted("HostRoutesExhausted", "host routes", HOST_ROUTES)
    return routes


def _route_cidr(value: Any) -> str:
    try:
        cidr = canonical_cidr(value if isinstance(value, str) and len(value) <= 64 else "")
    except ValueError:
        raise ValidationError(f"'{shown(value)}' is not a valid CIDR") from None
    if ":" not in cidr and cidr != value:
        raise ValidationError(f"'{shown(value)}' is not a valid CIDR")
    return cidr


def _exhausted(type: str, what: str, most: int) -> Refusal:
    return Refusal(400, type, f"Unable to complete operation. The number of {what} exceeds the limit {most}.")


def to_fixed_ips(value: Any) -> tuple[WantedAddress, ...]:
    """fixed_ips: wishes for addresses, each a subnet, an address, or both."""
    if not isinstance(value, list):
        raise ValidationError(f"Invalid data format for fixed IP: '{shown(value)}'")
    if len(value) > FIXED_IPS:
        raise invalid_input(f"Exceeded maximum amount of fixed ips per port ({FIXED_IPS})")
    wanted = tuple(_wanted(one) for one in value)
    addresses = [one.ip_address for one in wanted if one.ip_address]
    for address in addresses:
        if addresses.count(address) > 1:
            raise ValidationError(f"Duplicate IP address '{address}'")
    return wanted


def _wanted(one: Any) -> WantedAddress:
    if not isinstance(one, dict) or one.keys() - {"subnet_id", "ip_address"}:
        raise ValidationError(f"Invalid data format for fixed IP: '{shown(one)}'")
    if not one:
        raise invalid_input("IP allocation requires subnet_id or ip_address")
    address = to_address(one["ip_address"]) if "ip_address" in one else None
    return WantedAddress(to_uuid(one["subnet_id"]) if "subnet_id" in one else None, address)


def to_profile(value: Any) -> dict[str, Any]:
    """binding:profile: any JSON object of a bounded size; null empties it."""
    if not isinstance(value, dict | None):
        raise ValidationError(f"'{shown(value)}' is not a dictionary")
    if value and len(json.dumps(value)) > PROFILE_CHARACTERS:
        raise invalid_input("binding:profile value too large")
    return value or {}


def to_host(value: Any) -> str:
    """binding:host_id: a host's name; null or empty unbinds."""
    return "" if value is None else to_text(value)


def to_hints(value: Any) -> tuple[str, ...]:
    """availability_zone_hints: distinct names."""
    if not isinstance(value, list):
        raise ValidationError(f"'{shown(value)}' is not a list")
    if len(json.dumps(value)) > HINTS_CHARACTERS:
        raise invalid_input("Too many availability_zone_hints specified")
    zones = tuple(to_text(one) for one in value)
    twice = [zone for zone in dict.fromkeys(zones) if zones.count(zone) > 1]
    if twice:
        raise ValidationError(f"Duplicate items in the list: '{', '.join(twice)}'")
    return zones
