"""The servers' end of what agents say: `@agent_requests def handle(self, user, message)` on a nameko service.

Believed is only what the broker vouches for: the sender is the message's validated `user_id`, and the one that may publish to the
exchange it came by. Who floods is shut off for a minute: its exchange is unbound, and a message of ours that has to wait for so long
in a queue brings it back, whichever process is there by then. One replica of topology at a time
gets the messages (single active consumer), and those of one agent are handled one after the other, so their order holds.
"""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from functools import partial
from time import monotonic, sleep
from typing import Any

import amqp
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import Entrypoint

from libs.bus.lanes import Lanes
from libs.bus.names import (
    MESSAGE_LIMIT,
    PARDONS,
    QUARANTINE,
    QUARANTINE_QUEUE,
    REQUESTS_QUEUE,
    SERVER_QUEUE,
    asker,
    declare_exchanges,
    declare_queue,
    parse_user,
)
from libs.bus.wire import LOST, Wire
from libs.codec import message_from_json
from libs.feed import REQUESTS_EXCHANGE, AgentMessage
from libs.rates import Drops, Rates

WORKERS = 32
"""Half of nameko's: messages that wait for the database never hold up all calls of other services."""
PREFETCH, LANE, LANE_BYTES = 512, 64, 1024 * 1024
"""What the broker hands over at once, and what may wait of one agent, so that there is room for the others', too."""
FLOOD = 300
"""Messages that are dropped of one agent, and no more in the long run than its rate, before it is shut off."""
TURN_SECONDS = 0.005
BURST_SECONDS, BYTES = 5, 16 * 1024
"""For how many seconds' messages an agent may save up, and how many bytes count as one message more."""
_log = logging.getLogger(__name__)


class RequestConsumer(Entrypoint):  # type: ignore[misc]
    """Calls the method with (user, message) for each well-formed message of an agent; acknowledged when the method is through.

    A method that raises is logged and its message is done with: agents repeat what matters. `dropped` counts what was not believed:
    {"no user_id" | "not its exchange" | "not an agent" | "too large" | "too many" | "too many waiting" | "malformed": count}.
    """

    def setup(self) -> None:
        """Connect when started; nothing is declared before."""
        self.dropped = Drops(_log)
        rate = self.container.config["settings"].agent_messages_per_second
        self._rates = Rates(rate * BURST_SECONDS, rate)
        self._yielded = 0.0
        self._patience, self._shuts = Rates(FLOOD, rate), Rates(1, 0.2)
        self._lanes: Lanes[tuple[amqp.Message, AgentMessage]] = Lanes(WORKERS, LANE, LANE_BYTES)
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
        declare_queue(channel, QUARANTINE, QUARANTINE_QUEUE)
        declare_queue(channel, PARDONS, {})
        channel.basic_qos(0, PREFETCH, False)
        # Without acknowledgement: the exchange of who was revoked meanwhile is not there, and to try again would not help.
        channel.basic_consume(PARDONS, no_ack=True, callback=self._pardoned)
        channel.basic_consume(REQUESTS_QUEUE, callback=self._received)

    def _received(self, raw: amqp.Message) -> None:
        user = str(raw.properties.get("user_id", ""))
        message = self._understood(user, raw)
        if message is None:
            _ack(raw)
            self._shut_off(raw)
            sleep(
                0
            )  # what is dropped costs little, so that a flood of it would leave no turn to the rest of the process
            return
        self._lanes.put(user, (raw, message), len(raw.body))
        self._work()

    def _yield(self) -> None:
        """A flood of what is dropped never lets this greenlet wait for the socket; the others get their turns all the same."""
        if monotonic() - self._yielded > TURN_SECONDS:
            sleep(0)
            self._yielded = monotonic()

    def _shut_off(self, raw: amqp.Message) -> None:
        """Unbind the exchange of who sends far too much; the name comes back when it has waited."""
        exchange = raw.delivery_info["exchange"]
        if not asker(exchange) or self._patience.allow(exchange, monotonic(), _cost(raw)):
            return
        if not self._shuts.allow(exchange, monotonic()):  # what was on its way already
            return
        self.dropped.note("shut off", asker(exchange))
        with suppress(*LOST, AttributeError):
            raw.channel.basic_publish(amqp.Message(exchange, delivery_mode=2), "", QUARANTINE)
            raw.channel.exchange_unbind(REQUESTS_EXCHANGE, exchange, "", nowait=True)

    def _pardoned(self, raw: amqp.Message) -> None:
        raw.channel.exchange_bind(REQUESTS_EXCHANGE, bytes(raw.body).decode(), "", nowait=True)

    def _understood(self, user: str, raw: amqp.Message) -> AgentMessage | None:
        reason = self._refused(user, raw)
        if not reason:
            with suppress(ValueError, RecursionError):
                return message_from_json(json.loads(raw.body))
        self.dropped.note(reason or "malformed", user)
        return None

    def _refused(self, user: str, raw: amqp.Message) -> str:
        """Why the message is not even read; empty when it is."""
        if not user:
            return "no user_id"
        if asker(raw.delivery_info["exchange"]) not in ("", user):
            return "not its exchange"
        if parse_user(user) is None:
            return "not an agent"
        if len(raw.body) > MESSAGE_LIMIT:
            return "too large"
        if not self._rates.allow(user, monotonic(), _cost(raw)):
            return "too many"
        return "" if self._lanes.has_room(user, len(raw.body)) else "too many waiting"

    def _work(self) -> None:
        while found := self._lanes.next():
            user, (raw, message) = found
            try:
                self.container.spawn_worker(
                    self, (user, message), {}, context_data={}, handle_result=partial(self._handled, user, raw)
                )
            except ContainerBeingKilled:
                _log.debug("not handled any more: %s", user)

    def _handled(
        self, user: str, raw: amqp.Message, _worker: Any, result: Any = None, exc_info: Any = None
    ) -> tuple[Any, Any]:
        _ack(raw)
        self._lanes.done(user)
        self._work()
        return result, exc_info

    def _lost(self) -> None:
        """What waits will be delivered again; what is being handled goes on."""
        self._lanes.clear()


def _cost(raw: amqp.Message) -> int:
    return 1 + len(raw.body) // BYTES


def _ack(raw: amqp.Message) -> None:
    try:
        raw.channel.basic_ack(raw.delivery_info["delivery_tag"])
    except (*LOST, AttributeError) as error:  # its connection is gone: the broker delivers it again
        _log.debug("not acknowledged: %s", error)


agent_requests = RequestConsumer.decorator
