"""The DHCP agent's brain: events in, verbs of the hands out. Thin: what should be is decided in `libs.materialise.dhcp`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from libs.agent.metadata import Doors, Metadata
from libs.agent.stages import Switch, Verbs, unplug_leftovers
from libs.agent.tally import Tally
from libs.agent.upkeep import Incomplete, Upkeep
from libs.eventlog.protocol import Recorded
from libs.materialise.dhcp import Desired, Place, Served, port_files, serve
from libs.materialise.dhcp.objects import NAMESPACE_PREFIX
from libs.materialise.namespaces import owner_of
from libs.metadata.keeper import Door
from libs.model import DHCP_AGENT
from services.agent_dhcp import items
from services.agent_dhcp.metadata import door
from services.agent_dhcp.stages import run

KINDS, OWNER = ("links", "plugs", "dnsmasq"), "netledger-dhcp"
_log = logging.getLogger(__name__)


class Brain:
    """Keeps one host's DHCP as the log says. All methods may be called from any greenlet; work on the host is one at a time."""

    agent_type, binary = DHCP_AGENT, "neutron-dhcp-agent"

    def __init__(self, place: Place, hands: Verbs, switch: Switch, tally: Tally, doors: Doors) -> None:
        self._place, self._hands, self._switch, self.tally = place, hands, switch, tally
        self._desired = Desired()
        self._upkeep: Upkeep[items.Work] = Upkeep(self, tally)
        self._metadata = Metadata(doors, self._door)
        self.poke: Callable[[], None] = lambda: None

    def configurations(self) -> dict[str, Any]:
        """What Hello tells of this agent, in Neutron's terms."""
        lease_seconds = self._place.lease_seconds
        return {"dhcp_driver": "dnsmasq", "dhcp_lease_duration": lease_seconds, "log_agent_heartbeats": False}

    def load(self) -> dict[str, int]:
        """{networks, subnets, ports} served here, and `failing`: networks not brought in order, some by id (`failing/<network>`)."""
        served: list[Served] = list(self._upkeep.applied.values())
        subnets, ports = sum(one.subnets for one in served), sum(len(one.hosts) for one in served)
        return {"networks": len(served), "subnets": subnets, "ports": ports, **self._upkeep.load()}

    def report(self) -> None:
        """DHCP ports are wired by the switch's agent; nothing to say."""

    def forget(self, networks: tuple[str, ...] | None) -> None:
        """Drop these networks (None: all); what does not come back is unserved by the next apply."""
        self._upkeep.mark(self._desired.forget(networks))

    def held(self, scopes: frozenset[str]) -> None:
        """The host is in these scopes: ports of networks that are not among them are none of ours."""
        self._desired.held(scopes)

    def take(self, recorded: Recorded) -> None:
        """Take in one event; the host is not touched."""
        self._upkeep.mark(self._desired.take(recorded))

    def ended(self, folder: str) -> None:
        """A network's dnsmasq is gone: the next apply reads that network back and repairs it."""
        network_id = owner_of(folder.rpartition("/")[2], NAMESPACE_PREFIX, self._place.namespace_suffix)
        if network_id is not None:  # it may be one that is being served just now
            self._upkeep.doubt(network_id)

    def close(self) -> None:
        """End the child that serves metadata."""
        self._metadata.close()

    def metadata_lost(self) -> None:
        """The child that served metadata died: the next apply starts another."""
        self._metadata.lost()
        self.poke()

    def doubt_everything(self) -> None:
        """The next apply reads everything back (the hands were lost, or a look round is due)."""
        self._upkeep.doubt_everything()

    def apply(self) -> None:
        """Bring the host to what should be. Raises Incomplete, or what the hands raise; what was not done stays dirty."""
        try:
            self._upkeep.apply()
        finally:
            silent = self._metadata.settle()
        if silent:
            raise Incomplete(f"metadata is not served in {silent} networks")

    def audit(self) -> dict[str, int]:
        """Read everything back and repair it; {kind: changes} that were needed although nothing new was wanted. Raises Incomplete."""
        return self._upkeep.audit()

    def adopt(self) -> None:
        """Find what an earlier life left on this host, so that what is served no longer goes."""
        suffix = self._place.namespace_suffix
        names = set(self._hands.call("links.list", prefix=NAMESPACE_PREFIX, suffix=suffix))
        names |= set(self._hands.call("dnsmasq.list", root=self._place.folder))
        for network_id in sorted(id for id in (owner_of(name, NAMESPACE_PREFIX, suffix) for name in names) if id):
            if network_id not in self._upkeep.applied:
                self._upkeep.doubt(network_id)
        wanted = {one.device.tap for one in map(self._wanted, self._desired.networks) if one is not None}
        unplug_leftovers(self._hands, self._switch, wanted, self.tally)

    def work(self, network_id: str, ports: set[str], unsure: bool) -> items.Work | None:
        """What one network's dirty ports ("" for all of it) come to; None for nothing."""
        self._metadata.changed(network_id)
        applied = self._upkeep.applied.get(network_id)
        if "" in ports or unsure:
            return items.work(network_id, applied, self._wanted(network_id), unsure, self._place)
        view = self._desired.view(network_id)
        if applied is None or view is None:
            return None
        refused: list[str] = []
        files = port_files(view, ports, self._place.domain, refused)
        _warn(network_id, refused)
        return items.files_work(applied, ports, files)

    def run(self, batch: Sequence[items.Work]) -> Mapping[str, str | None]:
        """Do a batch; {network_id: error or None}."""
        for one in batch:
            if one.wanted is not None and not one.is_quick:
                _warn(one.network_id, one.wanted.refused)
        return run(self._hands, batch, self._switch, self.tally, self._metadata.made_anew)

    def _door(self, network_id: str) -> tuple[str, Door] | None:
        return door(self._upkeep.applied.get(network_id), self._desired.view(network_id))

    def _wanted(self, network_id: str) -> Served | None:
        view = self._desired.view(network_id)
        return serve(view, self._place) if view is not None else None


def _warn(network_id: str, refused: Iterable[str]) -> None:
    for text in refused:
        _log.warning("network %s: left out: %s", network_id, text)
