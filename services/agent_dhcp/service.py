"""agent_dhcp: serves DHCP on one host. `python -m libs.launch services.agent_dhcp.service`.

The bus side is `libs.agent`, what should be is `libs.materialise.dhcp`, the host is touched by `libs.kernel` in the hands child.
"""

from __future__ import annotations

import threading
from pathlib import Path
from time import monotonic
from typing import Any

from libs.agent import AgentRuntime, Link
from libs.agent.stages import Switch
from libs.agent.tally import Tally
from libs.bus.background import Background
from libs.config import Settings
from libs.kernel.hands import Hands
from libs.materialise.dhcp import Place
from services.agent_dhcp.brain import KINDS, OWNER, Brain

NEEDS = ("host", "amqp_url")
MODULES = ("libs.kernel.links", "libs.kernel.plugs", "libs.kernel.dnsmasq")
_CALM_SECONDS = 1.0  # a dnsmasq that keeps dying is started once a second, not in a hot loop


def place_of(settings: Settings) -> Place:
    """Where this host's DHCP lives; makes the folder. dnsmasq stays root only where its usual user could not reach the files."""
    folder = Path(settings.state_dir).absolute() / "agent_dhcp"
    folder.mkdir(parents=True, exist_ok=True)
    reachable = all(path.stat().st_mode & 0o001 for path in (folder, *folder.parents))
    return Place(settings.host, str(folder), settings.namespace_suffix, "" if reachable else "root")


class Agent:
    """Brain, hands and runtime of one host, wired together. Built cheaply; `run` blocks until `close`. `link`: instead of the bus."""

    def __init__(self, settings: Settings, link: Link | None = None) -> None:
        place = place_of(settings)
        hands = Hands(settings, self._notice, modules=MODULES, on_lost=self._hands_lost)
        tally = Tally("dhcp is", KINDS, Path(place.folder) / "operations.json")
        switch = Switch(f"{settings.ovs_rundir}/db.sock", OWNER)
        self._hands, self._brain = hands, Brain(place, hands, switch, tally)
        self.runtime = AgentRuntime(settings, self._brain, link)
        self._ended_at: dict[str, float] = {}

    def run(self) -> None:
        """Serve."""
        self.runtime.run()

    def close(self) -> None:
        """Stop the agent; what it serves goes on."""
        self.runtime.close()
        self._hands.close()

    def _notice(self, message: dict[str, Any]) -> None:
        folder = message.get("dnsmasq_ended")
        if folder is None:
            return
        self._brain.ended(folder)
        before, self._ended_at[folder] = self._ended_at.get(folder, 0.0), monotonic()
        if self._ended_at[folder] - before > _CALM_SECONDS:
            self.runtime.poke()
        else:
            threading.Timer(_CALM_SECONDS, self.runtime.poke).start()

    def _hands_lost(self) -> None:
        """Whom the hands watched is not watched any longer: read everything back with new hands."""
        self._brain.doubt_everything()
        self.runtime.poke()


class AgentDhcp:
    """The nameko service; the agent runs beside it."""

    name = "agent_dhcp"
    agent = Background(Agent)


SERVICE = AgentDhcp
