"""A small run that kept every promise, made by hand; self-tests plant one bug in it."""

from __future__ import annotations

from dataclasses import replace

from libs.eventlog import chain
from libs.eventlog.chain import Stored
from libs.eventlog.fates import Numbered
from libs.events import (
    AddressAllocated,
    AddressReleased,
    Event,
    NetworkCreated,
    PortCreated,
    PortDeleted,
    PortDescribed,
    PortRenamed,
)
from libs.model import Actor, Context
from tests.chaos.evidence import Evidence, Outage, PortTruth
from tests.chaos.history import DONE, Call, Seen

LOG_ID, AT = "a-log", "2026-01-01T00:00:00.000000Z"


class Book:
    """A log under construction; each `commit` is one command and one batch."""

    def __init__(self) -> None:
        self.stored: list[Stored] = []
        self._versions: dict[str, int] = {}
        self._commands = 0

    def commit(self, *events: tuple[str, Event]) -> None:
        """Append (stream, event) pairs as one command."""
        self._commands += 1
        context = Context(Actor("u", "p"), "req", f"command-{self._commands}", AT)
        numbered = []
        for number, (stream, event) in enumerate(events, start=len(self.stored) + 1):
            self._versions[stream] = self._versions.get(stream, 0) + 1
            numbered.append(Numbered(number, stream, self._versions[stream], event, context))
        before = self.stored[-1].hash if self.stored else None
        self.stored += chain.seal(numbered, before or chain.genesis(LOG_ID), AT)


def network(id: str = "n", vni: int = 7) -> tuple[str, Event]:
    """A network comes to be."""
    made = NetworkCreated(id, "p", f"net-{id}", "", True, False, False, 1500, "vxlan", None, vni)
    return f"network-{id}", made


def port(id: str, name: str, mac: str = "") -> tuple[str, Event]:
    """A port comes to be on network n; its MAC follows from its id."""
    return f"port-{id}", PortCreated(id, "n", "p", name, "", mac or f"fa:16:3e:00:00:0{id}", True, "", "")


def takes(id: str, address: str) -> tuple[str, Event]:
    """A port gets an address on subnet s."""
    return f"port-{id}", AddressAllocated(id, "s", address)


def gives_back(id: str, address: str) -> tuple[str, Event]:
    """A port loses it."""
    return f"port-{id}", AddressReleased(id, "s", address)


def renamed(id: str, before: str, after: str) -> tuple[str, Event]:
    """A port is renamed."""
    return f"port-{id}", PortRenamed(id, before, after)


def described(id: str, after: str) -> tuple[str, Event]:
    """A port is described."""
    return f"port-{id}", PortDescribed(id, "", after)


def gone(id: str, mac: str = "") -> tuple[str, Event]:
    """A port is deleted."""
    return f"port-{id}", PortDeleted(id, "n", "p", mac or f"fa:16:3e:00:00:0{id}", "", "", "")


def sight(id: str, revision: int, name: str) -> Seen:
    """A port as an answer showed it."""
    return Seen("port", id, revision, name)


def call(verb: str, second: float, *seen: Seen, fate: str = DONE, **about: object) -> Call:
    """A client's request about ports that took half a second."""
    plain = Call(0, verb, "port", second, second + 0.5, fate, 200 if fate == DONE else 503, seen=seen)
    return replace(plain, **about)  # type: ignore[arg-type]


def good_log() -> Book:
    """Port 1 is made, renamed by update `u`; ports 2 and 3 come in bulk `b`; port 4 comes and goes, its address to port 5."""
    book = Book()
    book.commit(network())
    book.commit(port("1", "a"), takes("1", "10.0.0.1"))
    book.commit(port("2", "b.0"), takes("2", "10.0.0.2"), port("3", "b.1"), takes("3", "10.0.0.3"))
    book.commit(renamed("1", "a", "u"), described("1", "u"))
    book.commit(port("4", "d"), takes("4", "10.0.0.4"))
    book.commit(gives_back("4", "10.0.0.4"), gone("4"))
    book.commit(port("5", "e"), takes("5", "10.0.0.4"))
    return book


def good_calls() -> list[Call]:
    """What the clients did for that, and reads between."""
    return [
        call("create", 1, sight("1", 2, "a"), tag="a"),
        call("create", 2, sight("2", 2, "b.0"), sight("3", 2, "b.1"), tag="b", size=2),
        call("show", 3, sight("1", 2, "a"), target="1"),
        call("update", 4, sight("1", 4, "u"), tag="u", target="1"),
        call("show", 5, sight("1", 4, "u"), target="1"),
        call("create", 6, sight("4", 2, "d"), tag="d"),
        call("delete", 7, target="4"),
        call("create", 8, sight("5", 2, "e"), tag="e"),
        call("list", 9, *(sight(id, revision, name) for id, revision, name in LIVING), target="n"),
    ]


LIVING = (("1", 4, "u"), ("2", 2, "b.0"), ("3", 2, "b.1"), ("5", 2, "e"))


def good_run() -> Evidence:
    """Everything as it should be."""
    final = [Seen("network", "n", 1, "net-n"), *(sight(id, revision, name) for id, revision, name in LIVING)]
    ports = [PortTruth("1", "compute1", "ACTIVE", "compute1"), PortTruth("2", "compute1", "DOWN", "")]
    outages = [Outage("kill -9 api", 1.2, 3.0)]
    return Evidence(LOG_ID, good_log().stored, good_calls(), final, ports, outages)
