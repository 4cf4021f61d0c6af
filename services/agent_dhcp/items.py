"""From one network's difference to the hands' verbs: which stages it needs, and running a batch of networks stage by stage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from libs.materialise.dhcp import HostsChange, Place, Served, folder_of, hosts_change, namespace_of, text_of
from libs.materialise.dhcp.texts import HostLine
from services.agent_dhcp.tally import Tally

_NO_HOSTS = HostsChange({}, (), ())


class Verbs(Protocol):
    """The hands."""

    def call(self, verb: str, **arguments: Any) -> Any:
        """The verb's answer."""
        ...


@dataclass(frozen=True, slots=True)
class Work:
    """One network's way to `wanted` (None: not served). `links`, `process`: these are read back and repaired; else `hosts` and
    `options` are changed alone. `taps`: ports of before that must go."""

    network_id: str
    namespace: str
    folder: str
    wanted: Served | None
    links: bool = False
    process: bool = False
    hosts: HostsChange = _NO_HOSTS
    options: bool = False
    taps: tuple[str, ...] = ()

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
        return Work(network_id, namespace, folder, wanted, links, process, taps=taps)
    hosts, options = hosts_change(applied.hosts, wanted.hosts), applied.options != wanted.options
    if not (links or hosts or options):
        return None
    return Work(network_id, namespace, folder, wanted, links, False, hosts, options, taps)


def hosts_work(applied: Served, ports: Iterable[str], hosts: Mapping[str, tuple[HostLine, ...]]) -> Work | None:
    """The difference that some ports make; `hosts` are their lines as they should be. Costs only those ports."""
    before = {port_id: applied.hosts[port_id] for port_id in ports if port_id in applied.hosts}
    change = hosts_change(before, hosts)
    if not change:
        return None
    after = applied.hosts
    assert isinstance(after, dict)  # ours alone: changed in place, or one port would cost all
    for port_id in change.remove:
        del after[port_id]
    after.update(change.write)
    return Work(applied.network_id, applied.namespace, applied.folder, replace(applied, hosts=after), hosts=change)


def run(
    hands: Verbs, batch: Sequence[Work], database: str, bridge: str, owner: str, tally: Tally
) -> dict[str, str | None]:
    """Do a batch stage by stage; {network_id: error or None}. A network that fails a stage is left out of later ones."""
    stages = _Stages(hands, tally, {one.network_id: None for one in batch})
    gone = [one for one in batch if one.wanted is None]
    stages.each("dnsmasq", "dnsmasq.remove", gone, lambda one: one.folder, "folders")
    taps = [tap for one in batch for tap in one.taps]
    if taps:
        tally.add("plugs", hands.call("plugs.remove", database=database, names=taps))
    stages.each("links", "links.remove", gone, lambda one: {"namespace": one.namespace, "peers": list(one.taps)})
    linked = [one for one in batch if one.links]
    made = stages.each("links", "links.ensure", linked, _link)
    anew = {network_id for network_id, changes in made.items() if any(text.startswith("veth") for text in changes)}
    plugged = [_plug(one.wanted, one.network_id in anew) for one in stages.fine(linked) if one.wanted]
    if plugged:
        call = hands.call("plugs.ensure", database=database, bridge=bridge, owner=owner, items=plugged)
        tally.add("plugs", call)
    process = [one for one in batch if one.process or (one.wanted and one.network_id in anew)]
    stages.each("dnsmasq", "dnsmasq.ensure", process, lambda one: _process(one.wanted, one.network_id in anew))
    files = [one for one in batch if one.wanted and one not in process and (one.hosts or one.options)]
    stages.each("dnsmasq", "dnsmasq.change", files, _files)
    return stages.errors


class _Stages:
    """One batch's way through the verbs."""

    def __init__(self, hands: Verbs, tally: Tally, errors: dict[str, str | None]) -> None:
        self._hands, self._tally, self.errors = hands, tally, errors

    def fine(self, works: Iterable[Work]) -> list[Work]:
        """Those that no stage has failed for."""
        return [one for one in works if self.errors[one.network_id] is None]

    def each(
        self, kind: str, verb: str, works: Iterable[Work], item: Callable[[Work], Any], name: str = "items"
    ) -> dict[str, list[str]]:
        """One call for all of `works`; {network_id: changes made}, which are counted under `kind`."""
        chosen = self.fine(works)
        if not chosen:
            return {}
        answers = self._hands.call(verb, **{name: [item(one) for one in chosen]})
        for one, answer in zip(chosen, answers, strict=True):
            self._tally.add(kind, answer["changes"])
            self.errors[one.network_id] = answer["error"]
        return {one.network_id: answer["changes"] for one, answer in zip(chosen, answers, strict=True)}


def _link(one: Work) -> dict[str, Any]:
    assert one.wanted is not None
    device = one.wanted.device
    end = {"name": device.name, "peer": device.tap, "mac": device.mac, "mtu": device.mtu}
    routes = [["0.0.0.0/0", device.gateway]] if device.gateway else []
    devices = [end | {"addresses": list(device.addresses)}]
    return {"namespace": one.wanted.namespace, "devices": devices, "routes": routes}


def _plug(served: Served, anew: bool) -> dict[str, Any]:
    return {"name": served.device.tap, "port_id": served.device.port_id, "mac": served.device.mac, "anew": anew}


def _process(served: Served | None, restart: bool) -> dict[str, Any]:
    """restart: its sockets are bound to a device that is no more."""
    assert served is not None
    return {
        "folder": served.folder,
        "namespace": served.namespace,
        "device": served.device.name,
        "command": list(served.command),
        "options": text_of(served.options),
        "hosts": {port_id: text_of(lines) for port_id, lines in served.hosts.items()},
        "restart": restart,
    }


def _files(one: Work) -> dict[str, Any]:
    assert one.wanted is not None
    return {
        "folder": one.folder,
        "namespace": one.namespace,
        "device": one.wanted.device.name,
        "write": {port_id: text_of(lines) for port_id, lines in one.hosts.write.items()},
        "remove": list(one.hosts.remove),
        "options": text_of(one.wanted.options) if one.options else None,
        "release": [list(pair) for pair in one.hosts.release],
    }
