"""Takes in what agents say of themselves, of their ports and of floating IPs."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from time import monotonic

from libs.commands import Command
from libs.eventlog.pool import Pool
from libs.feed import AgentMessage, Alive, Drift, Fetch, FloatingIpReport, Hello, PortReport, Routing, Wiring
from libs.model import L3_AGENT, OVS_AGENT, is_printable
from libs.rates import Drops, Rates
from services.topology import floating, status
from services.topology.commits import CommitAll
from services.topology.registry import Registry
from services.topology.senders import Sender

MAX_PORTS = 20_000
MAX_ID, MAX_REASON, MAX_WHY, MAX_KINDS = 64, 32, 255, 32
_log = logging.getLogger(__name__)

_BOUND = "select id, host, status, hidden from port where (host = %s or further_hosts @> array[%s]) and hidden <> ''"
_NAMED = f"{_BOUND} and id = any (%s)"
_RANGE = f"""{_BOUND} and id collate "C" > %s and (%s = '' or id collate "C" <= %s)"""
_STANDING = """
    select f.id, f.router_id, f.fixed_ip_address, f.status from router r join floatingip f on f.router_id = r.id
    where r.host = %s"""
_STANDING_NAMED = f"{_STANDING} and f.id = any (%s)"
_STANDING_RANGE = f"""{_STANDING} and f.id collate "C" > %s and (%s = '' or f.id collate "C" <= %s)"""


class Reports:
    """Handles one message at a time per agent. `dropped` counts what was not believed, by reason.

    While the database is away a message waits (`patience` tries a second apart); then it is given up: agents repeat what matters.
    """

    def __init__(
        self, pool: Pool, registry: Registry, commit: CommitAll, answer: Callable[[Sender, Fetch], None]
    ) -> None:
        self._pool, self._registry, self._commit, self._answer = pool, registry, commit, answer
        self._fetches, self._drifts = Rates(20, 1.0), Rates(20, 0.1)
        # What a report may change: a whole host that boots, then far more than servers are ever plugged on one host.
        self._changes = Rates(2_000, 20.0)
        self.dropped = Drops(_log)
        self.drift: Counter[str] = Counter()

    def handle(self, who: Sender, message: AgentMessage) -> None:
        """Do what a message comes to. Raises Refusal 503 when the database is away."""
        if isinstance(message, Alive):
            self._registry.alive(who, message)
        elif isinstance(message, Wiring):
            self._wiring(who, message)
        elif isinstance(message, Routing):
            self._routing(who, message)
        elif isinstance(message, Hello):
            self._hello(who, message)
        elif isinstance(message, Fetch):
            self._fetch(who, message)
        elif isinstance(message, Drift):
            self._note_drift(who, message)

    def _hello(self, who: Sender, message: Hello) -> None:
        wrong = self._registry.hello(who, message)
        if wrong:
            self.dropped.note(wrong, who.user)

    def _fetch(self, who: Sender, message: Fetch) -> None:
        if len(message.request) > MAX_ID:  # each part of the answer repeats it
            self.dropped.note("a fetch with too long a name", who.user)
        elif not self._fetches.allow(who.user, monotonic()):
            self.dropped.note("too many fetches", who.user)
        else:
            self._answer(who, message)

    def _wiring(self, who: Sender, message: Wiring) -> None:
        if who.agent_type != OVS_AGENT:  # the ports of DHCP and routers are wired by the OVS agent, too
            return
        sound = all(map(_is_sound, message.ports)) and _is_text(message.after) and _is_text(message.upto)
        if len(message.ports) > MAX_PORTS or not sound:
            self.dropped.note("a report that no agent makes", who.user)
            return
        self._change(status.reports(message, who.host, self._bound(who.host, message)), who)

    def _bound(self, host: str, message: Wiring) -> dict[str, status.Bound]:
        """{port_id: Bound} of the host's ports that the report is about, those that may move here too; one query."""
        if message.complete:
            rows = self._pool.query(_RANGE, (host, host, message.after, message.upto, message.upto))
        else:
            rows = self._pool.query(_NAMED, (host, host, [one.port_id for one in message.ports]))
        return status.bound_on(host, rows)

    def _routing(self, who: Sender, message: Routing) -> None:
        if who.agent_type != L3_AGENT:
            return
        sound = all(map(_is_sound_routing, message.floatingips)) and _is_text(message.after) and _is_text(message.upto)
        if len(message.floatingips) > MAX_PORTS or not sound:
            self.dropped.note("a report that no agent makes", who.user)
            return
        self._change(floating.reports(message, who.host, self._standing(who.host, message)), who)

    def _standing(self, host: str, message: Routing) -> dict[str, floating.Standing]:
        """{floatingip_id: Standing} of the host's routers' floating IPs that the report is about."""
        if message.complete:
            rows = self._pool.query(_STANDING_RANGE, (host, message.after, message.upto, message.upto))
        else:
            rows = self._pool.query(_STANDING_NAMED, (host, [one.floatingip_id for one in message.floatingips]))
        return {id: floating.Standing(*standing) for id, *standing in rows}

    def _change(self, commands: Sequence[Command], who: Sender) -> None:
        """As many as its sender may. Raises the first 503; other refusals (the port is gone) are the normal way of late reports."""
        granted = self._changes.grant(who.user, monotonic(), len(commands))
        if granted < len(commands):  # the next complete report makes good for it
            self.dropped.note("too many reports", who.user, len(commands) - granted)
        for refusal in self._commit(commands[:granted], who.user) if granted else ():
            if refusal is not None and refusal.status == 503:
                raise refusal
            if refusal is not None:
                _log.debug("a report of %s came to nothing: %s", who.user, refusal.message)

    def _note_drift(self, who: Sender, message: Drift) -> None:
        counts = {
            what: number for what, number in message.counts.items() if 0 <= number < 2**31 and len(what) <= MAX_ID
        }
        if (
            len(counts) != len(message.counts)
            or len(counts) > MAX_KINDS
            or not self._drifts.allow(who.user, monotonic())
        ):
            self.dropped.note("a drift that no agent reports", who.user)
            return
        self.drift.update(
            {what: number for what, number in counts.items() if what in self.drift or len(self.drift) < 1000}
        )
        _log.warning(
            "a host differed from what is desired and was repaired",
            extra={"fields": {"user": who.user, "drift": counts}},
        )


def _is_sound(report: PortReport) -> bool:
    """Whether the texts and the number are such as the log can hold."""
    texts = _is_text(report.port_id) and _is_text(report.reason) and len(report.reason) <= MAX_REASON
    return texts and 0 <= report.generation < 2**63


def _is_sound_routing(report: FloatingIpReport) -> bool:
    texts = (report.floatingip_id, report.router_id, report.fixed_ip_address)
    plain = report.reason.isascii() and is_printable(report.reason)
    return all(map(_is_text, texts)) and plain and len(report.reason) <= MAX_WHY


def _is_text(text: str) -> bool:
    return len(text) <= MAX_ID and text.isascii() and is_printable(text)
