"""What one inside device advertises. Pure; the rules are Neutron's."""

from __future__ import annotations

from libs.materialise.checked import Unrepresentable, checked_cidr, checked_ip
from libs.materialise.l3.advert import SLAAC, STATEFUL, STATELESS, Advert, Prefix
from libs.materialise.l3.desired import View
from libs.materialise.l3.objects import Device

_SERVERS = 3  # an RDNSS option is read by no one beyond
_MTU_MIN = 1280  # no less for IPv6


def advert(view: View, device: Device, refused: list[str]) -> Advert | None:
    """None for a device whose subnets' advertisements come from elsewhere, or that has none."""
    prefixes, servers, modes = set(), list[str](), set()
    for one in view.router.interfaces:
        subnet = view.subnets.get(one.subnet_id)
        if one.port_id != device.port_id or subnet is None or subnet.ip_version != 6 or not subnet.ipv6_ra_mode:
            continue
        try:
            prefixes.add(Prefix(str(checked_cidr(one.cidr, 6)), subnet.ipv6_ra_mode in (SLAAC, STATELESS)))
            servers += [checked_ip(server, 6) for server in subnet.dns_nameservers]
        except Unrepresentable as error:
            refused.append(f"subnet {subnet.id!r}: {error}")
            continue
        modes.add(subnet.ipv6_ra_mode)
    if not prefixes:
        return None
    named = tuple(dict.fromkeys(servers))[:_SERVERS]
    mtu = max(device.mtu, _MTU_MIN)
    return Advert(device.name, mtu, STATEFUL in modes, STATELESS in modes, tuple(sorted(prefixes)), named)
