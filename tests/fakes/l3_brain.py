"""An L3 brain on a pretended host, in step with the facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from libs.agent.stages import Switch
from libs.agent.tally import Tally
from libs.eventlog.protocol import Recorded
from libs.feed import Routing
from libs.kernel.hands import HandsLost
from libs.materialise.l3 import Place
from libs.metadata.keeper import Door
from services.agent_l3.brain import KINDS, OWNER, Brain
from services.agent_l3.owed import Owed
from tests.fakes.dhcp_facts import HOST
from tests.fakes.l3_facts import L3Facts, Town
from tests.fakes.router_host import FakeRouters

PLACE = Place(HOST, "/state/agent_l3")


def a_brain(
    host: FakeRouters,
    said: Iterable[Recorded] = (),
    file: Path | None = None,
    owed: Path | None = None,
    doors: FakeDoors | None = None,
    place: Place = PLACE,
) -> Brain:
    tally = Tally("routers are", KINDS, file)
    brain = Brain(place, host, Switch("/run/db.sock", OWNER), tally, doors or FakeDoors(), Owed(owed))
    for recorded in said:
        brain.take(recorded)
    return brain


def namespace(router_id: str) -> str:
    return f"qrouter-{router_id}"


class FakeDoors:
    """Metadata that only pretends. `broken`: namespaces where it cannot be served; keeps: how often it was asked."""

    def __init__(self) -> None:
        self.open: dict[str, Door] = {}
        self.broken: set[str] = set()
        self.lost = False
        self.keeps = 0

    def keep(self, doors: Mapping[str, Door]) -> dict[str, str]:
        self.keeps += 1
        if self.lost:
            raise HandsLost("killed")
        self.open = {name: door for name, door in doors.items() if name not in self.broken}
        return {name: "no" for name in doors if name in self.broken}

    def reopen(self, namespace: str) -> None:
        self.open.pop(namespace, None)

    def close(self) -> None:
        self.open.clear()


class Story:
    """A host, its brain and a town, in step: `go()` hands over what was said since and applies."""

    def __init__(self) -> None:
        self.facts, self.host = L3Facts(), FakeRouters()
        self.town = Town(self.facts)
        self.space = namespace(self.town.router)
        self.doors = FakeDoors()
        self.brain = a_brain(self.host, doors=self.doors)
        self.told: Routing | None = None
        self._heard = 0

    def go(self) -> list[str]:
        """The verbs that this took."""
        for recorded in self.facts.said[self._heard :]:
            self.brain.take(recorded)
        self._heard = len(self.facts.said)
        self.host.calls.clear()
        self.host.texts.clear()
        self.host.told.clear()
        self.told = self.brain.apply()
        return list(self.host.calls)

    def restart(self) -> None:
        """The agent comes back and is told everything."""
        self.brain = a_brain(self.host, self.facts.said)


def settled() -> Story:
    """A story whose beginning is applied."""
    story = Story()
    story.go()
    return story


class LosesOneCall:
    """A host whose hands die once, at call number `at`, after that call did its work or before."""

    def __init__(self, host: FakeRouters, at: int, happened: bool) -> None:
        self._host, self._left, self._happened = host, at, happened

    def call(self, verb: str, **arguments: Any) -> Any:
        self._left -= 1
        if self._left == 0 and not self._happened:
            raise HandsLost("killed")
        answer = self._host.call(verb, **arguments)
        if self._left == 0:
            raise HandsLost("killed")
        return answer
