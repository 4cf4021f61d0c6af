"""A bus that lies: what goes to an agent and what it says is lost, doubled and reordered, by dice with a seed."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from libs import enrol
from libs.agent import AgentRuntime, Pace
from libs.bus import AgentLink
from libs.feed import AgentMessage, Feed
from libs.model import OVS_AGENT
from tests.fakes.recording_brain import OVS_CONFIGURATIONS, RecordingBrain
from tests.integration.topology_world import Cloud

Message = TypeVar("Message")
PACE = Pace(fetch_again=(0.5,), check=2.0, complete=2.0)
"""An agent repeats itself sooner than in life, so that a test of what heals takes seconds."""


@dataclass(frozen=True, slots=True)
class Odds:
    """Chances of a message's fates."""

    lost: float = 0.15
    doubled: float = 0.15
    late: float = 0.2


class Noise(Generic[Message]):
    """Hands messages on to `deliver`, more or less. done: {fate: how many}. Safe to share between threads."""

    def __init__(self, seed: int, deliver: Callable[[Message], object], odds: Odds) -> None:
        self._dice, self._deliver, self._odds = random.Random(seed), deliver, odds
        self._late: list[Message] = []
        self._lock = threading.Lock()
        self.done: Counter[str] = Counter()

    def __call__(self, message: Message) -> bool:
        """One message comes in; it, others that were held back, or nothing goes on."""
        with self._lock:
            for one in self._fates(message):
                self._deliver(one)
        return True

    def _fates(self, message: Message) -> list[Message]:
        dice, odds = self._dice.random(), self._odds
        held, self._late = self._late, []
        if dice < odds.lost:
            self.done["lost"] += 1
            return held
        if dice < odds.lost + odds.doubled:
            self.done["doubled"] += 1
            return [message, *held, message]
        if dice < odds.lost + odds.doubled + odds.late:
            self.done["late"] += 1
            self._late = [message]
            return held
        self.done["as sent"] += 1
        return [message, *held]


class NoisyLink:
    """An AgentLink behind such a bus, both ways."""

    def __init__(self, link: AgentLink, seed: int, odds: Odds) -> None:
        self._link = link
        self._said: Noise[AgentMessage] = Noise(seed, link.send, odds)

    def run(self) -> None:
        """As AgentLink."""
        self._link.run()

    def close(self) -> None:
        """As AgentLink."""
        self._link.close()

    def send(self, message: AgentMessage) -> bool:
        """Says that it was sent, always: nobody knows better."""
        return self._said(message)


class NoisyAgent:
    """A whole agent of a host of the cloud, over a bus that lies. `plug` and `unplug` change what is wired; nobody need be told
    but by reports that may be lost."""

    def __init__(self, cloud: Cloud, name: str, seed: int, odds: Odds | None = None) -> None:
        host, odds = cloud.named(name), odds or Odds()
        user = enrol.agent(cloud.broker.admin_url, OVS_AGENT, host, "secret")
        url = f"amqp://{user}:secret@{cloud.broker.url.rpartition('@')[2]}"
        settings = replace(cloud.settings, host=host, amqp_url=url, availability_zone=cloud.zone)
        self.brain = RecordingBrain(OVS_AGENT, host, OVS_CONFIGURATIONS)
        self.heard: Noise[Feed] = Noise(seed, lambda feed: self.runtime.on_feed(feed), odds)
        link = AgentLink(settings, user, self._hear, lambda: self.runtime.on_up())
        self.runtime = AgentRuntime(settings, self.brain, NoisyLink(link, seed + 1, odds), PACE)
        threading.Thread(target=self.runtime.run, daemon=True).start()

    def _hear(self, feed: Feed) -> None:
        self.heard(feed)
