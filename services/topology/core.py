"""Puts topology together: what every replica runs, and what the leader runs on top."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Sequence
from time import monotonic

from libs.asking import Asker
from libs.bus import Away, Caller, HostFeeds, Wire, parse_user
from libs.config import Settings
from libs.errors import Refusal, bad_request, unavailable
from libs.eventlog.commit import Ledger
from libs.eventlog.follow import Tail
from libs.eventlog.pool import Connection
from libs.eventlog.postgres import PostgresLog
from libs.feed import AgentMessage, Fetch
from libs.gather import Gather
from libs.network.world import Answer, ChooseBinding, ChooseSegment, Question
from services.topology import feeds, fetch
from services.topology.agents import Agents
from services.topology.commits import Commits
from services.topology.heartbeats import Heartbeats
from services.topology.inbox import LogReader
from services.topology.lead import Lead
from services.topology.leader import Leadership, Loop, guarded
from services.topology.model import Model, load, plan_of
from services.topology.nova import nova_of
from services.topology.registry import Registry
from services.topology.reports import Reports
from services.topology.senders import Sender, sender

READY_SECONDS = 2.0
RETRY_SECONDS = 0.5
PATIENCE = 60
_log = logging.getLogger(__name__)


class Topology:
    """One replica. `run` blocks until `close`; `answer` and `handle` may be called from any greenlet meanwhile."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._log = settings, PostgresLog(settings.database_url)
        self._stop, self._ready = threading.Event(), threading.Event()
        self._ipam = Caller(settings.amqp_url, settings.rpc_seconds)
        self._feeds = HostFeeds(settings.amqp_url)
        self._pulse = Wire(settings.amqp_url, lambda channel: None)
        self._pulse.start()
        gather: Gather[object, object] = Gather(lambda items: self._ipam.call("ipam", "answer", items))
        asker = Asker(
            ipam=lambda items: gather.ask_all(items, 2 * settings.rpc_seconds),
            local={ChooseSegment: self._choose, ChooseBinding: self._choose},
        )
        self._commits = Commits(Ledger(self._log, asker, dns_domain=settings.dns_domain))
        self._heartbeats = Heartbeats(self._log.pool, min(2.0, settings.agent_down_seconds / 5))
        registry = Registry(self._heartbeats, self._commits.all, self._agents, self._beckon)
        self._reports = Reports(self._log.pool, registry, self._commits.all, self._answer_fetch)
        self._leadership = Leadership(settings.database_url, self._lead, lambda: self._pulse.is_up)
        self._nova = nova_of(settings)
        self._model: Model
        self._reader: LogReader

    def run(self) -> None:
        """Load, then follow, write heartbeats and try to lead. Raises what ends the process (past.LogTurnedBack)."""
        if not self._load():
            return
        failures: list[BaseException] = []
        loops = (self._leadership.run, self._heartbeats.run, self._reader.run)
        threads = [threading.Thread(target=guarded, args=(loop, self._stop, failures), daemon=True) for loop in loops]
        for thread in threads:
            thread.start()
        self._ready.set()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]

    def close(self) -> None:
        """Make `run` return soon."""
        self._stop.set()
        for link in (self._feeds, self._ipam, self._pulse):
            link.close()

    @property
    def leads(self) -> bool:
        """Whether this replica is the leader now."""
        return self._leadership.leads

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """Answers to ChooseSegment and ChooseBinding, in order; a Refusal is an answer."""
        return [self._answer(question) for question in questions]

    def handle(self, user: str, message: AgentMessage) -> None:
        """Do what an agent's message comes to. While the database or the broker is away it is tried again, for half a minute: an
        agent that asked in vain would wait longer each time."""
        who = sender(user, parse_user(user))
        if who is None:
            self._reports.dropped["no host has that token"] += 1
            return
        self._insist(user, lambda: self._reports.handle(who, message))

    def _insist(self, user: str, step: Callable[[], None]) -> None:
        try:
            for _ in range(PATIENCE - 1):
                try:
                    return step()
                except (Refusal, Away):
                    if self._stop.wait(RETRY_SECONDS):
                        break
            step()
        except (Refusal, Away) as error:
            _log.warning("a message of %s was given up: %s", user, error)

    def _load(self) -> bool:
        """Get the model, as soon as the database is there; False when closed before."""
        seed = int.from_bytes(os.urandom(4), "big")
        while not self._stop.is_set():
            try:
                self._model, identity = load(self._log.pool, self._log, plan_of(self._settings), seed)
            except Refusal as refusal:
                _log.warning("waiting for the database: %s", refusal.message)
                self._stop.wait(RETRY_SECONDS)
                continue
            tail = Tail(self._log, self._model.position)
            self._reader = LogReader(
                self._log, tail, identity, self._model.position, self._model.take, self._log.raise_epoch
            )
            return True
        return False

    def _answer(self, question: Question) -> Answer:
        try:
            return self._choose(question)
        except Refusal as refusal:
            return refusal

    def _choose(self, question: Question) -> Answer:
        if not self._ready.wait(READY_SECONDS):
            raise unavailable("Topology has not read the log yet.")
        if isinstance(question, ChooseSegment):
            return self._model.choose_segment(question, monotonic())
        if isinstance(question, ChooseBinding):
            return self._model.choose_binding(question)
        raise bad_request(f"{type(question).__name__} is not for topology")

    def _answer_fetch(self, who: Sender, asked: Fetch) -> None:
        """Here, not with other messages, so that all tries count as one question."""

        def send(texts: Sequence[str]) -> None:
            self._feeds.answer_texts(who.user, texts)

        self._insist(who.user, lambda: fetch.answer(self._log.pool, who.host, asked, send))

    def _agents(self) -> Agents | None:
        return self._model.agents if self._ready.is_set() else None

    def _beckon(self, who: Sender) -> None:
        """Whoever finds a gap in its feed says hello and asks for what it lacks."""
        try:
            self._feeds.answer(who.user, feeds.BECKON)
        except Away as error:
            _log.warning("an agent was not asked who it is: %s", error)

    def _lead(self, session: Connection) -> Sequence[Loop]:
        """What the holder of the lock does. Raises Refusal 503, psycopg2's errors."""
        lead = Lead(
            self._settings,
            self._log,
            self._feeds,
            self._commits,
            self._model.agents,
            self._reader,
            self._nova,
            lambda: self._pulse.is_up,
        )
        return lead.loops(session)
