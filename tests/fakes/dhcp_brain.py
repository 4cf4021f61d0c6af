"""A DHCP brain on a pretended host, in step with the facts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from libs.agent.stages import Switch
from libs.agent.tally import Tally
from libs.eventlog.protocol import Recorded
from libs.materialise.dhcp import Place
from services.agent_dhcp.brain import KINDS, OWNER, Brain
from tests.fakes.dhcp_facts import HOST, Facts
from tests.fakes.dnsmasq import FakeHost
from tests.fakes.l3_brain import FakeDoors

PLACE = Place(HOST, "/state/agent_dhcp")
A, B = "fa:16:3e:00:00:0a", "fa:16:3e:00:00:0b"


def a_brain(
    host: FakeHost,
    said: Iterable[Recorded] = (),
    file: Path | None = None,
    doors: FakeDoors | None = None,
    place: Place = PLACE,
) -> Brain:
    tally = Tally("dhcp is", KINDS, file)
    brain = Brain(place, host, Switch("/run/db.sock", OWNER), tally, doors or FakeDoors())
    for recorded in said:
        brain.take(recorded)
    return brain


def folder(network_id: str) -> str:
    return f"{PLACE.folder}/qdhcp-{network_id}"


class Story:
    """A host, its brain and the facts, in step: `go()` hands over what was said since and applies."""

    def __init__(self, place: Place = PLACE) -> None:
        self.facts, self.host, self.doors = Facts(), FakeHost(), FakeDoors()
        self.brain = a_brain(self.host, doors=self.doors, place=place)
        self._told = 0

    def go(self) -> list[str]:
        """The verbs that this took."""
        for recorded in self.facts.said[self._told :]:
            self.brain.take(recorded)
        self._told = len(self.facts.said)
        self.host.calls.clear()
        self.brain.apply()
        return list(self.host.calls)
