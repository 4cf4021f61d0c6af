"""The DHCP agent's brain: events in, verbs of the hands out. Thin: what should be is decided in `libs.materialise.dhcp`."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from libs.eventlog.protocol import Recorded
from libs.feed import Wiring
from libs.materialise.dhcp import Desired, Place, Served, is_ours, port_hosts, serve
from libs.materialise.dhcp.objects import NAMESPACE_PREFIX
from libs.model import DHCP_AGENT
from services.agent_dhcp import items
from services.agent_dhcp.tally import Tally

OWNER = "netledger-dhcp"
_AT_ONCE = 16  # networks in one call, so that a big start does not keep host files waiting
_log = logging.getLogger(__name__)


class Verbs(Protocol):
    """What the brain needs of `libs.kernel.hands.Hands`."""

    def call(self, verb: str, **arguments: Any) -> Any:
        """The verb's answer."""
        ...


class Incomplete(Exception):
    """Some networks could not be served now; they stay dirty and the text says why."""


class Brain:
    """Keeps one host's DHCP as the log says. All methods may be called from any greenlet; work on the host is one at a time.

    `database` is the path of Open vSwitch's socket, `bridge` the integration bridge.
    """

    agent_type, binary = DHCP_AGENT, "neutron-dhcp-agent"

    def __init__(self, place: Place, hands: Verbs, database: str, tally: Tally, bridge: str = "br-int") -> None:
        self._place, self._hands, self._database, self._bridge = place, hands, database, bridge
        self.tally = tally
        self._desired = Desired()
        self._dirty: dict[str, set[str]] = {}  # {network_id: port ids, "" for the whole network}
        self._applied: dict[str, Served] = {}
        self._unsure: set[str] = set()  # networks whose state on the host must be read before it is believed
        self._adopted = False
        self._lock = threading.Lock()

    def configurations(self) -> dict[str, Any]:
        """What Hello tells of this agent, in Neutron's terms."""
        lease_seconds = self._place.lease_seconds
        return {"dhcp_driver": "dnsmasq", "dhcp_lease_duration": lease_seconds, "log_agent_heartbeats": False}

    def load(self) -> dict[str, int]:
        """{networks, subnets, ports} that are served here."""
        served = list(self._applied.values())
        return {
            "networks": len(served),
            "subnets": sum(one.subnets for one in served),
            "ports": sum(len(one.hosts) for one in served),
        }

    def wiring(self) -> Wiring:
        """DHCP ports are wired by the switch's agent; nothing to say."""
        return Wiring(())

    def forget(self, networks: tuple[str, ...] | None) -> None:
        """Drop these networks (None: all); what does not come back is unserved by the next apply."""
        self._mark(self._desired.forget(networks))

    def take(self, recorded: Recorded) -> None:
        """Take in one event; the host is not touched."""
        self._mark(self._desired.take(recorded))

    def ended(self, folder: str) -> None:
        """A network's dnsmasq is gone: the next apply reads that network back and repairs it."""
        for network_id, served in list(self._applied.items()):
            if served.folder == folder:
                self._doubt(network_id)

    def doubt_everything(self) -> None:
        """The next apply reads everything back (the hands were lost, or a look round is due)."""
        self._adopted = False
        for network_id in list(self._applied):
            self._doubt(network_id)

    def apply(self) -> Wiring | None:
        """Bring the host to what should be. Raises Incomplete, or what the hands raise; what was not done stays dirty."""
        with self._lock:
            self._apply()
        return None

    def audit(self) -> dict[str, int]:
        """Read everything back and repair it; {kind: changes} that were needed although nothing was to be done."""
        self.apply()
        before = self.tally.counts()
        self.doubt_everything()
        self.apply()
        after = self.tally.counts()
        return {kind: count - before.get(kind, 0) for kind, count in after.items() if count > before.get(kind, 0)}

    def _mark(self, keys: Iterable[tuple[str, str]]) -> None:
        for network_id, port_id in keys:
            self._dirty.setdefault(network_id, set()).add(port_id)

    def _doubt(self, network_id: str) -> None:
        self._unsure.add(network_id)
        self._mark([(network_id, "")])

    def _apply(self) -> None:
        if not self._adopted:
            self._adopt()
        dirty, self._dirty = self._dirty, {}
        left = set(dirty)
        failures: list[str] = []
        try:
            for work in self._sorted_out(dirty, left):
                done = items.run(self._hands, work, self._database, self._bridge, OWNER, self.tally)
                self._settle(work, done, failures)
                left -= {one.network_id for one in work}
        finally:
            for network_id in left:
                self._doubt(network_id)
            self.tally.write()
        if failures:
            raise Incomplete("; ".join(failures))

    def _adopt(self) -> None:
        """Find what an earlier life left on this host, so that what is served no longer goes."""
        place = self._place
        names = set(self._hands.call("links.list", prefix=NAMESPACE_PREFIX, suffix=place.namespace_suffix))
        names |= set(self._hands.call("dnsmasq.list", root=place.folder))
        plugs = self._hands.call("plugs.read", database=self._database, owner=OWNER)
        for name in sorted(one for one in names if is_ours(one, place)):
            network_id = name[len(NAMESPACE_PREFIX) :][:36]
            if network_id not in self._applied:
                self._doubt(network_id)
        wanted = {one.device.tap for one in map(self._wanted, self._desired.networks) if one is not None}
        stale = sorted(plugs.keys() - wanted)
        if stale:
            self.tally.add("plugs", self._hands.call("plugs.remove", database=self._database, names=stale))
        self._adopted = True

    def _wanted(self, network_id: str) -> Served | None:
        view = self._desired.view(network_id)
        return serve(view, self._place) if view is not None else None

    def _sorted_out(self, dirty: Mapping[str, set[str]], left: set[str]) -> Iterable[list[items.Work]]:
        """Batches of work: host files of running networks first, then the rest a few networks at a time."""
        quick, slow = [], []
        for network_id, ports in dirty.items():
            work = self._work(network_id, ports)
            if work is None:
                left.discard(network_id)
            elif work.is_quick:
                quick.append(work)
            else:
                slow.append(work)
        batches = [quick] if quick else []
        return batches + [slow[at : at + _AT_ONCE] for at in range(0, len(slow), _AT_ONCE)]

    def _work(self, network_id: str, ports: set[str]) -> items.Work | None:
        """What one network's dirty keys come to; None for nothing."""
        applied, unsure = self._applied.get(network_id), network_id in self._unsure
        if "" in ports or unsure:
            return items.work(network_id, applied, self._wanted(network_id), unsure, self._place)
        view = self._desired.view(network_id)
        if applied is None or view is None:
            return None
        refused: list[str] = []
        hosts = port_hosts(view, ports, refused)
        _warn(network_id, refused)
        return items.hosts_work(applied, ports, hosts)

    def _settle(self, work: list[items.Work], done: Mapping[str, str | None], failures: list[str]) -> None:
        """Believe what went well, doubt the rest."""
        for one in work:
            error = done.get(one.network_id)
            if error is not None:
                failures.append(error)
                self._doubt(one.network_id)
                continue
            self._unsure.discard(one.network_id)
            if one.wanted is None:
                self._applied.pop(one.network_id, None)
            else:
                self._applied[one.network_id] = one.wanted
                _warn(one.network_id, one.wanted.refused if not one.is_quick else ())


def _warn(network_id: str, refused: Iterable[str]) -> None:
    for text in refused:
        _log.warning("network %s: left out: %s", network_id, text)
