"""The DHCP agent's brain: events in, verbs of the hands out. Thin: what should be is decided in `libs.materialise.dhcp`."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping
from typing import Any

from libs.eventlog.protocol import Recorded
from libs.feed import Wiring
from libs.materialise.dhcp import Desired, Place, Served, is_ours, port_hosts, serve
from libs.materialise.dhcp.objects import NAMESPACE_PREFIX
from libs.model import DHCP_AGENT
from services.agent_dhcp import items
from services.agent_dhcp.stages import Switch, Verbs, run, unplug_leftovers
from services.agent_dhcp.tally import Tally

_AT_ONCE = 16  # whole networks in one call
_log = logging.getLogger(__name__)


class Incomplete(Exception):
    """Some networks could not be served now; they stay dirty and the text says why."""


class Brain:
    """Keeps one host's DHCP as the log says. All methods may be called from any greenlet; work on the host is one at a time."""

    agent_type, binary = DHCP_AGENT, "neutron-dhcp-agent"

    def __init__(self, place: Place, hands: Verbs, switch: Switch, tally: Tally) -> None:
        self._place, self._hands, self._switch, self.tally = place, hands, switch, tally
        self._desired = Desired()
        self._dirty: dict[str, set[str]] = {}  # {network_id: port ids, "" for the whole network}
        self._applied: dict[str, Served] = {}
        self._unsure: set[str] = set()  # networks whose state on the host must be read before it is believed
        self._adopted, self._failing = False, tuple[str, ...]()
        self._lock = threading.Lock()

    def configurations(self) -> dict[str, Any]:
        """What Hello tells of this agent, in Neutron's terms."""
        lease_seconds = self._place.lease_seconds
        return {"dhcp_driver": "dnsmasq", "dhcp_lease_duration": lease_seconds, "log_agent_heartbeats": False}

    def load(self) -> dict[str, int]:
        """{networks, subnets, ports} served here, and `failing`: networks not brought in order, some by id (`failing/<network>`)."""
        served = list(self._applied.values())
        subnets, ports = sum(one.subnets for one in served), sum(len(one.hosts) for one in served)
        some = {f"failing/{network_id}": 1 for network_id in self._failing[:8]}  # topology keeps 16 numbers of an agent
        return {"networks": len(served), "subnets": subnets, "ports": ports, "failing": len(self._failing), **some}

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
        """Read everything back and repair it; {kind: changes} that were needed although nothing new was wanted.

        Raises Incomplete when nothing was; with repairs to tell of, the next apply raises it.
        """
        before = self.tally.drift()
        self.doubt_everything()
        try:
            self.apply()
        except Incomplete:
            if self.tally.drift() == before:
                raise
        return dict(self.tally.drift() - before)

    def _mark(self, keys: Iterable[tuple[str, str]]) -> None:
        for network_id, port_id in keys:
            self._dirty.setdefault(network_id, set()).add(port_id)

    def _doubt(self, network_id: str) -> None:
        self._unsure.add(network_id)
        self._mark([(network_id, "")])

    def _apply(self) -> None:
        failures: dict[str, str] = {}
        try:
            if not self._adopted:
                self._adopt()
            while keys := self._next(failures):
                self._do(keys, failures)
        finally:
            for network_id in failures:
                self._doubt(network_id)
            self._failing = tuple(failures)
            self.tally.write()
        if failures:
            raise Incomplete("; ".join(failures.values()))

    def _next(self, failures: Mapping[str, str]) -> dict[str, set[str]]:
        """Dirty keys to work on now: all host files, and a few whole networks, so that a new guest never waits for all of these."""
        chosen: dict[str, set[str]] = {}
        whole = 0
        for network_id, ports in list(self._dirty.items()):
            is_whole = "" in ports or network_id in self._unsure
            if network_id not in failures and (not is_whole or whole < _AT_ONCE):
                whole += is_whole
                chosen[network_id] = self._dirty.pop(network_id)
        return chosen

    def _do(self, keys: Mapping[str, set[str]], failures: dict[str, str]) -> None:
        """Work on these keys, host files of running networks first; whatever is not done stays in doubt."""
        left = set(keys)
        try:
            works = [one for network_id, ports in keys.items() if (one := self._thought(network_id, ports, failures))]
            left = {one.network_id for one in works}
            for batch in ([one for one in works if one.is_quick], [one for one in works if not one.is_quick]):
                self._settle(batch, run(self._hands, batch, self._switch, self.tally), failures)
                left -= {one.network_id for one in batch}
        finally:
            for network_id in left:
                self._doubt(network_id)

    def _adopt(self) -> None:
        """Find what an earlier life left on this host, so that what is served no longer goes."""
        place = self._place
        names = set(self._hands.call("links.list", prefix=NAMESPACE_PREFIX, suffix=place.namespace_suffix))
        names |= set(self._hands.call("dnsmasq.list", root=place.folder))
        for name in sorted(one for one in names if is_ours(one, place)):
            network_id = name[len(NAMESPACE_PREFIX) :][:36]
            if network_id not in self._applied:
                self._doubt(network_id)
        wanted = {one.device.tap for one in map(self._wanted, self._desired.networks) if one is not None}
        unplug_leftovers(self._hands, self._switch, wanted, self.tally)
        self._adopted = True

    def _wanted(self, network_id: str) -> Served | None:
        view = self._desired.view(network_id)
        return serve(view, self._place) if view is not None else None

    def _thought(self, network_id: str, ports: set[str], failures: dict[str, str]) -> items.Work | None:
        """`_work`; a network that cannot even be worked out must not stop its neighbours."""
        try:
            return self._work(network_id, ports)
        except Exception as error:
            _log.exception("network %s cannot be worked out", network_id)
            failures[network_id] = f"{network_id}: {error!r}"
            return None

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

    def _settle(self, work: list[items.Work], done: Mapping[str, str | None], failures: dict[str, str]) -> None:
        """Believe what went well, doubt the rest."""
        for one in work:
            error = done.get(one.network_id)
            if error is not None:
                failures[one.network_id] = error
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
