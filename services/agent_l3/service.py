"""agent_l3: runs routers on one host. `python -m libs.launch services.agent_l3.service`.

The bus side is `libs.agent`, what should be is `libs.materialise.l3`, the host is touched by `libs.kernel` in the hands child.
"""

from __future__ import annotations

from pathlib import Path

from libs.agent import Link
from libs.agent.hosted import HostedAgent
from libs.agent.stages import Switch
from libs.agent.tally import Tally
from libs.bus.background import Background
from libs.config import Settings
from libs.kernel.hands import Hands
from libs.materialise.l3 import Place
from libs.metadata.keeper import Keeper
from services.agent_l3.brain import KINDS, OWNER, Brain
from services.agent_l3.owed import Owed

NEEDS = ("host", "amqp_url")
MODULES = tuple(f"libs.kernel.{name}" for name in ("links", "addresses", "plugs", "nat", "announce", "radvd"))


def place_of(settings: Settings) -> Place:
    """Where this host's routers live; makes the folder."""
    folder = Path(settings.state_dir).absolute() / "agent_l3"
    folder.mkdir(parents=True, exist_ok=True)
    return Place(settings.host, str(folder), settings.namespace_suffix)


def agent(settings: Settings, link: Link | None = None) -> HostedAgent:
    """The agent of one host. `link`: instead of the bus."""
    place = place_of(settings)
    tally = Tally("routers are", KINDS, Path(place.folder) / "operations.json")
    switch = Switch(f"{settings.ovs_rundir}/db.sock", OWNER)
    owed = Owed(Path(place.folder) / "owed.json")

    def make(hands: Hands) -> Brain:
        keeper = Keeper(settings, lambda: brain.metadata_lost())
        brain = Brain(place, hands, switch, tally, keeper, owed)
        return brain

    return HostedAgent(settings, MODULES, make, "radvd_ended", link)


class AgentL3:
    """The nameko service; the agent runs beside it."""

    name = "agent_l3"
    agent = Background(agent)


SERVICE = AgentL3
