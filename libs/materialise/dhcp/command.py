"""dnsmasq's argument list and options file of one network. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from libs.materialise.dhcp.model import Port, Subnet
from libs.materialise.dhcp.objects import Device, Place
from libs.materialise.dhcp.subnets import dhcp_range, network_of, options, range_mode, sends_ra
from libs.materialise.dhcp.texts import DOMAIN, OptionLine
from libs.model import DHCP_OWNER

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
        f"--domain={DOMAIN}",
        f"--local=/{DOMAIN}/",
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
    )


def _ranges(served: Sequence[Subnet], place: Place) -> list[str]:
    words = [f"--dhcp-lease-max={min(sum(network_of(subnet).size for subnet in served), _LEASES_MAX)}"]
    for subnet in served:
        words.append(f"--dhcp-range={dhcp_range(subnet, place.lease_seconds)}")
        words.append(f"--synth-domain={DOMAIN},{network_of(subnet)},host-")
    return words


def _advertisements(device: Device, served: Sequence[Subnet]) -> list[str]:
    """Router advertisements tell prefixes and how to get an address, with lifetime 0: this port is nobody's router."""
    if not any(sends_ra(subnet) for subnet in served):
        return []
    stateful = any(sends_ra(subnet) and range_mode(subnet) == "static" for subnet in served)
    return [*(["--enable-ra"] if stateful else []), f"--ra-param={device.name},0,0"]


def option_lines(
    served: Sequence[Subnet], subnets: Sequence[Subnet], ports: Iterable[Port], refused: list[str]
) -> tuple[OptionLine, ...]:
    """Every served subnet's options. `subnets`: all of the network; `ports`: where its DHCP servers' addresses are found."""
    servers: dict[str, list[str]] = {}
    for port in ports:
        if port.device_owner == DHCP_OWNER:
            for fixed in port.fixed_ips:
                servers.setdefault(fixed.subnet_id, []).append(fixed.ip_address)
    lines: list[OptionLine] = []
    for subnet in served:
        others = [other for other in subnets if other is not subnet]
        lines += options(subnet, others, sorted(servers.get(subnet.subnet_id, ())), refused)
    return tuple(lines)
