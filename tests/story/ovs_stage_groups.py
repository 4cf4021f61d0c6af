"""Random but lawful things that projects do with security groups, chosen by numbers."""

from __future__ import annotations

from collections.abc import Callable

from tests.fakes.ovs_facts import APort, Facts
from tests.fakes.ovs_groups import Groups


class StagedGroups:
    """The groups of a stage. `some(number)`: one of its ports, None while there are none."""

    def __init__(self, facts: Facts, some: Callable[[int], APort | None]) -> None:
        self.groups, self._some = Groups(facts), some
        self.group_ids: list[str] = []
        self.rule_ids: list[str] = []
        self.lists: list[str] = []

    def deeds(self) -> tuple[Callable[[int], None], ...]:
        """What may happen; what is wanted oftener is there oftener."""
        often = (self._rule, self._rule, self._regroup, self._regroup, self._regroup)
        return (*often, self._group, self._drop_rule, self._secure, self._pair, self._listed, self._turn)

    def _group(self, number: int) -> None:
        self.group_ids.append(self.groups.group(stateful=number % 3 != 0, egress=number % 2 == 0))

    def _rule(self, number: int) -> None:
        if self.group_ids:
            group, other = (
                self.group_ids[number % len(self.group_ids)],
                self.group_ids[number // 3 % len(self.group_ids)],
            )
            sides = [{}, {"cidr": "10.0.0.0/25"}, {"remote": other}, {"remote": group}]
            sides += [{"listed": self.lists[number % len(self.lists)]}] if self.lists else []
            way = ("ingress", "egress")[number // 5 % 2]
            protocol, low = ((None, None), ("tcp", 80), ("udp", 1000 + number % 2), ("icmp", 8))[number // 7 % 4]
            self.rule_ids.append(self.groups.rule(group, way, protocol, low, **sides[number // 11 % len(sides)]))

    def _drop_rule(self, number: int) -> None:
        if self.rule_ids:
            self.groups.drop(self.rule_ids.pop(number % len(self.rule_ids)))

    def _regroup(self, number: int) -> None:
        port = self._some(number)
        if port is not None and self.group_ids:
            count = len(self.group_ids)
            chosen = {self.group_ids[number // 3 % count], self.group_ids[number // 5 % count]}
            self.groups.secure(port, True)
            self.groups.regroup(port, *sorted(chosen)[: 1 + number % 2])

    def _secure(self, number: int) -> None:
        port = self._some(number)
        if port is not None:
            self.groups.secure(port, number % 2 == 0)

    def _pair(self, number: int) -> None:
        port = self._some(number)
        if port is not None:
            macs = (port.mac, "00:00:5e:00:01:01")
            addresses = ("10.9.0.1", "10.9.0.0/24", "2001:db8::/64")
            self.groups.pair(port, *[(addresses[number % 3], macs[number % 2])][: number // 7 % 2])

    def _listed(self, number: int) -> None:
        if self.lists and number % 2:
            self.groups.relist(self.lists[-1], added=(f"10.8.{number % 250}.0/24",), removed=("10.8.1.0/24",))
        else:
            self.lists.append(self.groups.listed("10.8.1.0/24", "10.9.0.1/32", "2001:db8:8::/48"))

    def _turn(self, number: int) -> None:
        if self.group_ids:
            self.groups.turn(self.group_ids[number % len(self.group_ids)], number % 2 == 0)
