"""The servers' end of the hosts' feeds: confirmed publishing, one wait for many messages."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

import amqp

from libs.bus.names import declare_exchanges, host_key
from libs.bus.wire import Away, Wire
from libs.codec import feed_text, recorded_text
from libs.feed import EVENTS_EXCHANGE, Feed


class _Batch:
    """Messages that are waited for together."""

    def __init__(self, size: int) -> None:
        self.left, self.failed, self.done = size, False, threading.Event()

    def confirm(self, accepted: bool) -> None:
        self.left -= 1
        self.failed = self.failed or not accepted
        if self.left <= 0 or self.failed:
            self.done.set()


class HostFeeds:
    """Publishes feeds to hosts and answers to agents; connects at once, in the background, and again when cut off.

    All methods block until the broker has taken the messages and raise `Away` when it has not within `wait_seconds` (it is then
    unknown which arrived: send them again, receivers drop what they have). A host without a queue is no error.
    """

    def __init__(self, url: str, wait_seconds: float = 5.0) -> None:
        self._wait = wait_seconds
        self._open: OrderedDict[int, _Batch] = OrderedDict()
        self._number, self._sending = 0, threading.Lock()
        self._wire = Wire(url, self._setup, on_lost=self._lost)
        self._wire.start()

    def publish(self, host: str, feed: Feed) -> None:
        """One feed message to all agents of a host."""
        self.publish_all([(host, feed)])

    def publish_all(self, feeds: Sequence[tuple[str, Feed]]) -> None:
        """Feed messages to hosts, in this order, with one wait for all of them."""
        known: dict[int, str] = {}  # what many hosts are told is encoded once
        self._send([(_body(feed, known), EVENTS_EXCHANGE, host_key(host)) for host, feed in feeds])

    def answer(self, queue: str, *feeds: Feed) -> None:
        """The parts of an answer to one agent; `queue` is its broker user."""
        self.answer_texts(queue, [_body(feed, {}) for feed in feeds])

    def answer_texts(self, queue: str, bodies: Sequence[str]) -> None:
        """The same, as `codec.feed_text` gives them."""
        self._send([(body, "", queue) for body in bodies])

    def close(self) -> None:
        """Hang up."""
        self._wire.close()

    def _send(self, messages: list[tuple[str, str, str]]) -> None:
        if not messages:
            return
        self._wire.wait_up(self._wait)
        batch = _Batch(len(messages))
        with self._sending:
            for body, exchange, key in messages:
                self._number += 1
                self._open[self._number] = batch
                self._wire.publish(body, exchange, key, user_id=self._wire.user)
        if not batch.done.wait(self._wait) or batch.failed:
            raise Away("the broker did not confirm")

    def _setup(self, channel: amqp.Channel) -> None:
        declare_exchanges(channel)
        channel.confirm_select()
        channel.events["basic_ack"].add(lambda tag, multiple: self._confirmed(tag, multiple, True))
        channel.events["basic_nack"].add(lambda tag, multiple: self._confirmed(tag, multiple, False))
        with self._sending:
            self._number = 0

    def _confirmed(self, tag: int, multiple: bool, accepted: bool) -> None:
        tags = [tag]
        if multiple:
            tags = [number for number in self._open if number <= tag]
        for number in tags:
            batch = self._open.pop(number, None)
            if batch is not None:
                batch.confirm(accepted)

    def _lost(self) -> None:
        lost, self._open = self._open, OrderedDict()
        for batch in lost.values():
            batch.confirm(False)


def _body(feed: Feed, known: dict[int, str]) -> str:
    """known: {position: a fact's text}."""
    for fact in feed.events:
        if fact.position not in known:
            known[fact.position] = recorded_text(fact)
    return feed_text(feed, [known[fact.position] for fact in feed.events])
