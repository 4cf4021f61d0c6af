"""Running a batch of networks through the hands' verbs, stage by stage: one call a stage, each network with its own fate."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from typing import Any, Protocol

from libs.kernel.hands import KernelRefused
from services.agent_dhcp.items import Work, files_item, link_item, plug_item, process_item
from services.agent_dhcp.tally import Tally

_log = logging.getLogger(__name__)


class Verbs(Protocol):
    """The hands."""

    def call(self, verb: str, **arguments: Any) -> Any:
        """The verb's answer."""
        ...


@dataclass(frozen=True, slots=True)
class Switch:
    """The host's Open vSwitch: its database's socket, the integration bridge, and the mark on ports that are ours."""

    database: str
    bridge: str = "br-int"
    owner: str = "netledger-dhcp"


def run(hands: Verbs, batch: Sequence[Work], switch: Switch, tally: Tally) -> dict[str, str | None]:
    """Do a batch stage by stage; {network_id: error or None}. A network that fails a stage is left out of later ones, but for the
    switch's: a guest's lease must not wait for Open vSwitch."""
    stages = _Stages(hands, tally, {one.network_id: None for one in batch})
    gone = [one for one in batch if one.wanted is None]
    stages.each("dnsmasq", "dnsmasq.remove", gone, lambda one: one.folder, "folders")
    late = stages.unplug([one for one in batch if one.taps], switch)
    stages.each("links", "links.remove", gone, lambda one: {"namespace": one.namespace, "peers": list(one.taps)})
    linked = [one for one in batch if one.links]
    made = stages.each("links", "links.ensure", linked, link_item)
    anew = {network_id for network_id, changes in made.items() if any(text.startswith("veth") for text in changes)}
    late |= stages.plug(stages.fine(linked), switch, anew)
    process = [one for one in batch if one.process or (one.wanted and one.network_id in anew)]
    stages.each("dnsmasq", "dnsmasq.ensure", process, lambda one: process_item(one.wanted, one.network_id in anew))
    files = [one for one in batch if one.wanted and one not in process and (one.hosts or one.options)]
    stages.each("dnsmasq", "dnsmasq.change", files, files_item)
    return late | {network_id: error for network_id, error in stages.errors.items() if error or network_id not in late}


def unplug_leftovers(hands: Verbs, switch: Switch, wanted: Set[str], tally: Tally) -> None:
    """Unplug ports of ours that nothing wants any longer. A switch that is away keeps no lease waiting: the next audit looks."""
    try:
        plugs = hands.call("plugs.read", database=switch.database, owner=switch.owner)
        stale = sorted(plugs.keys() - wanted)
        if stale:
            tally.add("plugs", hands.call("plugs.remove", database=switch.database, names=stale))
    except KernelRefused as error:
        _log.warning("leftover ports were not looked for: %s", error)


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
            self._tally.add(kind, answer["changes"], one.repair)
            self.errors[one.network_id] = answer["error"]
        return {one.network_id: answer["changes"] for one, answer in zip(chosen, answers, strict=True)}

    def plug(self, works: Sequence[Work], switch: Switch, anew: set[str]) -> dict[str, str | None]:
        """Plug their ports; {network_id: error} of those that could not be."""
        items = [plug_item(one.wanted, one.network_id in anew) for one in works if one.wanted]
        repairs = {one.wanted.device.tap for one in works if one.wanted and one.repair}
        arguments = {"database": switch.database, "bridge": switch.bridge, "owner": switch.owner, "items": items}
        return self._on_switch("plugs.ensure", works, arguments, repairs)

    def unplug(self, works: Sequence[Work], switch: Switch) -> dict[str, str | None]:
        """Unplug ports of before; {network_id: error} of those that could not be."""
        names = [tap for one in works for tap in one.taps]
        return self._on_switch("plugs.remove", works, {"database": switch.database, "names": names}, set())

    def _on_switch(
        self, verb: str, works: Sequence[Work], arguments: dict[str, Any], repairs: set[str]
    ) -> dict[str, str | None]:
        if not works:
            return {}
        try:
            names = self._hands.call(verb, **arguments)
        except KernelRefused as error:
            return {one.network_id: str(error) for one in works}
        self._tally.add("plugs", [name for name in names if name not in repairs])
        self._tally.add("plugs", [name for name in names if name in repairs], True)
        return {}
