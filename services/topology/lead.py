"""What the leader runs: the relay, the processes, the watch over agents, and what tells Nova; each at its own pace."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from libs.bus import HostFeeds
from libs.config import Settings
from libs.eventlog.pool import Connection
from libs.eventlog.postgres import PostgresLog
from libs.eventlog.protocol import Recorded
from services.topology.agents import Agents
from services.topology.commits import Commits
from services.topology.inbox import LogReader
from services.topology.leader import Loop
from services.topology.notifier import Notifier, Nova
from services.topology.processes import processes
from services.topology.relay import Relay
from services.topology.store import PgFeedStore
from services.topology.watch import Watch
from services.topology.work import Work

Take = Callable[[Sequence[Recorded]], None]


@dataclass(frozen=True, slots=True)
class Lead:
    """What leading takes. can_hear: whether the broker is there. nova: None where there is none."""

    settings: Settings
    log: PostgresLog
    feeds: HostFeeds
    commits: Commits
    agents: Agents
    reader: LogReader
    nova: Nova | None
    can_hear: Callable[[], bool]

    def loops(self, session: Connection) -> Sequence[Loop]:
        """What the holder of the lock does. Raises Refusal 503, psycopg2's errors."""
        relay = Relay(PgFeedStore(session), self.feeds.publish_all)
        down, publish = self.settings.agent_down_seconds, self.feeds.publish_all
        watch = Watch(self.log.pool, relay.identity, down, self.commits.all, publish, self.can_hear)
        dhcp, routers = processes(self.log, self.log.pool, self.commits, self.agents, self.settings)
        dhcp_from, routers_from = dhcp.start(), routers.start()
        return [
            *self._notifying(),
            lambda stop: self._work(stop, relay.position, relay.take, relay.rest, False),
            lambda stop: self._work(stop, dhcp_from, dhcp.take, dhcp.tend, True),
            lambda stop: self._work(stop, routers_from, routers.take, routers.tend, True),
            watch.run,
        ]

    def _notifying(self) -> Sequence[Loop]:
        if self.nova is None:
            return ()
        notifier = Notifier(self.log, self.log.pool, self.nova)
        position = notifier.start()

        def run(stop: threading.Event) -> None:
            inbox = self.reader.open(position)
            try:
                notifier.run(inbox, stop)
            finally:
                self.reader.close(inbox)

        return (run,)

    def _work(self, stop: threading.Event, position: int, take: Take, rest: Callable[[], None], always: bool) -> None:
        inbox = self.reader.open(position)
        try:
            Work(inbox, take, rest, always).run(stop)
        finally:
            self.reader.close(inbox)
