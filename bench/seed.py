"""Many ports by the log's own append: the real commands, decisions, claims and rows, in big batches and from several processes."""

from __future__ import annotations

import ipaddress
import multiprocessing
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

from libs.commands import CreatePorts, NewPort
from libs.eventlog.commit import Ledger
from libs.eventlog.postgres import PostgresLog
from libs.model import Actor, Context, FixedIp
from libs.network.world import Answer, ChooseAddresses, ChooseMac, Question

BATCH = 500
"""Ports in one command."""
PROJECT = "b" * 32


@dataclass(frozen=True, slots=True)
class Share:
    """What one process makes: ports number `first` to `first + total - 1` of a subnet; the number gives address, MAC and name."""

    network_id: str
    subnet_id: str
    cidr: str
    first: int
    total: int


class Chooser:
    """Answers as ipam would, but straight from the ports' numbers, so that nothing collides. `ask` of a Ledger."""

    def __init__(self, share: Share) -> None:
        self._share, self._macs, self._addresses = share, count(share.first), count(share.first)
        self._low = int(ipaddress.ip_network(share.cidr).network_address) + 10

    def __call__(self, questions: Sequence[Question]) -> list[Answer]:
        """MACs and addresses in turn. Raises TypeError for other questions."""
        return [self._answer(question) for question in questions]

    def _answer(self, question: Question) -> Answer:
        if isinstance(question, ChooseMac):
            number = next(self._macs)
            return f"fa:17:{number >> 24 & 255:02x}:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"
        if isinstance(question, ChooseAddresses):
            address = str(ipaddress.IPv4Address(self._low + next(self._addresses)))
            return (FixedIp(self._share.subnet_id, address),)
        raise TypeError(type(question).__name__)


def plant(url: str, share: Share) -> None:
    """Make the ports of `share` in this process. Raises Refusal."""
    ledger = Ledger(PostgresLog(url), Chooser(share))
    for start in range(share.first, share.first + share.total, BATCH):
        stop = min(start + BATCH, share.first + share.total)
        ledger.commit(CreatePorts(tuple(_port(share, number) for number in range(start, stop))), _context())


def _port(share: Share, number: int) -> NewPort:
    device = str(uuid.UUID(int=number // 2))
    return NewPort(str(uuid.uuid4()), share.network_id, PROJECT, name=f"port-{number}", device_id=device)


def _context() -> Context:
    now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return Context(Actor("seed", PROJECT, ("admin",)), f"req-{uuid.uuid4()}", uuid.uuid4().hex, now)


def seed(url: str, whole: Share, processes: int = 2) -> float:
    """Make all ports of `whole`, spread over processes; the seconds it took. Raises RuntimeError when one fails."""
    context, begun = multiprocessing.get_context("fork"), time.perf_counter()
    each = -(-whole.total // processes)
    workers = []
    for number in range(processes):
        total = min(each, whole.total - number * each)
        share = Share(whole.network_id, whole.subnet_id, whole.cidr, whole.first + number * each, total)
        workers.append(context.Process(target=plant, args=(url, share)))
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if any(worker.exitcode for worker in workers):
        raise RuntimeError("a seeding process failed")
    return time.perf_counter() - begun
