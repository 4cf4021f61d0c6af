"""py-amqp's reader of frames, for messages of senders that are not trusted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from amqp.method_framing import frame_handler
from amqp.serialization import decode_properties_basic

Frame = tuple[int, int, Any]
HEADER, FIXED = 2, 12
"""Type of a content header's frame, and its bytes before the properties: class, weight, size of the body."""


def wary_frames(connection: Any, callback: Callable[..., Any]) -> Callable[[Frame], bool]:
    """As `frame_handler`; but a message whose properties cannot be read (too deep, no UTF-8, no date) comes without any.

    py-amqp raises then, which ends the connection; the broker delivers the message again, and so on for ever.
    """
    plain = frame_handler(connection, callback)

    def on_frame(frame: Frame) -> bool:
        kind, channel, data = frame
        if kind != HEADER:
            return bool(plain(frame))
        try:
            decode_properties_basic(data, FIXED)
        except Exception:
            return bool(plain((kind, channel, bytes(data[:FIXED]) + b"\0\0")))
        return bool(plain(frame))

    return on_frame
