"""The attribute `segments` of networks (multi-provider), as far as it says what provider attributes can say: one segment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError

from libs.errors import Refusal, bad_request, invalid_input
from services.api.schemas.fields import shown, text, to_int

_PARTS = {
    "provider:network_type": ("network_type", text(32)),
    "provider:physical_network": ("physical_network", text(64)),
    "provider:segmentation_id": ("segmentation_id", to_int),
}


def to_segments(value: Any) -> dict[str, Any]:
    """What one segment says, by the names that networks have for it; nothing is nothing. Raises Refusal 400 for several, which no
    network of ours has."""
    if not value:
        return {}
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise ValidationError(f"'{shown(value)}' is not a list of dictionaries")
    if len(value) > 1:
        raise invalid_input("A network has one segment here; several are not supported")
    extra = value[0].keys() - _PARTS.keys()
    if extra:
        raise bad_request(f"Unrecognized attribute(s) '{shown(', '.join(sorted(extra)))}'")
    return {_PARTS[key][0]: _PARTS[key][1](one) for key, one in value[0].items() if one is not None}


def with_segment(sent: Mapping[str, Any]) -> dict[str, Any]:
    """`sent` of a new network, a segment in the place of `segments`. Raises Refusal 400 when provider attributes say one, too."""
    rest = {name: value for name, value in sent.items() if name != "segments"}
    segment = sent.get("segments") or {}
    if segment and any(rest.get(name) is not None for name, _ in _PARTS.values()):
        text = "Segments and provider values cannot both be set."
        raise Refusal(400, "SegmentsSetInConjunctionWithProviders", text)
    return {**rest, **segment}
