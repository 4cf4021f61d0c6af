"""One network's difference between what is and what should be, as work; and that work as items of the hands' verbs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from libs.materialise.dhcp import (
    NO_CHANGE,
    FilesChange,
    Place,
    PortFiles,
    Served,
    files_change,
    folder_of,
    namespace_of,
    text_of,
)


@dataclass(frozen=True, slots=True)
class Work:
    """One network's way to `wanted` (None: not served). `links`, `process`: these are read back and repaired; else the ports' `files`
    and the network's `options` are changed alone. `taps`: ports of before that must go. `repair`: nothing new is wanted, what
    changes is drift."""

    network_id: str
    namespace: str
    folder: str
    wanted: Served | None
    links: bool = False
    process: bool = False
    files: FilesChange = NO_CHANGE
    options: bool = False
    taps: tuple[str, ...] = ()
    repair: bool = False

    @property
    def key(self) -> str:
        """By which `libs.agent.upkeep` knows it."""
        return self.network_id

    @property
    def is_quick(self) -> bool:
        """Whether it touches files alone."""
        return self.wanted is not None and not self.links and not self.process


def work(network_id: str, applied: Served | None, wanted: Served | None, unsure: bool, place: Place) -> Work | None:
    """The difference between what was applied and what is wanted; None for none. unsure: nothing is taken for granted."""
    namespace = namespace_of(network_id, place)
    folder = folder_of(namespace, place)
    old_tap = applied.device.tap if applied else ""
    if wanted is None:
        gone = applied is not None or unsure
        return Work(network_id, namespace, folder, None, taps=(old_tap,) if old_tap else ()) if gone else None
    taps = (old_tap,) if old_tap and old_tap != wanted.device.tap else ()
    links = unsure or applied is None or applied.device != wanted.device
    process = unsure or applied is None or applied.command != wanted.command
    if applied is None or process:
        return Work(network_id, namespace, folder, wanted, links, process, taps=taps, repair=applied == wanted)
    files, options = files_change(_files(applied), _files(wanted)), applied.options != wanted.options
    if not (links or files or options or applied.metadata != wanted.metadata):
        return None
    return Work(network_id, namespace, folder, wanted, links, False, files, options, taps)


def _files(served: Served) -> PortFiles:
    return PortFiles(served.hosts, served.port_options)


def files_work(applied: Served, ports: Iterable[str], files: PortFiles) -> Work | None:
    """The difference that some ports make; `files` are theirs as they should be. Costs only those ports."""
    changed = set(ports)
    hosts = {port_id: applied.hosts[port_id] for port_id in changed if port_id in applied.hosts}
    options = {port_id: applied.port_options[port_id] for port_id in changed if port_id in applied.port_options}
    change = files_change(PortFiles(hosts, options), files)
    if not change:
        return None
    after, own = applied.hosts, applied.port_options
    assert isinstance(after, dict) and isinstance(own, dict)  # ours alone: changed in place, or one port would cost all
    for port_id in change.remove:
        del after[port_id]
    for port_id in change.remove_options:
        del own[port_id]
    after.update(change.write)
    own.update(change.write_options)
    wanted = replace(applied, hosts=after, port_options=own)
    return Work(applied.network_id, applied.namespace, applied.folder, wanted, files=change)


def link_item(one: Work) -> dict[str, Any]:
    """For `links.ensure`."""
    assert one.wanted is not None
    device = one.wanted.device
    end = {"name": device.name, "peer": device.tap, "mac": device.mac, "mtu": device.mtu}
    routes = [["0.0.0.0/0", device.gateway]] if device.gateway else []
    devices = [end | {"addresses": list(device.addresses)}]
    return {"namespace": one.wanted.namespace, "devices": devices, "routes": routes}


def plug_items(one: Work, anew: bool) -> list[dict[str, Any]]:
    """For `plugs.ensure`."""
    assert one.wanted is not None
    device = one.wanted.device
    return [{"name": device.tap, "port_id": device.port_id, "mac": device.mac, "anew": anew}]


def process_item(served: Served | None, restart: bool) -> dict[str, Any]:
    """For `dnsmasq.ensure`. restart: its sockets are bound to a device that is no more."""
    assert served is not None
    return {
        "folder": served.folder,
        "namespace": served.namespace,
        "device": served.device.name,
        "command": list(served.command),
        "options": text_of(served.options),
        "hosts": {port_id: text_of(lines) for port_id, lines in served.hosts.items()},
        "port_options": {port_id: text_of(lines) for port_id, lines in served.port_options.items()},
        "restart": restart,
    }


def files_item(one: Work) -> dict[str, Any]:
    """For `dnsmasq.change`."""
    assert one.wanted is not None
    return {
        "folder": one.folder,
        "namespace": one.namespace,
        "device": one.wanted.device.name,
        "command": list(one.wanted.command),
        "write": {port_id: text_of(lines) for port_id, lines in one.files.write.items()},
        "remove": list(one.files.remove),
        "write_options": {port_id: text_of(lines) for port_id, lines in one.files.write_options.items()},
        "remove_options": list(one.files.remove_options),
        "options": text_of(one.wanted.options) if one.options else None,
        "release": [list(pair) for pair in one.files.release],
    }
