"""Asking another service: nameko's RPC with a deadline, without confirms, many askers in one message.

The wire format is nameko's, the server side a plain `@rpc` method. Answers come by RabbitMQ's direct reply-to: no reply queue to
declare, none to pile up. Requests expire in the queue at their deadline, so that a service that was away is not flooded.
"""

from __future__ import annotations

import json
import logging
import threading
import uuid
from typing import Any

import amqp
from nameko.extensions import DependencyProvider, SharedExtension

from libs.bus.names import RPC_EXCHANGE
from libs.bus.wire import Away, Wire
from libs.errors import unavailable
from libs.gather import Gather

GRACE_SECONDS = 1.0
"""How long a call waits for a connection before it is refused."""
ATTEMPTS = 4
"""How often a question is sent within its deadline: the broker gives the next one to the next replica, so that one replica that
was stopped or hangs costs a quarter of the deadline, not the answer."""
_log = logging.getLogger(__name__)


class _Pending:
    def __init__(self) -> None:
        self.done = threading.Event()
        self.body: dict[str, Any] | None = None
        self.reason = "did not answer in time"

    def finish(self, body: dict[str, Any] | None, reason: str = "") -> None:
        self.body, self.reason = body, reason
        self.done.set()


class Caller:
    """Calls `@rpc` methods of any service over one connection of its own; the methods must not mind being called twice."""

    def __init__(self, url: str, deadline_seconds: float) -> None:
        self._deadline = deadline_seconds
        self._pending: dict[str, _Pending] = {}
        self._wire = Wire(url, self._setup, on_lost=self._lost)
        self._wire.start()

    def call(self, service: str, method: str, *args: Any) -> Any:
        """The method's result. Raises Refusal 503 when there is none within the deadline, for whatever reason."""
        pending, name = _Pending(), uuid.uuid4().hex
        self._pending[name] = pending
        try:
            self._wire.wait_up(min(GRACE_SECONDS, self._deadline))
            for _ in range(ATTEMPTS):
                self._send(service, method, args, name)
                if pending.done.wait(self._deadline / ATTEMPTS):
                    break
        except Away as error:
            raise unavailable(f"The message broker is away: {error}") from None
        finally:
            self._pending.pop(name, None)
        if pending.body is None:
            raise unavailable(f"Service {service} {pending.reason}.")
        if pending.body.get("error"):
            _log.error("%s.%s failed: %s", service, method, pending.body["error"].get("value"))
            raise unavailable(f"Service {service} failed.")
        return pending.body["result"]

    def close(self) -> None:
        """Hang up; calls under way are refused."""
        self._wire.close()

    def _send(self, service: str, method: str, args: tuple[Any, ...], name: str) -> None:
        self._wire.publish(
            json.dumps({"args": args, "kwargs": {}}, separators=(",", ":")),
            RPC_EXCHANGE,
            f"{service}.{method}",
            mandatory=True,  # a service that never ran has no queue: then the message comes back at once
            reply_to="amq.rabbitmq.reply-to",
            correlation_id=name,
            expiration=str(max(1, int(self._deadline * 1000))),
        )

    def _setup(self, channel: amqp.Channel) -> None:
        channel.exchange_declare(RPC_EXCHANGE, "topic", durable=True, auto_delete=False)
        channel.events["basic_return"].add(self._returned)
        channel.basic_consume("amq.rabbitmq.reply-to", no_ack=True, callback=self._answered)

    def _answered(self, message: amqp.Message) -> None:
        pending = self._pending.get(message.properties.get("correlation_id", ""))
        if pending is not None:
            pending.finish(json.loads(message.body))

    def _returned(self, _error: Exception, _exchange: str, _key: str, message: amqp.Message) -> None:
        pending = self._pending.get(message.properties.get("correlation_id", ""))
        if pending is not None:
            pending.finish(None, "is not running")

    def _lost(self) -> None:
        for pending in list(self._pending.values()):
            pending.finish(None, "was cut off by the message broker")


class SharedCaller(SharedExtension):  # type: ignore[misc]
    """One Caller for all Askings of a container."""

    def setup(self) -> None:
        """Connect in the background; a broker that is away stops no service from starting."""
        settings = self.container.config["settings"]
        self.deadline = settings.rpc_seconds
        self.caller = Caller(self.container.config["AMQP_URI"], settings.rpc_seconds)

    def stop(self) -> None:
        """Hang up."""
        self.caller.close()


class Asking(DependencyProvider):  # type: ignore[misc]
    """`Asking("ipam", "answer")`: `.ask(item) -> answer` and `.ask_all(items) -> answers`, all JSON-able.

    Concurrent askers share one call of `method(list of items) -> list of answers`. Raises Refusal 503 at the latest after twice
    rpc_seconds (once for a call that is in flight, once for its own).
    """

    shared = SharedCaller()

    def __init__(self, service: str, method: str = "answer", lanes: int = 2) -> None:
        self._service, self._method = service, method
        self._gather: Gather[Any, Any] = Gather(self._call, lanes)

    def get_dependency(self, worker_ctx: Any) -> Asking:
        """Itself: there is nothing of a worker in it."""
        return self

    def ask(self, item: Any) -> Any:
        """The answer to one item."""
        answer = self.ask_all([item])[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def ask_all(self, items: list[Any]) -> list[Any]:
        """The answers to all items, in one call when a lane is free; an answer may be a Refusal."""
        try:
            return self._gather.ask_all(items, 2 * self.shared.deadline)
        except TimeoutError:
            raise unavailable(f"Service {self._service} did not answer in time.") from None

    def _call(self, items: list[Any]) -> list[Any]:
        answers = self.shared.caller.call(self._service, self._method, items)
        if not isinstance(answers, list):
            raise unavailable(f"Service {self._service} gave no list.")
        return answers
