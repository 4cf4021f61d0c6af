"""agent_ovs: wires ports on one host. `python -m libs.launch services.agent_ovs.service`.

The bus side is `libs.agent`, what should be is `libs.materialise.ovs`, the host is touched by `libs.kernel` in the hands child.
"""

from __future__ import annotations

import logging
import threading

from libs.agent import AgentRuntime
from libs.agent.brain import Link
from libs.agent.pace import Pace
from libs.bus.background import Background
from libs.config import Settings
from libs.kernel.hands import Hands, HandsLost, KernelRefused
from services.agent_ovs.brain import MODULES, OvsBrain

NEEDS = ("host", "amqp_url")
_AGAIN_SECONDS = 0.5
_HANDS_SECONDS = 8.0  # longer than ovs-ofctl is given, so that hands end what they started
_log = logging.getLogger(__name__)


class Agent:
    """Brain, hands and runtime of one host, wired together. Built cheaply; `run` blocks until `close`.

    link: another one than the bus. pace: other times than usual.
    """

    def __init__(self, settings: Settings, link: Link | None = None, pace: Pace | None = None) -> None:
        self._hands = Hands(
            settings,
            lambda message: self._brain.told(message),
            modules=MODULES,
            on_lost=self._lost,
            deadline_seconds=_HANDS_SECONDS,
        )
        self._brain = OvsBrain(settings, self._hands)
        self.runtime = AgentRuntime(settings, self._brain, link, pace)
        self._brain.poke, self._brain.announce = self.runtime.poke, self.runtime.announce
        self._closing = threading.Event()

    def run(self) -> None:
        """Serve; meanwhile make our bridges, so that Nova may plug although the bus is away."""
        threading.Thread(target=self._prepare, daemon=True).start()
        self.runtime.run()

    def close(self) -> None:
        """Stop the agent; what is wired goes on."""
        self._closing.set()
        self.runtime.close()
        self._hands.close()

    def _prepare(self) -> None:
        while not self._closing.is_set():
            try:
                return self._brain.prepare()
            except (HandsLost, KernelRefused) as error:
                _log.warning("open vswitch does not answer: %s", error)
                self._closing.wait(_AGAIN_SECONDS)

    def _lost(self) -> None:
        self._brain.lost()


class AgentOvs:
    """The nameko service; the agent runs beside it."""

    name = "agent_ovs"
    agent = Background(Agent)


SERVICE = AgentOvs
