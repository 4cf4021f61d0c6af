"""Every change we make to nameko 2.14.1, with its reason. `install()` is called once by the launcher.

nameko's RPC server side stays as it is but for these: without them a broker restart kills the container (seen), or the service
comes back late, or each answer costs a kombu pool look-up, a confirm and a write to disk.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from functools import cache, wraps
from typing import Any

from nameko import rpc
from nameko.exceptions import UnserializableValueError, serialize
from nameko.messaging import QueueConsumer

from libs.bus.wire import Away, Wire

RETRY_SECONDS = 0.5
LOOK_SECONDS = 0.1
ANSWER_WAIT_SECONDS = 1.0
_log = logging.getLogger(__name__)


def install() -> None:
    """Patch nameko in this process."""
    # nameko catches amqp's ConnectionError alone; a reset socket raises OSError and kills the container. The message is not lost:
    # the broker delivers it again on the next connection.
    _tolerate_os_errors("ack_message")
    _tolerate_os_errors("requeue_message")
    # kombu waits 2, 4, .. 30 s between attempts; after a long outage the service would be back half a minute late.
    QueueConsumer.establish_connection = _establish_connection
    # kombu looks whether it is to stop once a second, and nameko needs two looks; all the while nobody answers.
    QueueConsumer.consume = _consume
    # An answer that cannot be published kills the container, and leaves its request unacknowledged in a prefetch slot.
    rpc.RpcConsumer.handle_result = _handle_result


def _tolerate_os_errors(name: str) -> None:
    plain = getattr(QueueConsumer, name)
    if getattr(plain, "tolerant", False):
        return

    @wraps(plain)
    def tolerant(self: QueueConsumer, message: Any) -> None:
        try:
            plain(self, message)
        except OSError as error:
            _log.debug("%s: %s", name, error)

    tolerant.tolerant = True  # type: ignore[attr-defined]
    setattr(QueueConsumer, name, tolerant)


def _establish_connection(self: QueueConsumer) -> Any:
    connection = self.connection.clone()
    connection.ensure_connection(
        self.on_connection_error,
        self.connect_max_retries,
        interval_start=RETRY_SECONDS,
        interval_step=0,
        interval_max=RETRY_SECONDS,
    )
    return connection


def _consume(self: QueueConsumer, *_limits: Any, **context: Any) -> Iterator[None]:
    """As kombu's, without its limits."""
    context.pop("limit", None)
    with self.consumer_context(**context) as (connection, _channel, _consumers):
        while not self.should_stop:
            self.on_iteration()
            if self.should_stop:
                break
            try:
                connection.drain_events(timeout=LOOK_SECONDS)
            except TimeoutError:
                connection.heartbeat_check()
            except OSError:
                if not self.should_stop:
                    raise
            else:
                yield


@cache
def _wire(url: str) -> Wire:
    """The one connection of this process for answers; made at the first one."""
    wire = Wire(url, lambda channel: None)
    wire.start()
    return wire


def _handle_result(self: rpc.RpcConsumer, message: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
    """Send the answer, transient and unconfirmed (who asks has a deadline), then acknowledge the request in any case."""
    body, exc_info = _body(result, exc_info)
    reply_to = message.properties["reply_to"]
    exchange = "" if reply_to.startswith("amq.rabbitmq.reply-to") else rpc.get_rpc_exchange(self.container.config).name
    wire = _wire(self.container.config["AMQP_URI"])
    wire.wait_up(ANSWER_WAIT_SECONDS)
    try:
        wire.publish(body, exchange, reply_to, correlation_id=message.properties.get("correlation_id"))
    except Away as error:
        _log.warning("an answer was not sent: %s", error)
    self.queue_consumer.ack_message(message)
    return result, exc_info


def _body(result: Any, exc_info: Any) -> tuple[str, Any]:
    error = serialize(exc_info[1]) if exc_info is not None else None
    dumps: Callable[..., str] = json.dumps
    try:
        return dumps({"result": result, "error": error}, separators=(",", ":")), exc_info
    except (TypeError, ValueError):
        exc_info = sys.exc_info()
        return dumps({"result": None, "error": serialize(UnserializableValueError(result))}), exc_info
