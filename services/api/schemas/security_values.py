"""Values of security groups, of their rules and of what ports say of them.

Source: neutron.extensions.securitygroup (converters), neutron_lib.api.validators.allowedaddresspairs.
"""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError
from netaddr import AddrFormatError, IPNetwork

from libs.commands import WantedPair
from libs.errors import bad_request
from libs.errors.port_security import pair_twice, pair_without_address, too_many_pairs
from libs.errors.security_group import (
    invalid_cidr,
    invalid_port_value,
    name_is_default,
    unknown_ethertype,
    unknown_protocol,
)
from libs.model import canonical_cidr
from libs.network.deciders.port_security import MAX_PAIRS
from libs.network.ip_protocols import NUMBERS
from libs.network.security_group import DEFAULT
from services.api.schemas.fields import shown, to_address, to_mac, to_text, to_uuid

_ANY = "any"
_ETHERTYPES = {"ipv4": "IPv4", "ipv6": "IPv6"}
_MULTICAST = {4: IPNetwork("224.0.0.0/4"), 6: IPNetwork("ff00::/8")}
_MOST_PORT, _MOST_PROTOCOL = 65535, 255


def to_group_name(value: Any) -> str:
    """A name that is not the default groups'. Raises Refusal 409."""
    name = to_text(value)
    if name.lower() == DEFAULT:
        raise name_is_default()
    return name


def to_protocol(value: Any) -> str | None:
    """A protocol by name, in lower case, or by number, as text; null and `any` are none. Raises Refusal 400."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if value is None or text.lower() == _ANY:
        return None
    if text.lower() in NUMBERS:
        return text.lower()
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and int(text) <= _MOST_PROTOCOL):
        raise unknown_protocol(shown(value), (None, _ANY, *NUMBERS))
    return str(int(text))


def to_ethertype(value: Any) -> str:
    """`IPv4` or `IPv6`, in any case. Raises Refusal 400."""
    if not isinstance(value, str) or value.lower() not in _ETHERTYPES:
        raise unknown_ethertype(shown(value))
    return _ETHERTYPES[value.lower()]


def to_port_value(value: Any) -> int | None:
    """A port (or ICMP type or code), also as text; null is none. Raises Refusal 400."""
    if value is None:
        return None
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= _MOST_PORT):
        raise invalid_port_value(shown(value))
    return int(text)


def to_prefix(value: Any) -> str | None:
    """A CIDR with its host bits, or an address as one of its own; null and empty are none. Raises Refusal 400."""
    if not value:
        return None
    try:
        if not isinstance(value, str) or len(value) > 64:
            raise ValueError
        return str(IPNetwork(value))
    except (ValueError, AddrFormatError):
        raise invalid_cidr(shown(value)) from None


def to_reference(value: Any) -> str | None:
    """The id of what a rule names, in any form: what is no id names nothing that is there. Null and empty are none."""
    return None if value is None else to_text(value) or None


def to_group_ids(value: Any) -> tuple[str, ...]:
    """Distinct ids; null is none."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise ValidationError(f"'{shown(value)}' is not a list")
    ids = tuple(to_uuid(one) for one in value)
    twice = [id for id in dict.fromkeys(ids) if ids.count(id) > 1]
    if twice:
        raise ValidationError(f"Duplicate items in the list: '{shown(', '.join(twice))}'")
    return ids


def to_pairs(value: Any) -> tuple[WantedPair, ...]:
    """allowed_address_pairs; null is none. Raises Refusal 400."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise bad_request("Allowed address pairs must be a list.")
    if len(value) > MAX_PAIRS:
        raise too_many_pairs(MAX_PAIRS)
    pairs = tuple(_pair(one) for one in value)
    for number, one in enumerate(pairs):
        if one in pairs[:number]:
            raise pair_twice(one.mac_address, one.ip_address)
    return pairs


def _pair(one: Any) -> WantedPair:
    if not isinstance(one, dict):
        raise ValidationError(f"'{shown(one)}' is not a dictionary")
    try:
        mac = to_mac(one["mac_address"]) if "mac_address" in one else None
        if "ip_address" not in one:
            raise pair_without_address()
        extra = one.keys() - {"mac_address", "ip_address"}
        if extra:
            raise bad_request(f"Unrecognized attribute(s) '{shown(', '.join(sorted(extra)))}'")
        return WantedPair(_pair_address(one["ip_address"]), mac)
    except ValidationError as error:
        raise bad_request(str(error.messages[0])) from None


def _pair_address(value: Any) -> str:
    """An address, or a CIDR with its host bits cleared; neither reaches into multicast."""
    text = to_subnet(value) if isinstance(value, str) and "/" in value else to_address(value)
    network = IPNetwork(text)
    many = _MULTICAST[network.version]
    if text == "0.0.0.0/0" or not (network in many or many in network):
        return text
    if "/" in text:
        raise ValidationError(f"Subnet {network} overlaps with multicast range {many}, which is not supported.")
    raise ValidationError(f"IP {text} is a multicast address, which is not supported.")


def to_subnet(value: Any) -> str:
    """A CIDR with its host bits cleared."""
    try:
        return canonical_cidr(value if isinstance(value, str) and len(value) <= 64 else "")
    except ValueError:
        raise ValidationError(f"'{shown(value)}' is not a valid IP subnet") from None


def to_subnets(value: Any) -> tuple[str, ...]:
    """addresses of an address group: distinct CIDRs; null is none."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise ValidationError(f"'{shown(value)}' is not a list")
    twice = [one for one in value if isinstance(one, str) and value.count(one) > 1]
    if twice:
        raise ValidationError(f"Duplicate items in the list: '{shown(', '.join(dict.fromkeys(twice)))}'")
    return tuple(to_subnet(one) for one in value)
