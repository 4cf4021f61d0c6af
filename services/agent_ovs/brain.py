"""The OVS agent's brain: facts and OVSDB's rows in, rows and flows out. Thin: what should be is decided in `libs.materialise.ovs`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from libs.agent.retry import Retry
from libs.config import Settings
from libs.eventlog.protocol import Recorded
from libs.feed import PortReport, Wiring
from libs.materialise.ovs.host import Host
from libs.materialise.ovs.rows import RowChange
from libs.materialise.ovs.view import BR_INT, BR_TUN, Layout, datapath_type
from libs.model import OVS_AGENT
from services.agent_ovs.database import Database
from services.agent_ovs.hello import told
from services.agent_ovs.neighbours import Neighbours
from services.agent_ovs.switch import Switch, Verbs
from services.agent_ovs.tally import Tally

MODULES = ("libs.kernel.ovsdb", "libs.kernel.flows", "libs.kernel.underlay")
_ROUNDS = 4  # writes until OVSDB shows what was written; more means that something is not taken


class OvsBrain:
    """Keeps one host's Open vSwitch as the log says.

    `take`, `forget` and `told` may be called at any time, from any thread. `poke` is called when there is something to apply,
    `announce` when Hello would tell other `configurations` now. The switch is first touched by `prepare` (our bridges, empty: they
    drop everything) or `apply`.
    """

    agent_type, binary = OVS_AGENT, "neutron-openvswitch-agent"

    def __init__(self, settings: Settings, hands: Verbs, poke: Callable[[], None] = lambda: None) -> None:
        self._settings, self.poke = settings, poke
        self.announce: Callable[[], None] = lambda: None
        layout = Layout(settings.host, settings.tunnel_ip, dict(settings.bridge_mappings), settings.datapath_type)
        self.tally = Tally(settings.state_dir)
        self._host = Host(layout)
        self._database = Database(hands, settings.ovs_rundir, self.tally)
        self._switch = Switch(hands, settings.ovs_rundir, (BR_INT, BR_TUN), self.tally)
        self._neighbours = Neighbours(hands, settings.ovs_rundir, settings.tunnel_ip)
        self._retry = Retry(lambda: self.poke())
        self._lock = threading.Lock()
        self._touched: set[str] = set()
        self._reported: dict[str, PortReport] = {}
        self._refused = 0

    def configurations(self) -> dict[str, Any]:
        """What Hello tells (`hello.told`)."""
        self._ensure_open()
        with self._lock:
            datapath = datapath_type(self._host.layout, self._host.view)
        return told(self._settings, self._neighbours.announce(), datapath)

    def forget(self, networks: tuple[str, ...] | None) -> None:
        """Drop these networks (None: everything); what does not come back goes with the next apply."""
        with self._lock:
            self._host.forget(networks)

    def held(self, scopes: frozenset[str]) -> None:
        """The scopes that the host is in from now on, before their facts come."""
        with self._lock:
            self._host.held(scopes)

    def take(self, recorded: Recorded) -> None:
        """Take in one fact; the switch is not touched."""
        with self._lock:
            self._host.take(recorded)

    def told(self, message: dict[str, Any]) -> None:
        """What the hands tell unasked: rows that changed, a switch that went away or came back."""
        with self._lock:
            if "ovsdb" in message:
                self._host.see(message["ovsdb"]["bridges"], message["ovsdb"]["ports"])
            if "switch" in message:
                self._switch.tell(message["switch"]["bridge"], message["switch"]["up"])
                self._neighbours.forget()
        self.poke()

    def lost(self) -> None:
        """The hands died: what they told may be stale, so everything is read again."""
        self._database.lost()
        self.poke()

    def prepare(self) -> None:
        """Make br-int, br-tun and the patch ports, so that Nova can plug before any fact is here; flows wait for the facts."""
        self._ensure_open()
        with self._lock:
            changes = self._host.base_changes()
        self._database.write(changes)

    def apply(self) -> Wiring | None:
        """Bring rows and flows of what is dirty to what is wanted; what was wired or unwired by it. Raises HandsLost, KernelRefused.

        What the switch refuses stays dirty and is tried again later; its neighbours are served.
        """
        self._ensure_open()
        refused = self._write_rows()
        with self._lock:
            bridges, tunnels = self._host.view.bridges.keys(), self._tunnels()
        self._switch.watch(bridges & {BR_INT, BR_TUN, *self._settings.bridge_mappings.values()})
        self._switch.read(self._host.book)
        if self._neighbours.meet(*tunnels):
            self.announce()
        with self._lock:
            plan = self._switch.plan(self._host.book)
        refused += self._switch.apply(plan, self._host.book) if plan else 0
        refused += self._write_tags()
        self.tally.write()
        self._refused = refused
        self._retry.after(refused + self._neighbours.is_missing)
        return self._changes()

    def audit(self) -> dict[str, int]:
        """Read everything back and repair it: {flows, rows} that differed although nothing was to be done."""
        self.apply()
        before = self.tally.counts()
        with self._lock:
            self._switch.doubt()
            self._neighbours.forget()
            self._host.refresh()
        self.apply()
        counts = {name: count - before[name] for name, count in self.tally.counts().items()}
        flows = sum(counts[f"flows_{what}"] for what in ("added", "changed", "removed"))
        return {"flows": flows, "rows": counts["rows_written"]}

    def load(self) -> dict[str, int]:
        """{networks, ports} that have a part of them on this host, and `failing`: what the switch refused at the last apply."""
        with self._lock:
            networks, ports = len(self._host.vlans.of), len(self._host.local_ports())
        return {"networks": networks, "ports": ports, "failing": self._refused}

    def report(self) -> Wiring:
        """Every port that is wired now; one that is being worked on counts as it did before."""
        with self._lock:
            reports = [report for report in map(self._host.report, self._host.local_ports()) if report is not None]
            now = [replace(report, wired=True) for report in reports if report.wired or self._was_wired(report)]
            self._reported = {report.port_id: report for report in now}
        return Wiring(tuple(now), complete=True)

    def _was_wired(self, report: PortReport) -> bool:
        before = self._reported.get(report.port_id)
        return before is not None and before.generation == report.generation and self._host.is_pending(report.port_id)

    def _tunnels(self) -> tuple[bool, dict[str, str]]:
        """Whether there are tunnels that the userspace datapath ends, and {address: mac} of their remote ends."""
        if datapath_type(self._host.layout, self._host.view) != "netdev":
            return False, {}
        return any(row.ofport > 0 for row in self._host.view.tunnels().values()), self._host.wanted.neighbours()

    def _ensure_open(self) -> None:
        self._database.ensure_open(self._see_all)

    def _see_all(self, rows: dict[str, Any]) -> None:
        """A fresh snapshot: what was believed of rows and flows before is worked out anew."""
        with self._lock:
            self._host.see_all(rows["bridges"], rows["ports"])
            self._switch.forget()
            self._neighbours.forget(tunnels=True)

    def _write_rows(self) -> int:
        """Write rows until OVSDB shows all that is wanted, then work the flows out; returns how many rows were refused."""
        refused: list[RowChange] = []
        for _ in range(_ROUNDS):
            with self._lock:
                changes = [change for change in self._host.row_changes() if change not in refused]
                if not changes:
                    break
            refused += self._database.write(changes)
        with self._lock:
            done = self._host.render()
            self._touched |= {id for kind, id in done if kind == "port"}
            if refused or changes:
                self._host.dirty |= done
        return len(refused) + len(changes)

    def _write_tags(self) -> int:
        """Write the tags of touched taps; returns how many were refused."""
        with self._lock:
            changes = self._host.tag_changes()
        return len(self._database.write(changes))

    def _changes(self) -> Wiring | None:
        """What the server does not know yet of the touched ports."""
        out = []
        with self._lock:
            for port_id in sorted(self._touched):
                report, before = self._host.report(port_id), self._reported.pop(port_id, None)
                if report is not None and report.wired:
                    self._reported[port_id] = report
                if report is not None and report != before and (report.wired or before is not None):
                    out.append(report)
            self._touched = {id for id in self._touched if self._host.is_pending(id)}
        return Wiring(tuple(out)) if out else None
