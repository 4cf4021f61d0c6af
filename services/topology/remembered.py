"""What the relay needs to have remembered for it, and what it may find out about the past."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Protocol

from libs.eventlog.protocol import LogIdentity, Recorded
from services.topology.scopes import Plan


class FeedStore(Protocol):
    """What the relay remembers, in the leader's own session. Raises errors.Refusal 503 when the database is away."""

    def start(self) -> tuple[int, LogIdentity]:
        """The position up to which everything was sent, and the log's identity."""
        ...

    def networks_of(self, streams: Collection[str]) -> dict[str, str]:
        """{stream: scope} of subnets', ports' and floating IPs' streams, ended ones included."""
        ...

    def places(self, members: Collection[str]) -> dict[str, frozenset[str]]:
        """{member: hosts} of the members that are somewhere."""
        ...

    def hosts_of(self, networks: Collection[str]) -> dict[str, dict[str, int]]:
        """{network: {host: number of members there}} for all of `networks`."""
        ...

    def networks_on(self, hosts: Collection[str]) -> set[str]:
        """Networks that have a member on one of the hosts."""
        ...

    def network_facts(self, networks: Collection[str], upto: int) -> dict[str, list[Recorded]]:
        """{network: facts with position <= upto of its streams that live at `upto`}, by position; of a network with more than
        feeds.MAX_FACTS one more than that, so that it shows."""
        ...

    def groups_of(self, streams: Collection[str], upto: int) -> dict[str, tuple[str, ...]]:
        """{stream: ids of the groups that the port had at `upto`} for all of `streams`."""
        ...

    def rules_of(self, groups: Collection[str], upto: int) -> dict[str, dict[str, str]]:
        """{group: {stream of a rule that it had at `upto`: the scope that it names}} for all of `groups`; rules that name none are
        left out."""
        ...

    def group_hosts(self, scopes: Collection[str]) -> dict[str, dict[str, int]]:
        """{scope of a group: {host: number of members there}} for all of `scopes`."""
        ...

    def member_facts(self, scopes: Collection[str], upto: int) -> dict[str, list[Recorded]]:
        """{scope of a group's members: facts with position <= upto of its ports that matter to others}, by position; of one with
        more than feeds.MAX_FACTS one more than that, so that it shows."""
        ...

    def port_facts(self, streams: Collection[str], upto: int) -> dict[str, list[Recorded]]:
        """{stream of a port: its facts with position <= upto that matter to others}, by position."""
        ...

    def agent_facts(self, hosts: Collection[str], upto: int) -> dict[str, list[Recorded]]:
        """{host: facts with position <= upto of its agents}, by position."""
        ...

    def last_sent(self, hosts: Collection[str]) -> dict[str, int]:
        """{host: position of the last message sent to it}, absent when there was none."""
        ...

    def save(self, before: int, position: int, plan: Plan, sent: Iterable[str]) -> None:
        """In one transaction: the members' new places, `position` as last sent for the hosts `sent`, and the relay at `position`.
        Raises LeadershipLost when the relay is not at `before` any more."""
        ...


class LeadershipLost(Exception):
    """Another process relays; this one must stop."""
