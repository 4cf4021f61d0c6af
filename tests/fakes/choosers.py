"""ipam and topology by hand: they follow a log, propose what is free as far as they have seen, and never promise.

`Choosers(log).ask` fits `libs.eventlog.commit.Ledger`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from libs.errors import Refusal, no_address_left, no_segment_left
from libs.eventlog.protocol import EventLog
from libs.events import (
    AddressAllocated,
    AddressReleased,
    NetworkCreated,
    NetworkDeleted,
    SubnetCreated,
    SubnetDeleted,
    SubnetPoolsChanged,
)
from libs.model import AddressRange, Binding, FixedIp, Segment
from libs.network.addresses import is_automatic, size
from libs.network.world import (
    Answer,
    ChooseAddresses,
    ChooseBinding,
    ChooseMac,
    ChooseSegment,
    Question,
    SegmentChoice,
)
from tests.fakes.pools import nth

OVS_DETAILS = {"bridge_name": "br-int", "datapath_type": "netdev", "ovs_hybrid_plug": False, "connectivity": "l2"}
PHYSICAL_MTU, OVERLAY_MTU = 1500, 1450


@dataclass
class _Range:
    ip_version: int
    pools: tuple[AddressRange, ...]
    automatic: bool
    taken: set[str] = field(default_factory=set)


class FakeIpam:
    """Proposes the lowest free address, and none that it proposed to another port before.

    `blind`: it neither looks at the log nor remembers, as a service that lags behind would.
    """

    def __init__(self, log: EventLog, blind: bool = False) -> None:
        self._log, self._seen, self.blind = log, 0, blind
        self._ranges: dict[str, _Range] = {}
        self._promised: dict[str, set[tuple[str, str]]] = {}

    def choose(self, question: ChooseAddresses) -> Answer:
        if not self.blind:
            self._follow()
        avoid = {(one.subnet_id, one.ip_address) for one in question.avoid}
        if not self.blind:
            avoid.update(*(held for port_id, held in self._promised.items() if port_id != question.port_id))
        out: list[FixedIp] = []
        for candidates in self._wishes(question):
            found = next((one for id in candidates if (one := self._free(id, avoid)) is not None), None)
            if found is None:
                return no_address_left(question.network_id)
            avoid.add((found.subnet_id, found.ip_address))
            out.append(found)
        self._promised[question.port_id] = {(one.subnet_id, one.ip_address) for one in out}
        return tuple(out)

    def _wishes(self, question: ChooseAddresses) -> list[list[str]]:
        """For each address that is wanted, the subnets that can give it."""
        if question.wanted is not None:
            return [[wish.subnet_id] for wish in question.wanted if wish.subnet_id]
        by_version: dict[int, list[str]] = {}
        for id, _ in question.subnets:
            one = self._ranges.get(id)
            if one is not None and not one.automatic:
                by_version.setdefault(one.ip_version, []).append(id)
        return list(by_version.values())

    def _free(self, subnet_id: str, avoid: set[tuple[str, str]]) -> FixedIp | None:
        one = self._ranges[subnet_id]
        for index in range(size(one.pools)):
            address = nth(one.pools, index)
            if (subnet_id, address) not in avoid and (self.blind or address not in one.taken):
                return FixedIp(subnet_id, address)
        return None

    def _follow(self) -> None:
        for recorded in self._log.read(self._seen, 1_000_000):
            self._seen = recorded.position
            match event := recorded.event:
                case SubnetCreated():
                    automatic = is_automatic(event.ipv6_ra_mode, event.ipv6_address_mode)
                    self._ranges[event.subnet_id] = _Range(event.ip_version, event.allocation_pools, automatic)
                case SubnetPoolsChanged():
                    self._ranges[event.subnet_id].pools = event.after
                case SubnetDeleted():
                    del self._ranges[event.subnet_id]
                case AddressAllocated():
                    self._ranges[event.subnet_id].taken.add(event.ip_address)
                    self._promised.pop(event.port_id, None)
                case AddressReleased():
                    self._ranges[event.subnet_id].taken.discard(event.ip_address)


class FakeTopology:
    """VNIs from 1 up, given segments as they are; every host of `hosts` can attach any port."""

    def __init__(
        self, log: EventLog, hosts: Sequence[str] = ("compute1", "compute2", "net1"), vnis: int = 1000
    ) -> None:
        self._log, self._seen, self.hosts, self._vnis = log, 0, set(hosts), vnis
        self._taken: set[int | None] = set()

    def choose_segment(self, question: ChooseSegment) -> Answer:
        self._follow()
        if question.network_type in ("vlan", "flat", "local"):
            given = Segment(question.network_type, question.physical_network, question.segmentation_id)
            return SegmentChoice(given, PHYSICAL_MTU)
        if question.segmentation_id is not None:
            return SegmentChoice(Segment("vxlan", None, question.segmentation_id), OVERLAY_MTU)
        avoid = self._taken | {one.segmentation_id for one in question.avoid}
        free = next((vni for vni in range(1, self._vnis + 1) if vni not in avoid), None)
        return no_segment_left() if free is None else SegmentChoice(Segment("vxlan", None, free), OVERLAY_MTU)

    def choose_binding(self, question: ChooseBinding) -> Binding:
        if question.host in self.hosts and question.vnic_type == "normal":
            return Binding("ovs", OVS_DETAILS)
        return Binding("binding_failed", {"reason": f"no live agent on {question.host}"})

    def _follow(self) -> None:
        for recorded in self._log.read(self._seen, 1_000_000):
            self._seen = recorded.position
            match event := recorded.event:
                case NetworkCreated(network_type="vxlan"):
                    self._taken.add(event.segmentation_id)
                case NetworkDeleted(network_type="vxlan"):
                    self._taken.discard(event.segmentation_id)


class Choosers:
    """All whom a Ledger asks. MACs count up; `asked` holds every question in order."""

    def __init__(self, log: EventLog) -> None:
        self.ipam, self.topology = FakeIpam(log), FakeTopology(log)
        self.asked: list[Question] = []
        self._macs = 0

    def ask(self, questions: list[Question]) -> list[Answer]:
        return [self._answer(question) for question in questions]

    def _answer(self, question: Question) -> Answer:
        self.asked.append(question)
        try:
            match question:
                case ChooseMac():
                    self._macs += 1
                    return f"fa:16:3e:{self._macs >> 16 & 255:02x}:{self._macs >> 8 & 255:02x}:{self._macs & 255:02x}"
                case ChooseAddresses():
                    return self.ipam.choose(question)
                case ChooseSegment():
                    return self.topology.choose_segment(question)
                case ChooseBinding():
                    return self.topology.choose_binding(question)
        except Refusal as refusal:
            return refusal
        raise TypeError(question)
