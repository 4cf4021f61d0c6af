"""Values to JSON and back, by their type hints; event type names (`PortBound.v1`) and upcasters. Pure.

What is stored is canonical: sorted keys, no spaces, ASCII with escapes, so that equal facts have equal bytes.
"""

from libs.codec.events import (
    EVENT_TYPES,
    EVENT_VERSIONS,
    UPCASTERS,
    Upcaster,
    decode,
    encode,
    event_from_json,
    recorded_from_json,
    recorded_to_json,
    type_name,
)
from libs.codec.messages import (
    answer_from_json,
    answer_to_json,
    feed_from_json,
    feed_to_json,
    message_from_json,
    message_to_json,
    question_from_json,
    question_to_json,
)
from libs.codec.texts import feed_text, recorded_text, stored_text
from libs.codec.values import canonical, canonical_json, from_json, to_json

__all__ = [
    "EVENT_TYPES",
    "EVENT_VERSIONS",
    "UPCASTERS",
    "Upcaster",
    "answer_from_json",
    "answer_to_json",
    "canonical",
    "canonical_json",
    "decode",
    "encode",
    "event_from_json",
    "feed_from_json",
    "feed_text",
    "feed_to_json",
    "from_json",
    "message_from_json",
    "message_to_json",
    "question_from_json",
    "question_to_json",
    "recorded_from_json",
    "recorded_text",
    "recorded_to_json",
    "stored_text",
    "to_json",
    "type_name",
]
