"""What to do about one router, from what was last brought about to what should be. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from libs.materialise.l3 import nft
from libs.materialise.l3.objects import Place, Wanted, folder_of, namespace_of
from libs.reconcile import diff


@dataclass(frozen=True, slots=True)
class Work:
    """One router's way to `wanted` (None: not ours). links: devices, addresses, routes and sysctls are read back and repaired; else
    `add` and `remove` are CIDRs of the gateway's device alone. read: its nftables are read back, and what differs is worked out then;
    else `nat` is what differs. radvd: its advertisements are looked at. taps: ports of before that must go. repair: nothing new is
    wanted, what changes is drift."""

    router_id: str
    namespace: str
    folder: str
    wanted: Wanted | None
    links: bool = False
    read: bool = False
    nat: nft.NatChange | None = None
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    radvd: bool = False
    taps: tuple[str, ...] = ()
    repair: bool = False

    @property
    def key(self) -> str:
        """By which `libs.agent.upkeep` knows it."""
        return self.router_id

    @property
    def is_quick(self) -> bool:
        """Whether it touches translations and floating addresses alone."""
        return self.wanted is not None and not self.links and not self.radvd


def plan(router_id: str, applied: Wanted | None, wanted: Wanted | None, unsure: bool, place: Place) -> Work | None:
    """None for nothing to do. unsure: nothing is taken for granted."""
    namespace = namespace_of(router_id, place)
    folder = folder_of(namespace, place)
    before = applied.taps if applied else frozenset()
    if wanted is None:
        gone = applied is not None or unsure
        return Work(router_id, namespace, folder, None, taps=tuple(sorted(before))) if gone else None
    taps = tuple(sorted(before - wanted.taps))
    if unsure or applied is None:
        same = applied == wanted
        return Work(router_id, namespace, folder, wanted, True, True, radvd=True, taps=taps, repair=same)
    if applied == wanted:
        return None
    nat = nft.change(wanted.nat, nft.ruleset(applied.nat))
    radvd = applied.adverts != wanted.adverts
    if (applied.on, applied.devices, applied.routes) != (wanted.on, wanted.devices, wanted.routes):
        return Work(router_id, namespace, folder, wanted, True, False, nat, radvd=radvd, taps=taps)
    floating = diff(
        wanted.nat.floating, applied.nat.floating
    )  # an address that stays keeps its place, whomever it is for
    add, remove = (tuple(f"{one}/32" for one in part) for part in (floating.create, floating.remove))
    return Work(router_id, namespace, folder, wanted, False, False, nat, add, remove, radvd)
