"""dnsmasq's argument list for one network. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from libs.materialise.dhcp.model import Subnet
from libs.materialise.dhcp.objects import Device, Place
from libs.materialise.dhcp.subnets import dhcp_range, network_of, range_mode, sends_ra

_LEASES_MAX = 2**24  # Neutron's cap, so that many subnets cannot inflate it
_MANNERS = (
    "--except-interface=lo",
    "--dhcp-authoritative",
    "--dhcp-ignore-clid",
    "--quiet-dhcp",
    "--quiet-dhcp6",
    "--quiet-ra",
)


def command(folder: str, device: Device, served: Sequence[Subnet], place: Place) -> tuple[str, ...]:
    """dnsmasq's argument list. It forwards no names and believes no client id: a guest is its MAC."""
    user = [f"--user={place.user}", f"--group={place.user}"] if place.user else []
    return (
        "dnsmasq",
        *_files(folder),
        "--bind-dynamic",
        f"--interface={device.name}",
        *_MANNERS,
        f"--domain={place.domain}",
        f"--local=/{place.domain}/",
        f"--dhcp-option-force=option:mtu,{device.mtu}",
        *_ranges(served, place),
        *_advertisements(device, served),
        *user,
    )


def _files(folder: str) -> tuple[str, ...]:
    """What it reads and writes, all in the network's own folder."""
    return (
        "--conf-file=/dev/null",
        "--no-hosts",
        "--no-resolv",
        f"--pid-file={folder}/pid",
        f"--dhcp-leasefile={folder}/leases",
        f"--dhcp-hostsdir={folder}/hosts.d",
        f"--dhcp-optsfile={folder}/options",
        f"--dhcp-optsdir={folder}/opts.d",
    )


def _ranges(served: Sequence[Subnet], place: Place) -> list[str]:
    words = [f"--dhcp-lease-max={min(sum(network_of(subnet).size for subnet in served), _LEASES_MAX)}"]
    for subnet in served:
        words.append(f"--dhcp-range={dhcp_range(subnet, place.lease_seconds)}")
        words.append(f"--synth-domain={place.domain},{network_of(subnet)},host-")
    return words


def _advertisements(device: Device, served: Sequence[Subnet]) -> list[str]:
    """Router advertisements tell prefixes and how to get an address, with lifetime 0: this port is nobody's router."""
    if not any(sends_ra(subnet) for subnet in served):
        return []
    stateful = any(sends_ra(subnet) and range_mode(subnet) == "static" for subnet in served)
    return [*(["--enable-ra"] if stateful else []), f"--ra-param={device.name},0,0"]
