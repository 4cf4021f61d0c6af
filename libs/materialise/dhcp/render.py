"""A served network as objects of the host: namespace, port device, dnsmasq's command, options and host files. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from libs.materialise.checked import Unrepresentable, checked_id, checked_ip, checked_mac
from libs.materialise.dhcp.command import command
from libs.materialise.dhcp.desired import View
from libs.materialise.dhcp.model import Port, Subnet
from libs.materialise.dhcp.objects import METADATA_ADDRESS, Device, Place, Served, folder_of, namespace_of
from libs.materialise.dhcp.options import option_lines, serves_metadata
from libs.materialise.dhcp.plan import PortFiles
from libs.materialise.dhcp.ports import host_lines, port_option_lines
from libs.materialise.dhcp.subnets import network_of, range_mode
from libs.materialise.dhcp.texts import HostLine, OptionLine, PortOptionLine
from libs.model import DHCP_OWNER, is_uuid

_MTU_MIN, _MTU_MAX = 68, 65535


def serve(view: View, place: Place) -> Served | None:
    """What serving this network takes; None when it is not served here (not scheduled here, off, no subnet with DHCP, no port)."""
    network, refused = view.network, list[str]()
    own = _own_port(view, place.host)
    subnets = [subnet for subnet in view.subnets if _usable(subnet, refused)]
    served = [subnet for subnet in subnets if range_mode(subnet) is not None]
    if own is None or place.host not in network.hosts or not network.admin_state_up or not served:
        return None
    ports = tuple(view.ports.values())
    metadata = serves_metadata(served, place)
    device = _device(own, subnets, _mtu(network.mtu), metadata, refused)
    if device is None or not is_uuid(network.network_id):
        return None
    namespace = namespace_of(network.network_id, place)
    folder = folder_of(namespace, place)
    files = port_files(view, view.ports, place.domain, refused)
    return Served(
        network.network_id,
        namespace,
        folder,
        device,
        command(folder, device, served, place),
        option_lines(served, subnets, ports, place, device, refused),
        files.hosts,
        files.options,
        len(served),
        metadata,
        tuple(dict.fromkeys(refused)),
    )


def port_files(view: View, port_ids: Iterable[str], domain: str, refused: list[str]) -> PortFiles:
    """The files of those ports that have any; a port whose id is none is left out."""
    subnets = [subnet for subnet in view.subnets if _usable(subnet, refused)]
    ports = [view.ports[one] for one in port_ids if one in view.ports and is_uuid(one)]
    options = {one.port_id: lines for one in ports if (lines := port_option_lines(one, refused))}
    hosts = {one.port_id: host_lines(one, subnets, one.port_id in options, domain, refused) for one in ports}
    hosts = {port_id: lines for port_id, lines in hosts.items() if lines}
    return PortFiles(hosts, {port_id: lines for port_id, lines in options.items() if port_id in hosts})


def text_of(lines: Iterable[HostLine | OptionLine | PortOptionLine]) -> str:
    """A file of these lines."""
    return "".join(f"{line.text()}\n" for line in lines)


def _own_port(view: View, host: str) -> Port | None:
    """The DHCP port that is bound here and has an address; of several the first by id, so that the choice is stable."""
    ports = [port for port in view.ports.values() if port.device_owner == DHCP_OWNER and port.host == host]
    return min((port for port in ports if port.fixed_ips), key=lambda port: port.port_id, default=None)


def _usable(subnet: Subnet, refused: list[str]) -> bool:
    try:
        checked_id(subnet.subnet_id)
        network_of(subnet)
    except Unrepresentable as error:
        refused.append(str(error))
        return False
    return True


def _mtu(mtu: int) -> int:
    return min(max(int(mtu), _MTU_MIN), _MTU_MAX)


def _device(port: Port, subnets: list[Subnet], mtu: int, metadata: bool, refused: list[str]) -> Device | None:
    known = {subnet.subnet_id: subnet for subnet in subnets}
    addresses = []
    try:
        port_id, mac = checked_id(port.port_id), checked_mac(port.mac_address)
        for fixed in port.fixed_ips:
            if (subnet := known.get(fixed.subnet_id)) is not None:
                address = checked_ip(fixed.ip_address, subnet.ip_version)
                addresses.append(f"{address}/{network_of(subnet).prefixlen}")
    except Unrepresentable as error:
        refused.append(f"DHCP port {port.port_id!r}: {error}")
        return None
    if not addresses:
        return None
    addresses.sort()
    addresses += [f"{METADATA_ADDRESS}/32"] if metadata else []  # last: broadcasts leave under a device's first address
    held = {fixed.subnet_id for fixed in port.fixed_ips}
    gateway = next((one for subnet in subnets if subnet.subnet_id in held and (one := _gateway(subnet))), None)
    return Device(port_id, f"tap{port_id[:11]}", f"ns-{port_id[:11]}", mac, mtu, tuple(addresses), gateway)


def _gateway(subnet: Subnet) -> str | None:
    """A gateway that a namespace with an address on the subnet can reach on-link."""
    if subnet.ip_version != 4 or not subnet.enable_dhcp or not subnet.gateway_ip:
        return None
    try:
        gateway = checked_ip(subnet.gateway_ip, 4)
        return gateway if gateway in network_of(subnet) else None
    except Unrepresentable:
        return None
