"""The agents' end of the bus: its own queue, its host's feed, its requests."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

import amqp

from libs.bus.names import ask_exchange
from libs.bus.wire import Away, Wire
from libs.codec import feed_from_json, message_to_json
from libs.config import Settings
from libs.feed import AgentMessage, Feed

_log = logging.getLogger(__name__)


class AgentLink:
    """Keeps agent `user` on the bus: reads the queue of that name, which enrolment made and bound, and reconnects for ever.

    `on_feed(feed)` runs in the reader and must not block. `on_up()` runs after each connection. What lay in the queue before the
    process started is thrown away: an agent starts with a Fetch, which answers it all.
    """

    def __init__(
        self, settings: Settings, user: str, on_feed: Callable[[Feed], None], on_up: Callable[[], None] = lambda: None
    ) -> None:
        self._user, self._on_feed, self._fresh = user, on_feed, True
        self._wire = Wire(settings.amqp_url, self._setup, on_up=on_up)
        self.malformed = 0

    def run(self) -> None:
        """Blocks until `close`."""
        self._wire.run()

    def close(self) -> None:
        """Hang up; the queue stays."""
        self._wire.close()

    @property
    def is_up(self) -> bool:
        """Whether messages can be sent now, as far as is known."""
        return self._wire.is_up

    def send(self, message: AgentMessage) -> bool:
        """Hand a message to the broker; False when it is away (the message is not kept)."""
        body = json.dumps(message_to_json(message), separators=(",", ":"))
        try:
            self._wire.publish(body, ask_exchange(self._user), f"request.{self._user}", user_id=self._user)
        except Away as error:
            _log.debug("not sent: %s", error)
            return False
        return True

    def _setup(self, channel: amqp.Channel) -> None:
        # While the queue is not there this fails, and is tried again.
        if self._fresh:
            channel.queue_purge(self._user)
            self._fresh = False
        # Without acknowledgements: what a dying agent had not taken in yet, the next one fetches.
        channel.basic_consume(self._user, no_ack=True, callback=self._received)

    def _received(self, raw: amqp.Message) -> None:
        try:
            feed = feed_from_json(json.loads(raw.body))
        except (ValueError, KeyError, TypeError) as error:
            self.malformed += 1
            _log.warning("a feed message could not be read: %s", error)
            return
        try:
            self._on_feed(feed)
        except Exception:  # the connection is not to blame; the position chain notices what was not taken in
            _log.exception("a feed message could not be taken in")
