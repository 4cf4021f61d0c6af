"""topology: where things are. It proposes segments and bindings, and does what follows from the log once something is in it.

Any number of replicas: all answer, one leads (relay, DHCP scheduling, watch over agents).
"""

from __future__ import annotations

from typing import Any

from nameko.rpc import rpc

from libs.bus import Background, agent_requests
from libs.codec import answer_to_json, question_from_json
from libs.feed import AgentMessage
from services.topology.core import Topology
from services.topology.nova import check_nova

NEEDS = ("database_url", "amqp_url")
CHECK = check_nova


class TopologyService:
    """Answers ChooseSegment and ChooseBinding, and listens to agents."""

    name = "topology"
    core = Background(Topology)

    @rpc  # type: ignore[untyped-decorator]
    def answer(self, questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """JSON of questions to JSON of answers, in order."""
        return [answer_to_json(one) for one in self.core.answer([question_from_json(one) for one in questions])]

    @agent_requests  # type: ignore[untyped-decorator]
    def handle(self, user: str, message: AgentMessage) -> None:
        """One message of an agent; user is the broker's word about who sent it."""
        self.core.handle(user, message)


SERVICE = TopologyService
