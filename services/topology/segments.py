"""Choice and checks of a network's segment: VXLAN, VLAN, flat, local. Pure; the claims in the log have the last word.

Rules and messages are those of Neutron's ML2 type drivers (neutron/plugins/ml2/drivers/type_*.py).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from libs.errors import Refusal, invalid_input, no_segment_left
from libs.model import Segment
from libs.network.world import ChooseSegment, SegmentChoice
from services.topology.ids import IdPool

MAX_VNI, MAX_VLAN = 2**24 - 1, 4094
VXLAN_OVERHEAD = 50
SUPPORTED = ("vxlan", "vlan", "flat", "local")


@dataclass(frozen=True, slots=True)
class SegmentPlan:
    """What may be chosen. vlan_ranges: (physical network, low, high), low 0 for "given VLANs only"; flat_networks may hold `*`."""

    tenant_types: tuple[str, ...] = ("vxlan",)
    vni_ranges: tuple[tuple[int, int], ...] = ((1, 65535),)
    vlan_ranges: tuple[tuple[str, int, int], ...] = ()
    flat_networks: tuple[str, ...] = ()
    physical_mtu: int = 1500


class Segments:
    """Which segments are taken, as far as the log was followed, and which one to propose next."""

    def __init__(self, plan: SegmentPlan, seed: int = 0) -> None:
        self._plan = plan
        self._vnis = IdPool(plan.vni_ranges, seed)
        names = {name for name, _, _ in plan.vlan_ranges}
        self._vlans = {
            name: IdPool([(low, high) for one, low, high in plan.vlan_ranges if one == name and low], seed)
            for name in sorted(names)
        }
        self._flat: set[str] = set()

    def take(self, segment: Segment) -> None:
        """The log says that a network lives there."""
        pool = self._pool(segment)
        if pool is not None and segment.segmentation_id is not None:
            pool.take(segment.segmentation_id)
        elif segment.network_type == "flat" and segment.physical_network:
            self._flat.add(segment.physical_network)

    def release(self, segment: Segment) -> None:
        """The log says that its network is gone."""
        pool = self._pool(segment)
        if pool is not None and segment.segmentation_id is not None:
            pool.release(segment.segmentation_id)
        elif segment.network_type == "flat" and segment.physical_network:
            self._flat.discard(segment.physical_network)

    def choose(self, question: ChooseSegment, physical_networks: Collection[str], now: float) -> SegmentChoice:
        """A segment with the given parts kept and the rest chosen.

        physical_networks: those that live agents reach. now: seconds on a clock that never goes back.
        Raises Refusal: 400 InvalidInput for parts that make no sense, 503 NoNetworkAvailable when nothing is left.
        """
        if question.network_type is None:
            segment = self._tenant(question, now)
        else:
            check(question, self._plan, {*physical_networks, *self._vlans, *self._plan.flat_networks})
            segment = self._provider(question, now)
        return SegmentChoice(segment, mtu_of(segment, self._plan.physical_mtu))

    def _tenant(self, question: ChooseSegment, now: float) -> Segment:
        if question.physical_network is not None or question.segmentation_id is not None:
            raise invalid_input("network_type required")
        for network_type in self._plan.tenant_types:
            found = self._of_type(network_type, None, question.avoid, now)
            if found is not None:
                return found
        raise no_segment_left()

    def _provider(self, question: ChooseSegment, now: float) -> Segment:
        kind = question.network_type or ""
        if kind in ("flat", "local") or question.segmentation_id is not None:
            return Segment(kind, question.physical_network, question.segmentation_id)
        found = self._of_type(kind, question.physical_network, question.avoid, now)
        if found is None:
            raise no_segment_left()
        return found

    def _of_type(self, kind: str, physical: str | None, avoid: Collection[Segment], now: float) -> Segment | None:
        """A free segment of one type; None when none is left."""
        if kind == "vxlan":
            number = self._vnis.propose(_numbers(avoid, "vxlan", None), now)
            return None if number is None else Segment("vxlan", None, number)
        if kind == "vlan":
            for name in [physical] if physical else self._vlans:
                number = self._vlans[name].propose(_numbers(avoid, "vlan", name), now)
                if number is not None:
                    return Segment("vlan", name, number)
            return None
        if kind == "local":
            return Segment("local")
        free = (Segment("flat", name) for name in self._plan.flat_networks if name != "*" and name not in self._flat)
        return next((segment for segment in free if segment not in avoid), None)

    def _pool(self, segment: Segment) -> IdPool | None:
        if segment.network_type == "vxlan":
            return self._vnis
        return self._vlans.get(segment.physical_network or "") if segment.network_type == "vlan" else None


def mtu_of(segment: Segment, physical_mtu: int) -> int:
    """The largest MTU in bytes that a segment carries: VXLAN over IPv4 costs 50 (Ethernet 14, IP 20, UDP 8, VXLAN 8)."""
    return physical_mtu - VXLAN_OVERHEAD if segment.network_type == "vxlan" else physical_mtu


def check(question: ChooseSegment, plan: SegmentPlan, known: Collection[str]) -> None:
    """Refuse provider attributes that Neutron refuses; known: physical networks of the settings and of live agents."""
    kind, physical, number = question.network_type, question.physical_network, question.segmentation_id
    if kind not in SUPPORTED:
        raise invalid_input(f"network_type value '{kind}' not supported")
    _RULES[kind](physical, number, plan, known)


def _check_vxlan(physical: str | None, number: int | None, plan: SegmentPlan, known: Collection[str]) -> None:
    if physical:
        raise _prohibited("physical_network", "vxlan")
    if number is not None and not 1 <= number <= MAX_VNI:
        raise invalid_input(f"segmentation_id out of range (1 through {MAX_VNI})")


def _check_vlan(physical: str | None, number: int | None, plan: SegmentPlan, known: Collection[str]) -> None:
    if not physical:
        if number is not None:
            raise invalid_input("segmentation_id requires physical_network for VLAN provider network")
        return
    if physical not in known or physical == "*":
        raise invalid_input(f"physical_network '{physical}' unknown for VLAN provider network")
    if number is None and not any(name == physical and low for name, low, _ in plan.vlan_ranges):
        raise invalid_input(
            f"Physical network {physical} requires segmentation_id to be specified when creating a provider network"
        )
    if number is not None and not 1 <= number <= MAX_VLAN:
        raise invalid_input(f"segmentation_id out of range (1 through {MAX_VLAN})")


def _check_flat(physical: str | None, number: int | None, plan: SegmentPlan, known: Collection[str]) -> None:
    if not physical:
        raise invalid_input("physical_network required for flat provider network")
    if "*" not in plan.flat_networks and physical not in known:
        raise invalid_input(f"physical_network '{physical}' unknown for flat provider network")
    if number is not None:
        raise _prohibited("segmentation_id", "flat")


def _check_local(physical: str | None, number: int | None, plan: SegmentPlan, known: Collection[str]) -> None:
    for key, value in (("physical_network", physical), ("segmentation_id", number)):
        if value is not None:
            raise _prohibited(key, "local")


_RULES: Mapping[str, Callable[[str | None, int | None, SegmentPlan, Collection[str]], None]] = {
    "vxlan": _check_vxlan,
    "vlan": _check_vlan,
    "flat": _check_flat,
    "local": _check_local,
}


def _prohibited(key: str, network_type: str) -> Refusal:
    return invalid_input(f"{key} prohibited for {network_type} provider network")


def _numbers(avoid: Collection[Segment], kind: str, physical: str | None) -> set[int]:
    same = (one for one in avoid if one.network_type == kind and one.physical_network == physical)
    return {one.segmentation_id for one in same if one.segmentation_id is not None}
