"""Everything that one router puts on a host. Pure; a value that is not of its type is left out, with the reason in `refused`."""

from __future__ import annotations

from libs.materialise.checked import Unrepresentable, checked_cidr, checked_id, checked_ip, checked_mac
from libs.materialise.l3.adverts import advert
from libs.materialise.l3.desired import View
from libs.materialise.l3.objects import INSIDE, OUTSIDE, Device, Nat, Place, Wanted, folder_of, namespace_of
from libs.materialise.l3.routes import routes
from libs.materialise.l3.scopes import scopes
from libs.model import is_uuid

_MTU_MIN, _MTU_MAX = 68, 65535


def serve(view: View, place: Place) -> Wanted | None:
    """What running this router takes; None when it does not run here."""
    router, refused = view.router, list[str]()
    if router.host != place.host or not is_uuid(router.id):
        return None
    outside, inside = _outside(view, refused), _inside(view, refused)
    floatingips = _floatingips(view, refused) if outside else {}
    namespace = namespace_of(router.id, place)
    adverts = [advert(view, one, refused) for one in inside] if router.admin_state_up else []
    return Wanted(
        router.id,
        namespace,
        folder_of(namespace, place),
        router.admin_state_up,
        (*([outside] if outside else []), *inside),
        routes(view, outside, inside, refused),
        _nat(view, outside, inside, floatingips),
        tuple(one for one in adverts if one),
        floatingips,
        tuple(dict.fromkeys(refused)),
    )


def _outside(view: View, refused: list[str]) -> Device | None:
    gateway = view.router.gateway
    if gateway is None:
        return None
    cidrs = {id: subnet.cidr for id, subnet in view.subnets.items()}
    pairs = [(one.ip_address, cidrs.get(one.subnet_id, "")) for one in gateway.fixed_ips]
    return _device(view, OUTSIDE, gateway.port_id, gateway.network_id, pairs, refused)


def _inside(view: View, refused: list[str]) -> list[Device]:
    pairs: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for one in view.router.interfaces:
        pairs.setdefault((one.port_id, one.network_id), []).append((one.ip_address, one.cidr))
    found = [_device(view, INSIDE, *key, addresses, refused) for key, addresses in sorted(pairs.items())]
    return [one for one in found if one is not None]


def _device(
    view: View, prefix: str, port_id: str, network_id: str, pairs: list[tuple[str, str]], refused: list[str]
) -> Device | None:
    """A port with its (address, CIDR) pairs; None while it or its network is not known, or its values are none."""
    port, network = view.ports.get(port_id), view.networks.get(network_id)
    if port is None or network is None:
        return None
    addresses = []
    for address, cidr in pairs:
        try:
            version = 6 if ":" in address else 4
            addresses.append(f"{checked_ip(address, version)}/{checked_cidr(cidr, version).prefixlen}")
        except Unrepresentable as error:
            refused.append(f"port {port_id!r}: {error}")
    try:
        name, mac = checked_id(port_id)[:11], checked_mac(port.mac_address)
    except Unrepresentable as error:
        refused.append(f"port {port_id!r}: {error}")
        return None
    mtu = min(max(int(network.mtu), _MTU_MIN), _MTU_MAX)
    return Device(port_id, f"tap{name}", f"{prefix}{name}", mac, mtu, tuple(addresses))


def _floatingips(view: View, refused: list[str]) -> dict[str, tuple[str, str]]:
    """{floating IP's id: (floating address, fixed address)}; IPv4 alone, as in Neutron."""
    found = {}
    for one in view.floatingips:
        try:
            assert one.target is not None  # such are not in the view
            found[one.id] = (checked_ip(one.floating_ip_address, 4), checked_ip(one.target.ip_address, 4))
        except Unrepresentable as error:
            refused.append(f"floating IP {one.id!r}: {error}")
    return found


def _nat(view: View, outside: Device | None, inside: list[Device], floatingips: dict[str, tuple[str, str]]) -> Nat:
    own = next((one for one in outside.addresses if ":" not in one), "") if outside else ""
    snat = view.router.gateway is not None and view.router.gateway.enable_snat
    floating = dict(sorted(floatingips.values()))
    return Nat(own.partition("/")[0], snat, floating, scopes(view, outside, inside))
