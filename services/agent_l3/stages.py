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
    """One batch of works on its way. owed: connections to cut, of this batch and of what was cut short before it. made: namespaces
    that were not there."""

    def __init__(self, hands: Verbs, works: Sequence[Work], switch: Switch, tally: Tally, owed: Owed) -> None:
        self._hands, self._works, self._owed = hands, works, owed
        self._stages = Stages(hands, switch, tally, works)
        self._added: dict[str, list[tuple[str, str]]] = {}
        self.made: list[str] = []

    def run(self) -> dict[str, str | None]:
        """Do it; {router_id: error or None}."""
        self._remove([one for one in self._works if one.wanted is None])
        kept = [one for one in self._works if one.wanted is not None]
        tables = self._tables([one for one in kept if one.read])
        changes = {one.key: self._change(one, tables) for one in self._stages.fine(kept)}
        standing = [one for one in kept if not one.read or one.namespace in tables]
        self._translate(standing, changes)
        self._address([one for one in kept if one.add or one.remove])
        anew = self._link([one for one in kept if one.links])
        self._translate([one for one in kept if one not in standing], changes)
        self._advertise([one for one in kept if one.radvd], anew)
        self._plug(kept, anew)
        return self._stages.outcome

    def _remove(self, gone: Sequence[Work]) -> None:
        stages = self._stages
        stages.unplug([one for one in gone if one.taps], lambda one: one.taps)
        stages.each("radvd", "radvd.remove", gone, lambda one: one.folder, "folders")
        stages.each("links", "links.remove", gone, lambda one: {"namespace": one.namespace, "peers": list(one.taps)})
        self._owed.done(one.key for one in stages.fine(gone))

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
        change = nft.change(one.wanted.nat, nft.listed(tables.get(one.namespace))) if one.read else one.nat
        self._owed.add(one.key, change.cuts if change else ())
        return change

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
        owing = [one for one in self._stages.fine(works) if self._owed.of(one.key)]
        self._stages.each("conntrack", "conntrack.cut", owing, lambda one: cut_item(one, self._owed.of(one.key)))
        self._owed.done(one.key for one in self._stages.fine(owing))

    def _address(self, works: Sequence[Work]) -> None:
        self._note(self._stages.each("links", "addresses.change", works, address_item))

    def _link(self, works: Sequence[Work]) -> frozenset[str]:
        """Devices, addresses, routes and sysctls; the routers whose devices were made anew."""
        self._stages.unplug([one for one in self._stages.fine(works) if one.taps], lambda one: one.taps)
        made = self._stages.each("links", "links.ensure", works, link_item)
        self._note(made)
        spaces = {one.key: one.namespace for one in works}
        self.made += [
            spaces[key] for key, each in made.items() if any(text.startswith("namespace") for text in each["changes"])
        ]
        return frozenset(key for key, each in made.items() if any(text.startswith("veth") for text in each["changes"]))

    def _note(self, answers: Mapping[str, Mapping[str, Any]]) -> None:
        for key, answer in answers.items():
            self._added.setdefault(key, []).extend((name, cidr) for name, cidr in answer.get("addresses", ()))

    def _advertise(self, works: Sequence[Work], anew: frozenset[str]) -> None:
        heard = [one for one in works if one.wanted and one.wanted.adverts]
        silent = [one for one in works if one.wanted and not one.wanted.adverts]
        self._stages.each("radvd", "radvd.ensure", heard, lambda one: radvd_item(one, one.key in anew))
        self._stages.each("radvd", "radvd.remove", silent, lambda one: one.folder, "folders")

    def _plug(self, works: Sequence[Work], anew: frozenset[str]) -> None:
        """Into the switch; then the neighbours are told where the addresses are now."""
        linked = [one for one in self._stages.fine(works) if one.links]
        plugged = self._stages.plug(linked, lambda one: plug_items(one, one.key in anew))
        items = [
            item for one in works for item in announce_items(one, self._added.get(one.key, ()), plugged & _taps(one))
        ]
        for answer in self._hands.call("arp.announce", items=items) if items else ():
            if answer["error"]:
                _log.warning("neighbours were not told: %s", answer["error"])


def _taps(one: Work) -> frozenset[str]:
    return one.wanted.taps if one.wanted else frozenset()
