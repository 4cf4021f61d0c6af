"""The order of a batch of routers through the hands' verbs: no guest's packet before its translation stands, no connection that
outlives what it was translated by."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from libs.agent.stages import Stages, Switch, Verbs
from libs.agent.tally import Tally
from libs.kernel.hands import KernelRefused
from libs.materialise.l3 import NatChange, Work, nft
from services.agent_l3.items import (
    address_item,
    advertise_folders,
    announce_items,
    cut_item,
    link_item,
    nat_item,
    plug_items,
    radvd_item,
)
from services.agent_l3.owed import Owed

_log = logging.getLogger(__name__)


class Batch:
    """One batch of works on its way. owed: what must follow, of this batch and of what was cut short before it. made: namespaces and
    devices that were not there, {router_id: names}."""

    def __init__(self, hands: Verbs, works: Sequence[Work], switch: Switch, tally: Tally, owed: Owed) -> None:
        self._hands, self._works, self._owed = hands, works, owed
        self._stages = Stages(hands, switch, tally, works)
        self._added: dict[str, list[tuple[str, str]]] = {}
        self.made: dict[str, frozenset[str]] = {}

    def run(self) -> dict[str, str | None]:
        """Do it; {router_id: error or None}."""
        self._remove([one for one in self._works if one.wanted is None])
        kept = [one for one in self._works if one.wanted is not None]
        tables = self._tables([one for one in kept if one.read])
        changes = {one.key: self._change(one, tables) for one in self._stages.fine(kept)}
        untold = frozenset(one.key for one in kept if self._owed.is_untold(one.key))
        cuts = [(key, change.cuts) for key, change in changes.items() if change]
        self._owed.add(cuts, [one.key for one in kept if one.links or one.add])
        standing = [one for one in kept if not one.read or one.namespace in tables]
        self._translate(standing, changes)
        self._address([one for one in kept if one.add or one.remove])
        self._link([one for one in kept if one.links])
        self._translate([one for one in kept if one not in standing], changes)
        self._advertise([one for one in kept if one.radvd])
        self._announce(kept, untold, self._plug(kept))
        return self._stages.outcome

    def _remove(self, gone: Sequence[Work]) -> None:
        stages = self._stages
        stages.unplug([one for one in gone if one.taps], lambda one: one.taps)
        stages.each("radvd", "radvd.remove", gone, lambda one: one.folder, "folders")
        stages.each("links", "links.remove", gone, lambda one: {"namespace": one.namespace, "peers": list(one.taps)})
        self._owed.cut(one.key for one in stages.fine(gone))
        self._owed.told(one.key for one in gone)

    def _tables(self, works: Sequence[Work]) -> dict[str, Any]:
        """{namespace: its nftables as listed, None without any} of namespaces that exist. One that cannot be read fails alone."""
        if not works:
            return {}
        try:
            return dict(self._hands.call("nat.read", namespaces=[one.namespace for one in works]))
        except KernelRefused as error:
            if len(works) == 1:
                self._stages.errors[works[0].key] = str(error)
                return {}
        return {name: table for one in works for name, table in self._tables([one]).items()}

    def _change(self, one: Work, tables: Mapping[str, Any]) -> NatChange | None:
        assert one.wanted is not None
        return nft.change(one.wanted.nat, nft.listed(tables.get(one.namespace))) if one.read else one.nat

    def _translate(self, works: Sequence[Work], changes: Mapping[str, NatChange | None]) -> None:
        """Their nftables, then the connections that these no longer stand for."""
        told = {key: change for key, change in changes.items() if change}
        changed = [one for one in works if one.key in told]
        operations = {key: change.operations for key, change in told.items()}
        self._stages.each(
            "nat",
            "nat.apply",
            changed,
            lambda one: nat_item(one, told[one.key]),
            told=lambda one: operations[one.key],
        )
        owing = [one for one in self._stages.fine(works) if self._owed.cuts(one.key)]
        self._stages.each("conntrack", "conntrack.cut", owing, lambda one: cut_item(one, self._owed.cuts(one.key)))
        self._owed.cut(one.key for one in self._stages.fine(owing))

    def _address(self, works: Sequence[Work]) -> None:
        self._note(self._stages.each("links", "addresses.change", works, address_item))

    def _link(self, works: Sequence[Work]) -> None:
        """Devices, addresses, routes and sysctls."""
        self._stages.unplug([one for one in self._stages.fine(works) if one.taps], lambda one: one.taps)
        answers = self._stages.each("links", "links.ensure", works, link_item)
        self._note(answers)
        self.made = {key: frozenset(answer.get("made", ())) for key, answer in answers.items()}

    def _note(self, answers: Mapping[str, Mapping[str, Any]]) -> None:
        for key, answer in answers.items():
            self._added.setdefault(key, []).extend((name, cidr) for name, cidr in answer.get("addresses", ()))

    def _new(self, one: Work) -> frozenset[str]:
        """Names of its devices that were not there."""
        return self.made.get(one.key, frozenset())

    def _advertise(self, works: Sequence[Work]) -> None:
        heard = [one for one in works if one.wanted and one.wanted.adverts]
        silent = [one for one in works if one.wanted and not one.wanted.adverts]
        self._stages.each("radvd", "radvd.ensure", heard, lambda one: radvd_item(one, self._new(one)))
        self._stages.each("radvd", "radvd.remove", silent, lambda one: one.folder, "folders")

    def _plug(self, works: Sequence[Work]) -> frozenset[str]:
        """Into the switch; the taps that were not."""
        linked = [one for one in self._stages.fine(works) if one.links]
        return self._stages.plug(linked, lambda one: plug_items(one, self._new(one)))

    def _announce(self, works: Sequence[Work], untold: frozenset[str], plugged: frozenset[str]) -> None:
        """Neighbours are told where addresses are now: new ones, and all of what was plugged just now or is owed since before.
        By what was plugged, routers advertise anew: their first words were lost."""
        items, folders = list[dict[str, Any]](), list[str]()
        for one in works:
            taps = one.wanted.taps if one.wanted else frozenset()
            fresh = taps if one.key in untold else plugged & taps
            items += announce_items(one, self._added.get(one.key, ()), fresh)
            folders += advertise_folders(one, fresh)
        if folders:
            self._hands.call("radvd.advertise", folders=folders)
        for answer in self._hands.call("arp.announce", items=items) if items else ():
            if answer["error"]:
                _log.warning("neighbours were not told: %s", answer["error"])
        outcome = self._stages.outcome
        self._owed.told(one.key for one in works if outcome[one.key] is None)
