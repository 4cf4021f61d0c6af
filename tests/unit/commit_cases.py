"""Advisers for commits: what ipam and topology answer, made so simple that their proposals collide."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from netaddr import IPNetwork

from libs.commands import CreateNetworks, CreatePorts, CreateSubnets, NewNetwork, NewPort, NewSubnet
from libs.errors import no_address_left
from libs.eventlog.commit import Ledger
from libs.eventlog.memory import MemoryLog
from libs.eventlog.protocol import Append, EventLog, Outcome
from libs.model import Actor, Binding, Context, FixedIp, Segment
from libs.network.world import Answer, ChooseAddresses, ChooseBinding, ChooseMac, ChooseSegment, Question, SegmentChoice

US = "1" * 32


class Advisers:
    """Knows subnets as `cidrs` tells and nothing of the log: always proposes the lowest address, VNI and MAC not to be avoided.

    `forgetful`: forgets between calls what it proposed, so that proposals collide.
    """

    def __init__(self, forgetful: bool = True) -> None:
        self._forgetful = forgetful
        self._given: set[Answer] = set()
        self.cidrs: dict[str, str] = {}
        self.asked: list[Question] = []

    def __call__(self, questions: list[Question]) -> list[Answer]:
        self.asked += questions
        if self._forgetful:
            self._given = set()
        return [self._answer(one) for one in questions]

    def _fresh(self, choices: Iterable[Answer], avoid: Sequence[Answer]) -> Answer:
        """The first that is neither to be avoided nor given to another question of this call."""
        choice = next(one for one in choices if one not in avoid and one not in self._given)
        self._given.add(choice)
        return choice

    def _answer(self, question: Question) -> Answer:
        match question:
            case ChooseMac():
                macs = (f"fa:16:3e:00:{number >> 8:02x}:{number & 255:02x}" for number in itertools.count(1))
                return self._fresh(macs, question.avoid)
            case ChooseAddresses():
                return self._addresses(question)
            case ChooseSegment(network_type=str(network_type)):
                return SegmentChoice(Segment(network_type, question.physical_network, question.segmentation_id), 1500)
            case ChooseSegment():
                choices = (Segment("vxlan", None, vni) for vni in itertools.count(1))
                return SegmentChoice(next(one for one in choices if one not in question.avoid), 1450)
            case ChooseBinding():
                return Binding("ovs", {"datapath_type": "netdev"})

    def _addresses(self, question: ChooseAddresses) -> Answer:
        if not question.subnets:
            return no_address_left(question.network_id)
        subnet = question.subnets[0][0]
        hosts = itertools.islice(IPNetwork(self.cidrs[subnet]).iter_hosts(), 1, None)
        avoid = [(one,) for one in question.avoid]
        return self._fresh(((FixedIp(subnet, str(host)),) for host in hosts), avoid)


class BusyElsewhere(MemoryLog):
    """A log on which others write just before each of our next appends."""

    def __init__(self) -> None:
        super().__init__()
        self.before: list[Any] = []

    def append(self, batch: Sequence[Append]) -> list[Outcome]:
        if self.before:
            self.before.pop()()
        return super().append(batch)


def new_id() -> str:
    return str(uuid.uuid4())


def by(user: str = "u", command_id: str = "") -> Context:
    """A request of an administrator of our project."""
    id = command_id or new_id()
    return Context(Actor(user, US, ("admin",)), f"req-{id}", id, "2026-11-22T12:00:00.123456Z")


class Site:
    """One log with any number of replicas of the writing service on it, all of the same advisers."""

    def __init__(self, log: EventLog, forgetful: bool = True) -> None:
        self.log: Any = log
        self.advisers = Advisers(forgetful)
        self.ledger = self.replica()

    def replica(self, ask: Callable[[list[Question]], Sequence[Answer]] | None = None) -> Ledger:
        return Ledger(self.log, ask or self.advisers)

    def network(self, **more: object) -> str:
        id = new_id()
        self.ledger.commit(CreateNetworks((NewNetwork(id, US, **more),)), by())  # type: ignore[arg-type]
        return id

    def subnet(self, network: str, cidr: str = "10.0.0.0/24") -> str:
        id = new_id()
        self.advisers.cidrs[id] = cidr
        self.ledger.commit(CreateSubnets((NewSubnet(id, network, US, 4, cidr),)), by())
        return id


def a_port(network: str, **more: object) -> NewPort:
    return NewPort(new_id(), network, US, **more)  # type: ignore[arg-type]


def create(*ports: NewPort) -> CreatePorts:
    return CreatePorts(ports)
