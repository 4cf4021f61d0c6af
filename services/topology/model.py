"""What every replica of topology knows: agents, taken segments, and the log's position that this stands for."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

from libs.config import Settings
from libs.errors import Refusal
from libs.eventlog.pool import Pool
from libs.eventlog.protocol import EventLog, LogIdentity, Recorded, Row
from libs.events import AgentEvent, NetworkCreated, NetworkDeleted
from libs.model import VIF_FAILED, Binding, Segment
from libs.network.agent import Agent
from libs.network.kinds import resource_of
from libs.network.world import ChooseBinding, ChooseSegment, SegmentChoice
from services.topology import binding, facts
from services.topology.agents import Agents
from services.topology.segments import SegmentPlan, Segments

PAGE = 1000


class Model:
    """Follows the log; `take` may be called with the same events twice. Answers are as true as the position is new."""

    def __init__(self, log: EventLog, segments: Segments, agents: Agents, position: int) -> None:
        self._log, self.segments, self.agents, self.position = log, segments, agents, position
        self._lock = threading.Lock()

    def take(self, batch: Iterable[Recorded]) -> None:
        """Further events; those up to the position are known already."""
        with self._lock:
            for one in batch:
                if one.position > self.position:
                    self._apply(one)
                    self.position = one.position

    def catch_up(self) -> bool:
        """Read what the log has beyond the position; whether there was anything. Raises Refusal 503."""
        any_news = False
        while batch := self._log.read(self.position, PAGE):
            any_news = True
            self.take(batch)
        return any_news

    def choose_segment(self, question: ChooseSegment, now: float) -> SegmentChoice:
        """As `Segments.choose`, looked at again with all that the log holds before anything is refused. Raises Refusal."""
        try:
            return self.segments.choose(question, self.agents.physical_networks(), now)
        except Refusal:
            if not self.catch_up():
                raise
            return self.segments.choose(question, self.agents.physical_networks(), now)

    def choose_binding(self, question: ChooseBinding) -> Binding:
        """As `binding.choose`, looked at again with all that the log holds before it fails: the agent may have come a moment ago."""
        found = binding.choose(question, self.agents)
        if found.vif_type == VIF_FAILED and self.catch_up():
            return binding.choose(question, self.agents)
        return found

    def _apply(self, one: Recorded) -> None:
        event = one.event
        if isinstance(event, AgentEvent):
            self.agents.take(event)
        elif isinstance(event, NetworkCreated):
            self.segments.take(Segment(event.network_type, event.physical_network, event.segmentation_id))
        elif isinstance(event, NetworkDeleted):
            self.segments.release(Segment(event.network_type, event.physical_network, event.segmentation_id))


def plan_of(settings: Settings) -> SegmentPlan:
    """What may be chosen, from the settings."""
    return SegmentPlan(
        settings.tenant_network_types,
        settings.vni_ranges,
        settings.vlan_ranges,
        settings.flat_networks,
        settings.physical_mtu,
    )


def load(pool: Pool, log: EventLog, plan: SegmentPlan, seed: int) -> tuple[Model, LogIdentity]:
    """The model at one moment of the log. Raises Refusal 503."""
    with facts.snapshot(pool) as connection:
        identity = facts.identity(connection)
        [(position,)] = facts.query(connection, "select coalesce(max(position), 0) from event")
        keys = facts.query(
            connection,
            "select key from claim where key like 'vni/%' or key like 'vlan/%' or key like 'flat/%'",
        )
        rows = facts.query(connection, "select id, version, body, hidden from agent order by created_at, id")
    segments = Segments(plan, seed)
    for segment in segments_of(key for (key,) in keys):
        segments.take(segment)
    return Model(log, segments, Agents(_agents(rows)), position), identity


def segments_of(keys: Iterable[str]) -> list[Segment]:
    """The segments that claims stand for (`libs.network.claims.segment_claim`)."""
    found = []
    for key in keys:
        kind, _, rest = key.partition("/")
        if kind == "vni":
            found.append(Segment("vxlan", None, int(rest)))
        elif kind == "vlan":
            physical, _, number = rest.rpartition("/")
            found.append(Segment("vlan", physical, int(number)))
        elif kind == "flat":
            found.append(Segment("flat", rest))
    return found


def _agents(rows: Sequence[tuple[str, int, str, str]]) -> list[Agent]:
    return [resource_of(Row("agent", id, version, {}, body, hidden)).state for id, version, body, hidden in rows]
