"""The servers' end of what agents say: `@agent_requests def handle(self, user, message)` on a nameko service.

Believed is only what the broker vouches for: the sender is the message's validated `user_id`. One replica of topology at a time
gets the messages (single active consumer), and those of one agent are handled one after the other, so their order holds.
"""

from __future__ import annotations

import json
import logging
from collections import Counter, deque
from contextlib import suppress
from functools import partial
from typing import Any

import amqp
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import Entrypoint

from libs.bus.names import MESSAGE_LIMIT, REQUESTS_QUEUE, SERVER_QUEUE, declare_exchanges, declare_queue, parse_user
from libs.bus.wire import LOST, Wire
from libs.codec import message_from_json
from libs.feed import REQUESTS_EXCHANGE, AgentMessage

PREFETCH = 32
"""Half of nameko's workers: messages that wait for the database never hold up all calls of other services."""
_log = logging.getLogger(__name__)


class RequestConsumer(Entrypoint):  # type: ignore[misc]
    """Calls the method with (user, message) for each well-formed message of an agent; acknowledged when the method is through.

    A method that raises is logged and its message is done with: agents repeat what matters. `dropped` counts what was not believed:
    {"no user_id" | "not an agent" | "too large" | "malformed": count}.
    """

    def setup(self) -> None:
        """Connect when started; nothing is declared before."""
        self.dropped: Counter[str] = Counter()
        self._lanes: dict[str, deque[tuple[amqp.Message, AgentMessage]]] = {}
        self._wire = Wire(self.container.config["AMQP_URI"], self._consume, on_lost=self._lost)

    def start(self) -> None:
        """Consume in a thread of the container."""
        self.container.spawn_managed_thread(self._wire.run)

    def stop(self) -> None:
        """Hang up; what is not acknowledged is delivered again."""
        self._wire.close()

    def kill(self) -> None:
        """As stop."""
        self._wire.close()

    def _consume(self, channel: amqp.Channel) -> None:
        declare_exchanges(channel)
        declare_queue(channel, REQUESTS_QUEUE, SERVER_QUEUE)
        channel.queue_bind(REQUESTS_QUEUE, REQUESTS_EXCHANGE, "request.#")
        channel.basic_qos(0, PREFETCH, False)
        channel.basic_consume(REQUESTS_QUEUE, callback=self._received)

    def _received(self, raw: amqp.Message) -> None:
        user = str(raw.properties.get("user_id", ""))
        message = self._understood(user, raw)
        if message is None:
            _ack(raw)
            return
        lane = self._lanes.setdefault(user, deque())
        lane.append((raw, message))
        if len(lane) == 1:
            self._work(user, lane)

    def _understood(self, user: str, raw: amqp.Message) -> AgentMessage | None:
        reason = "malformed"
        if not user:
            reason = "no user_id"
        elif parse_user(user) is None:
            reason = "not an agent"
        elif len(raw.body) > MESSAGE_LIMIT:
            reason = "too large"
        else:
            with suppress(ValueError, RecursionError):
                return message_from_json(json.loads(raw.body))
        self.dropped[reason] += 1
        _log.warning("dropped a message of an agent: %s", reason, extra={"fields": {"user": user}})
        return None

    def _work(self, user: str, lane: deque[tuple[amqp.Message, AgentMessage]]) -> None:
        raw, message = lane[0]
        try:
            self.container.spawn_worker(
                self, (user, message), {}, context_data={}, handle_result=partial(self._handled, user, lane, raw)
            )
        except ContainerBeingKilled:
            _log.debug("not handled any more: %s", user)

    def _handled(
        self,
        user: str,
        lane: deque[tuple[amqp.Message, AgentMessage]],
        raw: amqp.Message,
        _worker: Any,
        result: Any = None,
        exc_info: Any = None,
    ) -> tuple[Any, Any]:
        _ack(raw)
        lane.popleft()
        if lane:
            self._work(user, lane)
        elif self._lanes.get(user) is lane:
            del self._lanes[user]
        return result, exc_info

    def _lost(self) -> None:
        """What waits will be delivered again; what is being handled goes on."""
        for lane in self._lanes.values():
            while len(lane) > 1:
                lane.pop()


def _ack(raw: amqp.Message) -> None:
    try:
        raw.channel.basic_ack(raw.delivery_info["delivery_tag"])
    except (*LOST, AttributeError) as error:  # its connection is gone: the broker delivers it again
        _log.debug("not acknowledged: %s", error)


agent_requests = RequestConsumer.decorator
