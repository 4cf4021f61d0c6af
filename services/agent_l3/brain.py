"""The L3 agent's brain: events in, verbs of the hands out. Thin: what should be is decided in `libs.materialise.l3`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from libs.agent.metadata import Doors, Metadata
from libs.agent.retry import Retry
from libs.agent.stages import Switch, Verbs, unplug_leftovers
from libs.agent.tally import Tally
from libs.agent.upkeep import Incomplete, Upkeep
from libs.eventlog.protocol import Recorded
from libs.events import FloatingIpAssociated
from libs.feed import Routing
from libs.materialise.l3 import NAMESPACE_PREFIX, Desired, Place, Wanted, Work, plan, serve
from libs.materialise.l3.rules import PROXY_PORT
from libs.materialise.namespaces import owner_of
from libs.metadata.asking import Guest
from libs.metadata.keeper import Door
from libs.model import L3_AGENT
from services.agent_l3.owed import Owed
from services.agent_l3.stages import Batch
from services.agent_l3.told import Told

KINDS, OWNER = ("links", "nat", "conntrack", "radvd", "plugs"), "netledger-l3"
_log = logging.getLogger(__name__)


class Brain:
    """Keeps one host's routers as the log says. All methods may be called from any greenlet; work on the host is one at a time."""

    agent_type, binary = L3_AGENT, "neutron-l3-agent"

    def __init__(
        self, place: Place, hands: Verbs, switch: Switch, tally: Tally, doors: Doors, owed: Owed | None = None
    ) -> None:
        self._place, self._hands, self._switch, self.tally = place, hands, switch, tally
        self._desired = Desired()
        self._upkeep: Upkeep[Work] = Upkeep(self, tally)
        self._metadata = Metadata(doors, self._door)
        self._owed = owed or Owed()
        self._told = Told(self._desired.view)
        self._retry, self._again = Retry(self.try_again), True
        self.poke: Callable[[], None] = lambda: None  # when there is something to apply

    def configurations(self) -> dict[str, Any]:
        """What Hello tells of this agent, in Neutron's terms."""
        return {"agent_mode": "legacy", "handle_internal_only_routers": True, "interface_driver": "openvswitch"}

    def load(self) -> dict[str, int]:
        """{routers, ex_gw_ports, interfaces, floating_ips} that are run here, and `failing`: routers not brought in order, some by id
        (`failing/<router>`)."""
        applied: list[Wanted] = list(self._upkeep.applied.values())
        gateways = sum(one.outside is not None for one in applied)
        return {
            "routers": len(applied),
            "ex_gw_ports": gateways,
            "interfaces": sum(len(one.devices) for one in applied) - gateways,
            "floating_ips": sum(len(one.floatingips) for one in applied),
            **self._upkeep.load(),
        }

    def forget(self, networks: tuple[str, ...] | None) -> None:
        """Drop these networks and routers (None: all); what does not come back is removed by the next apply."""
        self._upkeep.mark(self._desired.forget(networks))

    def held(self, scopes: frozenset[str]) -> None:
        """The host is in these scopes: ports of networks that are not among them are none of ours."""
        self._desired.held(scopes)

    def take(self, recorded: Recorded) -> None:
        """Take in one event; the host is not touched."""
        keys = self._desired.take(recorded)
        if keys and isinstance(recorded.event, FloatingIpAssociated):
            self._told.associated(recorded.event.floatingip_id)
        self._upkeep.mark(keys)

    def ended(self, folder: str) -> None:
        """A router's radvd is gone: the next apply reads that router back and repairs it."""
        router_id = owner_of(folder.rpartition("/")[2], NAMESPACE_PREFIX, self._place.namespace_suffix)
        if router_id is not None:  # it may be one that is being built
            self._upkeep.doubt(router_id)

    def metadata_lost(self) -> None:
        """The child that served metadata died: the next apply starts another."""
        self._metadata.lost()
        self.poke()

    def close(self) -> None:
        """End the child that serves metadata."""
        self._metadata.close()

    def doubt_everything(self) -> None:
        """The next apply reads everything back (the hands were lost, or a look round is due)."""
        self._upkeep.doubt_everything()

    def apply(self) -> Routing | None:
        """Bring the host to what should be; floating IPs that work now, or work no longer. Raises what the hands raise. A router that
        cannot be brought in order stays dirty and is tried again later; the others are served and told of."""
        again, self._again = self._again, False
        try:
            self._upkeep.apply(again)
        except Incomplete as error:
            _log.warning("routers are not as desired: %s", error)
        silent = self._metadata.settle()
        self._retry.after(len(self._upkeep.failing) + silent)
        return self._told.news(self._upkeep.applied, self._upkeep.failing)

    def audit(self) -> dict[str, int]:
        """Read everything back and repair it; {kind: changes} that were needed although nothing new was wanted."""
        try:
            return self._upkeep.audit()
        except Incomplete:  # nothing was repaired; the next apply tells of what fails
            return {}

    def report(self) -> Routing:
        """Every floating IP of the routers here that works or fails, `complete`."""
        self._told.news(self._upkeep.applied, self._upkeep.failing)
        return self._told.complete()

    def adopt(self) -> None:
        """Find what an earlier life left on this host, so that what is not run any longer goes."""
        suffix = self._place.namespace_suffix
        names = set(self._hands.call("links.list", prefix=NAMESPACE_PREFIX, suffix=suffix))
        names |= set(self._hands.call("radvd.list", root=self._place.folder))
        found = {id for id in (owner_of(name, NAMESPACE_PREFIX, suffix) for name in names) if id}
        for router_id in sorted(found - self._upkeep.applied.keys()):
            self._upkeep.doubt(router_id)
        wanted = [one for one in map(self._serve, self._desired.routers) if one is not None]
        self._owed.only(found | {one.router_id for one in wanted})
        unplug_leftovers(self._hands, self._switch, {tap for one in wanted for tap in one.taps}, self.tally)

    def work(self, router_id: str, parts: set[str], unsure: bool) -> Work | None:
        """What there is to do about one router; None for nothing. Its guests alone (`GUESTS`) are a matter of metadata."""
        self._metadata.changed(router_id)
        if "" not in parts and not unsure:
            return None
        wanted = self._serve(router_id)
        for text in wanted.refused if wanted else ():
            _log.warning("router %s: left out: %s", router_id, text)
        return plan(router_id, self._upkeep.applied.get(router_id), wanted, unsure, self._place)

    def run(self, batch: Sequence[Work]) -> Mapping[str, str | None]:
        """Do a batch; {router_id: error or None}."""
        work = Batch(self._hands, batch, self._switch, self.tally, self._owed)
        try:
            return work.run()
        finally:
            for namespace in [one.namespace for one in batch if one.namespace in work.made.get(one.key, ())]:
                self._metadata.made_anew(namespace)

    def _serve(self, router_id: str) -> Wanted | None:
        view = self._desired.view(router_id)
        return serve(view, self._place) if view is not None else None

    def _door(self, router_id: str) -> tuple[str, Door] | None:
        """Where its guests ask for metadata, while it runs here."""
        applied: Wanted | None = self._upkeep.applied.get(router_id)
        if applied is None:
            return None
        guests = {address: Guest(*told) for address, told in self._desired.guests(router_id).items()}
        return applied.namespace, Door(PROXY_PORT, guests=guests)

    def try_again(self) -> None:
        """What failed is tried by the next apply."""
        self._again = True
        self.poke()
