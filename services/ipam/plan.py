"""The address plan: what the log says about subnets and addresses, and the choice of free ones. Pure but for its randomness.

Choices are proposals: the log's claims decide. A proposal is kept from others for `KEEP_SECONDS`, so that askers at the same time
get different addresses although none of them is in the log yet.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from libs import errors
from libs.commands import WantedAddress
from libs.eventlog.protocol import Recorded
from libs.events import AddressAllocated, AddressReleased, SubnetCreated, SubnetDeleted, SubnetPoolsChanged
from libs.model import AddressRange, FixedIp
from libs.network import addresses
from libs.network.subnet import Subnet
from libs.network.world import ChooseAddresses
from services.ipam.numbers import number
from services.ipam.pools import Pool, Random, Span

KEEP_SECONDS = 10.0


@dataclass(slots=True)
class _Planned:
    """A subnet: `version` of its stream, and what is free in it."""

    version: int
    cidr: str
    ip_version: int
    automatic: bool
    pool: Pool


class AddressPlan:
    """All subnets and addresses at `position` of the log. Not safe for threads: one at a time."""

    def __init__(self, position: int = 0, randrange: Random = random.randrange) -> None:
        self.position, self._random = position, randrange
        self._subnets: dict[str, _Planned] = {}
        self._promises: deque[tuple[float, str, int]] = deque()

    def add(self, subnet: Subnet, version: int, taken: Iterable[int]) -> None:
        """A subnet as it is at `position`, with the addresses that ports hold."""
        pool = Pool(_spans(subnet.allocation_pools), set(taken), self._random)
        self._subnets[subnet.id] = _Planned(version, subnet.cidr, subnet.ip_version, subnet.is_automatic, pool)

    def take(self, recorded: Recorded) -> None:
        """Follow the log by one event; what was seen before is left out."""
        if recorded.position <= self.position:
            return
        self.position = recorded.position
        event = recorded.event
        if isinstance(event, AddressAllocated | AddressReleased):
            planned = self._subnets.get(event.subnet_id)
            if planned is not None and isinstance(event, AddressAllocated):
                planned.pool.allocate(number(event.ip_address), event.port_id)
            elif planned is not None:
                planned.pool.release(number(event.ip_address))
        elif recorded.stream.startswith("subnet-"):
            self._take_subnet(recorded)

    def _take_subnet(self, recorded: Recorded) -> None:
        id, event = recorded.stream.removeprefix("subnet-"), recorded.event
        if isinstance(event, SubnetDeleted):
            self._subnets.pop(id, None)
        elif isinstance(event, SubnetCreated):
            automatic = addresses.is_automatic(event.ipv6_ra_mode, event.ipv6_address_mode)
            pool = Pool(_spans(event.allocation_pools), set(), self._random)
            self._subnets[id] = _Planned(recorded.version, event.cidr, event.ip_version, automatic, pool)
        elif id in self._subnets:
            self._subnets[id].version = recorded.version
            if isinstance(event, SubnetPoolsChanged):
                self._subnets[id].pool.set_ranges(_spans(event.after))

    def is_behind(self, question: ChooseAddresses) -> bool:
        """Whether the asker has seen a subnet that is not here yet, or not in that version."""
        return any(id not in self._subnets or self._subnets[id].version < version for id, version in question.subnets)

    def choose(self, question: ChooseAddresses, now: float) -> tuple[FixedIp, ...]:
        """Addresses for a port, one per wish; by default one of each IP version that the network has.

        Subnets where addresses follow from the MAC (SLAAC) are only chosen from when named. `now` in seconds, never going back.
        Raises Refusal: 409 nothing left (or no longer there), 400 an address that is not the network's.
        """
        self._expire(now)
        wishes, found = self._wishes(question), list[FixedIp]()
        try:
            for wish in wishes:
                found.append(self._grant(question, wish, found, now))
        except errors.Refusal:
            for one in found:  # all or nothing
                self._subnets[one.subnet_id].pool.take_back(number(one.ip_address))
            raise
        return tuple(found)

    def _wishes(self, question: ChooseAddresses) -> list[tuple[WantedAddress, list[str]]]:
        """Each wish with the subnets that can fulfil it."""
        known = [id for id, _ in question.subnets if id in self._subnets]
        if question.subnets and not known:
            raise errors.busy()  # they were deleted since the asker read them
        if question.wanted is None:
            chosen = [id for id in known if not self._subnets[id].automatic]
            versions = {version: [id for id in chosen if self._subnets[id].ip_version == version] for version in (4, 6)}
            return [(WantedAddress(), ids) for ids in versions.values() if ids]
        return [(wish, [id for id in known if wish.subnet_id in (None, id)]) for wish in question.wanted]

    def _grant(
        self,
        question: ChooseAddresses,
        wish: tuple[WantedAddress, list[str]],
        found: list[FixedIp],
        now: float,
    ) -> FixedIp:
        (wanted, ids), until = wish, now + KEEP_SECONDS
        if wanted.ip_address is not None:
            return self._named(question, wanted.ip_address, ids)
        for id in ids:
            planned = self._subnets[id]
            avoid, got = _numbers(question.avoid, id), _numbers(found, id)
            value = planned.pool.promise(question.port_id, until, avoid, got)
            if value is not None:
                self._promises.append((until, id, value))
                return FixedIp(id, addresses.text(value, planned.ip_version))
        raise errors.no_address_left(question.network_id)

    def _named(self, question: ChooseAddresses, ip_address: str, ids: list[str]) -> FixedIp:
        """An address asked for by name; whether it is free is the log's to say, unless it said so already."""
        for id in ids:
            if addresses.usable(self._subnets[id].cidr, ip_address):
                if FixedIp(id, ip_address) in question.avoid:
                    raise errors.ip_in_use(id, ip_address)
                return FixedIp(id, ip_address)
        raise errors.ip_not_on_network(ip_address)

    def _expire(self, now: float) -> None:
        while self._promises and self._promises[0][0] <= now:
            _, id, value = self._promises.popleft()
            if id in self._subnets:
                self._subnets[id].pool.expire(value, now)


def _numbers(fixed_ips: Iterable[FixedIp], subnet_id: str) -> set[int]:
    return {number(one.ip_address) for one in fixed_ips if one.subnet_id == subnet_id}


def _spans(pools: Iterable[AddressRange]) -> list[Span]:
    return [addresses.pool_span(pool) for pool in pools]
