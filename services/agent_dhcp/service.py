"""agent_dhcp: serves DHCP on one host. `python -m libs.launch services.agent_dhcp.service`.

The bus side is `libs.agent`, what should be is `libs.materialise.dhcp`, the host is touched by `libs.kernel` in the hands child.
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
from libs.materialise.dhcp import Place
from libs.metadata.keeper import Keeper
from services.agent_dhcp.brain import KINDS, OWNER, Brain

NEEDS = ("host", "amqp_url")
MODULES = ("libs.kernel.links", "libs.kernel.plugs", "libs.kernel.dnsmasq")


def place_of(settings: Settings) -> Place:
    """Where this host's DHCP lives; makes the folder. dnsmasq stays root only where its usual user could not reach the files."""
    folder = Path(settings.state_dir).absolute() / "agent_dhcp"
    folder.mkdir(parents=True, exist_ok=True)
    reachable = all(path.stat().st_mode & 0o001 for path in (folder, *folder.parents))
    return Place(
        settings.host,
        str(folder),
        settings.namespace_suffix,
        "" if reachable else "root",
        domain=settings.dns_domain.rstrip("."),
        metadata=bool(settings.metadata_url),
    )


def agent(settings: Settings, link: Link | None = None) -> HostedAgent:
    """The agent of one host. `link`: instead of the bus."""
    place = place_of(settings)
    tally = Tally("dhcp is", KINDS, Path(place.folder) / "operations.json")
    switch = Switch(f"{settings.ovs_rundir}/db.sock", OWNER)

    def make(hands: Hands) -> Brain:
        keeper = Keeper(settings, lambda: brain.metadata_lost())
        brain = Brain(place, hands, switch, tally, keeper)
        return brain

    return HostedAgent(settings, MODULES, make, "dnsmasq_ended", link)


class AgentDhcp:
    """The nameko service; the agent runs beside it."""

    name = "agent_dhcp"
    agent = Background(agent)


SERVICE = AgentDhcp
