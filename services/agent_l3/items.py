"""One router's work as items of the hands' verbs (`libs.materialise.l3` says what each of them promises)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from libs.materialise.l3 import NatChange, Wanted, Work
from libs.materialise.l3.advert import text_of
from libs.materialise.l3.objects import sysctls


def link_item(one: Work) -> dict[str, Any]:
    """For `links.ensure`."""
    wanted = _wanted(one)
    devices = [
        {
            "name": device.name,
            "peer": device.tap,
            "mac": device.mac,
            "mtu": device.mtu,
            "addresses": list(wanted.addresses(device)),
        }
        for device in wanted.devices
    ]
    return {
        "namespace": one.namespace,
        "devices": devices,
        "routes": [[route.destination, route.gateway, route.device] for route in wanted.routes],
        "sysctls": [list(pair) for pair in sysctls(wanted.on)],
    }


def address_item(one: Work) -> dict[str, Any]:
    """For `addresses.change`."""
    outside = _wanted(one).outside
    assert outside is not None  # only a gateway's device has addresses that come and go
    return {
        "namespace": one.namespace,
        "device": outside.name,
        "add": list(one.add),
        "remove": list(one.remove),
    }


def nat_item(one: Work, change: NatChange) -> dict[str, Any]:
    """For `nat.apply`."""
    return {"namespace": one.namespace, "text": change.text}


def cut_item(one: Work, cuts: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """For `conntrack.cut`."""
    return {"namespace": one.namespace, "addresses": [list(pair) for pair in cuts]}


def radvd_item(one: Work, made: frozenset[str]) -> dict[str, Any]:
    """For `radvd.ensure`. made: devices that are new; perhaps others were there under their names."""
    adverts = _wanted(one).adverts
    restart = any(advert.device in made for advert in adverts)
    return {"namespace": one.namespace, "folder": one.folder, "text": text_of(adverts), "restart": restart}


def plug_items(one: Work, made: frozenset[str]) -> list[dict[str, Any]]:
    """For `plugs.ensure`. made: as above."""
    return [
        {"name": device.tap, "port_id": device.port_id, "mac": device.mac, "anew": device.name in made}
        for device in _wanted(one).devices
    ]


def announce_items(one: Work, added: Iterable[tuple[str, str]], plugged: frozenset[str]) -> list[dict[str, Any]]:
    """For `arp.announce`: what was added [(device, CIDR)], and all that devices hold which were plugged just now."""
    wanted = _wanted(one)
    found: dict[str, list[str]] = {}
    for name, cidr in added:
        found.setdefault(name, []).append(cidr)
    for device in wanted.devices:
        if device.tap in plugged:
            found[device.name] = list(wanted.addresses(device))
    macs = {device.name: device.mac for device in wanted.devices}
    return [_announce_item(one.namespace, name, macs, found[name]) for name in sorted(found) if name in macs]


def advertise_folders(one: Work, plugged: frozenset[str]) -> list[str]:
    """For `radvd.advertise`: the router's folder where it advertises by a device that was plugged just now."""
    wanted = _wanted(one)
    heard = {device.name for device in wanted.devices if device.tap in plugged}
    return [one.folder] if any(advert.device in heard for advert in wanted.adverts) else []


def _announce_item(namespace: str, name: str, macs: Mapping[str, str], cidrs: Iterable[str]) -> dict[str, Any]:
    addresses = [cidr.partition("/")[0] for cidr in cidrs]
    return {"namespace": namespace, "device": name, "mac": macs[name], "addresses": addresses}


def _wanted(one: Work) -> Wanted:
    assert one.wanted is not None
    return one.wanted
