"""Facts and OpenFlow port numbers in, flows out. Pure; every text is in ovs-ofctl's canonical form (see flow.py).

Golden mapping between local VLAN (LV) and segment from Folsom's table; each table's last resort is to drop.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, ip_address

from libs.materialise.ovs.flow import Flow, flow
from libs.materialise.ovs.security import guard, tables
from libs.materialise.ovs.security.guard import Asked
from libs.materialise.ovs.things import Network, Port
from libs.materialise.ovs.view import BR_INT, BR_TUN

Ear = tuple[int, bool]  # OpenFlow number, whether what comes is checked first
UNTAGGED = "vlan_tci=0x0000/0x1fff"
_UNICAST = "dl_dst=00:00:00:00:00:00/01:00:00:00:00:00"
_MULTICAST = "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00"
CLASSIFY, CANARY, DELIVER = 0, 23, tables.DELIVER
SPLIT, FROM_TUNNEL, UNICAST, ARP, FLOOD = 2, 4, 20, 21, 22


def _vid(vlan: int) -> str:
    """Write a VLAN id into a tag that is there (4096 is the present bit)."""
    return f"set_field:{4096 + vlan}->vlan_vid"


def _push(vlan: int) -> str:
    return f"push_vlan:0x8100,{_vid(vlan)}"


def _enter(lv: int) -> str:
    """Go on as an untagged packet of this network."""
    return f"load:{lv:#x}->NXM_NX_REG6[],resubmit(,{DELIVER})"


def integration_static() -> list[Flow]:
    """br-int: drop what is not classified, nor known where to, nor allowed."""
    return [flow(BR_INT, table, 0, "", "drop") for table in (CLASSIFY, CANARY, DELIVER)] + tables.static()


def tunnel_static(patch_int: int) -> list[Flow]:
    """br-tun: what comes from br-int is split into unicast, ARP and flood; all else needs a flow of its own."""
    out = [flow(BR_TUN, table, 0, "", "drop") for table in (CLASSIFY, SPLIT, FROM_TUNNEL, UNICAST, FLOOD)]
    out.append(flow(BR_TUN, ARP, 0, "", f"resubmit(,{FLOOD})"))
    out.append(flow(BR_TUN, SPLIT, 2, "arp,dl_dst=ff:ff:ff:ff:ff:ff", f"resubmit(,{ARP})"))
    out.append(flow(BR_TUN, SPLIT, 1, _UNICAST, f"resubmit(,{UNICAST})"))
    out.append(flow(BR_TUN, SPLIT, 1, _MULTICAST, f"resubmit(,{FLOOD})"))
    if patch_int:
        out.append(flow(BR_TUN, CLASSIFY, 1, f"in_port={patch_int}", f"resubmit(,{SPLIT})"))
    return out


def physical_static(bridge: str, phy_patch: int) -> list[Flow]:
    """A physical bridge: only segments in use pass (their flows have priorities 4 and 2)."""
    out = [flow(bridge, CLASSIFY, 1, "", "drop")]
    if phy_patch:
        out.append(flow(bridge, CLASSIFY, 3, f"in_port={phy_patch}", "drop"))
    return out


def delivery(network: Network, lv: int, wired: Sequence[Ear], uplink: int) -> list[Flow]:
    """br-int: multicast goes to every wired port and the uplink, an unknown MAC to the uplink alone.

    A packet never goes out where it came in, so one flow serves both directions. uplink 0: a network that stays on this host.
    ARP is what most broadcasts are, and passes every port: it need not be asked of each.
    """
    up = [f"{_push(lv)},output:{uplink}"] if uplink else []
    outputs = [_to(ear) for ear in sorted(wired)] + up
    out = []
    if outputs:
        match = f"reg6={lv:#x},{_MULTICAST}"
        out.append(flow(BR_INT, DELIVER, 2, match, ",".join(outputs), network.position))
    if any(secured for _, secured in wired):
        plain = [f"output:{ofport}" for ofport, _ in sorted(wired)] + up
        out.append(flow(BR_INT, DELIVER, 3, f"arp,reg6={lv:#x},{_MULTICAST}", ",".join(plain), network.position))
    if up:
        out.append(flow(BR_INT, DELIVER, 1, f"reg6={lv:#x}", up[0], network.position))
    return out


def overlay(network: Network, lv: int, patch_tun: int, patch_int: int, tunnels: Sequence[int]) -> list[Flow]:
    """LV <-> VNI, and the flood list: `tunnels` are the OpenFlow numbers towards the hosts that share the network."""
    vni, at = network.segment.segmentation_id or 0, network.position
    back = f"pop_vlan,{_enter(lv)}"
    out = [
        flow(BR_INT, CLASSIFY, 3, f"in_port={patch_tun},dl_vlan={lv}", back, at),
        flow(BR_TUN, FROM_TUNNEL, 1, f"tun_id={vni:#x}", f"{_push(lv)},output:{patch_int}", at),
    ]
    if tunnels:
        outputs = ",".join(f"output:{ofport}" for ofport in sorted(set(tunnels)))
        flood = f"pop_vlan,set_field:{vni:#x}->tun_id,{outputs}"
        out.append(flow(BR_TUN, FLOOD, 1, f"dl_vlan={lv}", flood, at))
    return out


def provider(network: Network, lv: int, bridge: str, int_patch: int, phy_patch: int) -> list[Flow]:
    """LV <-> VLAN of the physical network, or untagged for a flat one; on the physical bridge and br-int."""
    segment, at = network.segment.segmentation_id, network.position
    outside = UNTAGGED if segment is None else f"dl_vlan={segment}"
    leave = "pop_vlan,NORMAL" if segment is None else f"{_vid(segment)},NORMAL"
    enter = _enter(lv) if segment is None else f"pop_vlan,{_enter(lv)}"
    return [
        flow(BR_INT, CLASSIFY, 3, f"in_port={int_patch},{outside}", enter, at),
        flow(bridge, CLASSIFY, 4, f"in_port={phy_patch},dl_vlan={lv}", leave, at),
        flow(bridge, CLASSIFY, 2, outside, "NORMAL", at),
    ]


def shared_mac(
    network: Network, lv: int, mac: str, ears: Sequence[Ear], uplink: int, tunnels: Sequence[int]
) -> list[Flow]:
    """A MAC of address pairs: it goes to all who may use it, and out when one of them may be elsewhere."""
    away = uplink and (tunnels or network.segment.network_type != "vxlan")
    outputs = [_to(ear) for ear in sorted(ears)] + ([f"{_push(lv)},output:{uplink}"] if away else [])
    out = []
    if outputs:
        out.append(flow(BR_INT, DELIVER, 3, f"reg6={lv:#x},dl_dst={mac}", ",".join(outputs), network.position))
    if tunnels:
        leave = f"pop_vlan,set_field:{network.segment.segmentation_id or 0:#x}->tun_id"
        actions = ",".join([leave, *(f"output:{ofport}" for ofport in sorted(set(tunnels)))])
        out.append(flow(BR_TUN, UNICAST, 2, f"dl_vlan={lv},dl_dst={mac}", actions, network.position))
    return out


def local_port(port: Port, lv: int, ofport: int, asked: Asked) -> list[Flow]:
    """br-int: a wired tap may speak untagged in its network, and gets what is for its MAC."""
    to = _to((ofport, port.secured))
    out = [
        *_speaks(port, lv, ofport, asked, port.position),
        flow(BR_INT, DELIVER, 3, f"reg6={lv:#x},dl_dst={port.mac}", to, port.position),
    ]
    return out + guard.hears(port, ofport, asked) if port.secured else out


def ready_port(port: Port, host: str, lv: int, ofport: int, asked: Asked) -> list[Flow]:
    """br-int: the tap to which a guest will move may speak; what is for its MAC still goes to where it is."""
    return _speaks(port, lv, ofport, asked, port.ready[host].position)


def _speaks(port: Port, lv: int, ofport: int, asked: Asked, at: int) -> list[Flow]:
    match = f"in_port={ofport},{UNTAGGED}"
    if not port.secured:
        return [flow(BR_INT, CLASSIFY, 10, match, _enter(lv), at)]
    check = f"load:{lv:#x}->NXM_NX_REG6[],load:{ofport:#x}->NXM_NX_REG5[],resubmit(,{tables.SOURCE})"
    return [flow(BR_INT, CLASSIFY, 10, match, check, at), *guard.speaks(port, ofport, asked)]


def _to(ear: Ear) -> str:
    ofport, secured = ear
    return guard.to_port(ofport) if secured else f"output:{ofport}"


def remote_port(port: Port, vni: int, lv: int, tunnel: int) -> list[Flow]:
    """br-tun: the tunnel to a port of another host, and the answer to who has its IPv4 addresses."""
    match = f"dl_vlan={lv},dl_dst={port.mac}"
    out = [flow(BR_TUN, UNICAST, 2, match, f"pop_vlan,set_field:{vni:#x}->tun_id,output:{tunnel}", port.position)]
    for address, at in sorted(port.addresses.items()):
        ip = ip_address(address)
        if isinstance(ip, IPv4Address):
            match = f"arp,dl_vlan={lv},arp_tpa={ip},arp_op=1"
            out.append(flow(BR_TUN, ARP, 1, match, _arp_reply(port.mac, ip), at))
    return out


def _arp_reply(mac: str, ip: IPv4Address) -> str:
    """Turn the request into its answer and send it back."""
    return (
        f"move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],set_field:{mac}->eth_src,load:0x2->NXM_OF_ARP_OP[],"
        "move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[],move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[],"
        f"load:{int(mac.replace(':', ''), 16):#x}->NXM_NX_ARP_SHA[],load:{int(ip):#x}->NXM_OF_ARP_SPA[],IN_PORT"
    )


def tunnel(ofport: int, position: int) -> list[Flow]:
    """br-tun: what comes from this host's tunnel is looked at by VNI."""
    return [flow(BR_TUN, CLASSIFY, 1, f"in_port={ofport}", f"resubmit(,{FROM_TUNNEL})", position)]
