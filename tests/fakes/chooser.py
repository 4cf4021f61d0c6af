"""Stands for ipam and topology: chooses the lowest free address, the next segment, and binds on the hosts it was told of."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

from libs.errors import Refusal, ip_not_on_network, no_address_left
from libs.eventlog.protocol import EventLog
from libs.model import Binding, FixedIp, Segment
from libs.network import addresses
from libs.network.kinds import resource_of
from libs.network.world import (
    Answer,
    ChooseAddresses,
    ChooseBinding,
    ChooseMac,
    ChooseSegment,
    Question,
    SegmentChoice,
)


class Chooser:
    """`ask` of a Ledger. It remembers what it proposed, so it never proposes the same twice, but for addresses that were `free`d."""

    def __init__(self, log: EventLog, hosts: tuple[str, ...] = ("compute1",)) -> None:
        self._log, self._hosts = log, hosts
        self._macs, self._vnis = count(1), count(1)
        self._given: set[FixedIp] = set()

    def __call__(self, questions: Sequence[Question]) -> list[Answer]:
        return [self._answer(question) for question in questions]

    def free(self) -> None:
        """Every address may be proposed again; the log's claims still hold."""
        self._given.clear()

    def _answer(self, question: Question) -> Answer:
        match question:
            case ChooseMac():
                return f"fa:16:3e:00:{(number := next(self._macs)) >> 8:02x}:{number & 255:02x}"
            case ChooseSegment():
                type, number = question.network_type or "vxlan", question.segmentation_id or next(self._vnis)
                return SegmentChoice(Segment(type, question.physical_network, number), 1450)
            case ChooseBinding():
                return (
                    Binding("ovs", {"bridge_name": "br-int"})
                    if question.host in self._hosts
                    else Binding("binding_failed")
                )
            case ChooseAddresses():
                try:
                    return self._addresses(question)
                except Refusal as refusal:
                    return refusal

    def _addresses(self, question: ChooseAddresses) -> tuple[FixedIp, ...]:
        ids = [id for id, _ in question.subnets]
        rows = self._log.rows([("subnet", id) for id in ids])
        subnets = {id: resource_of(rows[("subnet", id)]).state for id in ids}
        if question.wanted is None:
            first: dict[int, Any] = {}
            for subnet in subnets.values():
                first.setdefault(subnet.ip_version, subnet)
            return tuple(self._lowest(subnet, question) for subnet in first.values())
        chosen = []
        for wish in question.wanted:
            fitting = [
                one
                for id, one in subnets.items()
                if wish.subnet_id in (None, id)
                and (wish.ip_address is None or addresses.contains(one.cidr, wish.ip_address))
            ]
            if not fitting:
                raise ip_not_on_network(wish.ip_address or "")
            asked = FixedIp(fitting[0].id, wish.ip_address) if wish.ip_address else None
            chosen.append(asked or self._lowest(fitting[0], question))
        return tuple(chosen)

    def _lowest(self, subnet: Any, question: ChooseAddresses) -> FixedIp:
        for index in range(addresses.size(subnet.allocation_pools)):
            one = FixedIp(subnet.id, addresses.nth(subnet.allocation_pools, index))
            if one not in self._given and one not in question.avoid:
                self._given.add(one)
                return one
        raise no_address_left(question.network_id)
