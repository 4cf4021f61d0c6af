"""An agent's brain that writes down the facts it was given and wires what a test says, for a host without any network devices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from libs.agent import AgentRuntime
from libs.bus import AgentLink
from libs.config import Settings
from libs.eventlog.protocol import Recorded
from libs.feed import AgentMessage, Feed, PortReport, Wiring
from libs.model import OVS_AGENT
from tests.fakes.following import Following

OVS_CONFIGURATIONS = {
    "tunneling_ip": "172.16.0.1",
    "tunnel_mac": "02:00:00:00:00:01",
    "tunnel_types": ["vxlan"],
    "bridge_mappings": {"physnet1": "br-physnet1"},
    "datapath_type": "netdev",
    "integration_bridge": "br-int",
}


class RecordingBrain:
    """A `libs.agent.Brain`. `holds`: what a Following holds; `wired`: {port_id: generation} that count as wired."""

    def __init__(self, agent_type: str, host: str, configurations: Mapping[str, Any]) -> None:
        self.agent_type, self.binary, self.host = agent_type, "fake-agent", host
        self.holds = Following(host)
        self.wired: dict[str, int] = {}
        self.news: list[PortReport] = []
        self.forgotten: list[tuple[str, ...] | None] = []
        self._configurations = configurations

    def configurations(self) -> Mapping[str, Any]:
        return self._configurations

    def forget(self, networks: tuple[str, ...] | None) -> None:
        self.forgotten.append(networks)
        if networks is None:
            self.holds = Following(self.host)
        self.holds.forget(*networks or ())

    def held(self, scopes: frozenset[str]) -> None:
        self.holds.held(scopes)

    def take(self, recorded: Recorded) -> None:
        self.holds.take(recorded)

    def apply(self) -> Wiring | None:
        news = [self.news.pop(0) for _ in range(len(self.news))]  # others may be adding to it
        return Wiring(tuple(news)) if news else None

    def audit(self) -> dict[str, int]:
        return {}

    def load(self) -> dict[str, int]:
        return {"networks": 1}

    def report(self) -> Wiring:
        return Wiring(tuple(PortReport(port, number, True) for port, number in self.wired.items()), complete=True)


class LossyLink:
    """An AgentLink that loses feed messages while `deaf` and agents' messages while `mute`."""

    def __init__(self, settings: Settings, user: str) -> None:
        self.deaf = self.mute = False
        self.lost = 0
        self.on_feed: Callable[[Feed], None] = lambda feed: None
        self.on_up: Callable[[], None] = lambda: None
        self._link = AgentLink(settings, user, self._heard, lambda: self.on_up())

    def run(self) -> None:
        self._link.run()

    def close(self) -> None:
        self._link.close()

    def send(self, message: AgentMessage) -> bool:
        return True if self.mute else self._link.send(message)

    def _heard(self, feed: Feed) -> None:
        if self.deaf and not feed.request:
            self.lost += 1
        else:
            self.on_feed(feed)


class FakeAgent:
    """A whole agent over a real bus: runtime, lossy link, recording brain."""

    def __init__(self, settings: Settings, user: str, agent_type: str = OVS_AGENT) -> None:
        known = OVS_CONFIGURATIONS if agent_type == OVS_AGENT else {"agent_mode": "legacy"}
        self.brain = RecordingBrain(agent_type, settings.host, known)
        self.link = LossyLink(settings, user)
        self.runtime = AgentRuntime(settings, self.brain, self.link)
        self.link.on_feed, self.link.on_up = self.runtime.on_feed, self.runtime.on_up

    def plug(self, port_id: str, generation: int = 1) -> None:
        """The port is wired from now on, and that is news."""
        self.brain.wired[port_id] = generation
        self.brain.news.append(PortReport(port_id, generation, True))
        self.runtime.poke()

    def unplug(self, port_id: str) -> None:
        """The port is wired no longer, and that is news."""
        generation = self.brain.wired.pop(port_id)
        self.brain.news.append(PortReport(port_id, generation, False))
        self.runtime.poke()
