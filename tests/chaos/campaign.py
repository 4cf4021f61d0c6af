"""A whole run: clients at work, one fault after the other, then quiet, and the evidence for the checker."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from cli.backing import Backing
from cli.places import Places
from cli.supervision import Supervision
from lab.hosts import HOSTS, Lab
from libs.eventlog.audit import audit
from libs.eventlog.chain import Stored
from libs.eventlog.postgres import PostgresLog
from libs.eventlog.rebuild import rebuild
from libs.naming import path_of
from tests.chaos.door import Door
from tests.chaos.evidence import Evidence, Outage, PortTruth
from tests.chaos.history import Seen, seen_in
from tests.chaos.nemesis import Fault, Nemesis
from tests.chaos.probe import Probe
from tests.chaos.taps import Taps
from tests.chaos.workload import Workload

KINDS = (
    *("network", "subnet", "port", "router", "floatingip"),
    *("security_group", "security_group_rule", "rbac_policy"),
)
PAGE, QUIET_SECONDS = 2000, 90.0
Say = Callable[[str], None]


@dataclass(slots=True)
class Campaign:
    """One run against the system in `places`. settled: seconds until every port's status was true at the end."""

    url: str
    places: Places
    lab: Lab
    say: Say = print
    slack: float = 1.0
    settled: float = field(default=0.0, init=False)

    def run(self, seed: int, faults: Iterable[Fault], pause: float = 0.5) -> Evidence:
        """Do the faults under load, let it settle, gather the evidence."""
        taps, nemesis, dice = Taps(self.lab), Nemesis(self.places), random.Random(seed)
        probe, workload = Probe(self.url, taps), Workload(self.url, seed, taps)
        outages = []
        workload.start()
        try:
            time.sleep(2 * pause)
            for fault in faults:
                over = nemesis.strike(fault)
                outage = Outage(
                    str(fault), probe.seconds_until_well(over, fault.host or dice.choice(HOSTS)), fault.goal
                )
                outages.append(outage)
                self.say(_line(outage))
                if outage.seconds is None or outage.seconds > outage.goal:
                    self.say("; ".join(probe.story[-12:]))
                time.sleep(pause)
        finally:
            workload.stop()
        return self.evidence(workload, taps, outages)

    def evidence(self, workload: Workload, taps: Taps, outages: list[Outage]) -> Evidence:
        """What there is when the clients are quiet and statuses had time to become true."""
        ports = self._quiet(taps)
        backing = Backing(self.places)
        backing.prepare(Supervision(self.places))
        final = self._final()
        log = PostgresLog(backing.database_url)
        beside = _beside(backing)
        stored = _stored(log)
        calls = workload.history.calls
        self.say(f"{len(calls)} calls, {len(stored)} events; statuses true after {self.settled:.1f} s")
        return Evidence(log.identity().log_id, stored, calls, final, ports, outages, beside, self.slack)

    def _final(self) -> list[Seen]:
        door = Door(self.url, 30)
        paths = {kind: path_of(kind).removeprefix("/v2.0/") for kind in KINDS}
        return [one for kind, path in paths.items() for one in seen_in(kind, door.send("GET", path).body)]

    def _quiet(self, taps: Taps) -> list[PortTruth]:
        """Ports with the truth about them, once nobody's status is wrong or patience is over."""
        begun, door = time.monotonic(), Door(self.url, 30)
        while True:
            plugged = taps.plugged()
            answer = door.send("GET", "ports")
            ports = [_truth(body, plugged) for body in answer.body["ports"]] if answer.status == 200 else []
            self.settled = time.monotonic() - begun
            wrong = [
                one for one in ports if one.status != ("ACTIVE" if one.host and one.plugged_on == one.host else "DOWN")
            ]
            if (answer.status == 200 and not wrong) or self.settled > QUIET_SECONDS:
                return ports
            time.sleep(0.3)


def _truth(body: dict[str, str], plugged: dict[str, list[str]]) -> PortTruth:
    host, on = body["binding:host_id"], plugged.get(body["id"], [])
    return PortTruth(body["id"], host, body["status"], host if host in on else "".join(on[:1]))


def _stored(log: PostgresLog) -> list[Stored]:
    found: list[Stored] = []
    while page := log.stored(len(found), PAGE):
        found += page
    return found


def _beside(backing: Backing) -> list[str]:
    """What differs from the log in what is kept beside it."""
    found = audit(backing.database_admin_url)
    wrong = [f"the head of {name}" for name in found.heads] + [f"claim {name}" for name in found.claims]
    wrong += [f"the number of {name}" for name in found.uses]
    for kind in (*KINDS, "agent"):
        report = rebuild(backing.database_admin_url, kind)
        if not report.equal:
            wrong.append(f"the read model of {kind}s")
    return [f"{one} is not what the log says" for one in wrong]


def _line(outage: Outage) -> str:
    took = "never" if outage.seconds is None else f"{outage.seconds:5.2f} s"
    late = "" if outage.seconds is not None and outage.seconds <= outage.goal else "  (late)"
    return f"{outage.fault:45} back after {took}, goal {outage.goal:.0f} s{late}"
