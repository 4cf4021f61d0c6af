"""What may be sent about a quota: limits by resource, and whether they may be lower than what there is.

Source: neutron.extensions.quotasv2, whose limits are -1 to the largest integer of a database.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError

from libs.errors import bad_request
from libs.model import is_printable
from libs.network.quota import RESOURCES, UNLIMITED
from services.api.schemas.fields import shown, to_bool, to_int
from services.api.schemas.form import refused

_PROJECT = 255
_CONTROLS = ("force", "check_limit")
"""force: also below what there is; check_limit says what is the rule anyway, as in Neutron since 2025.1."""


def to_limit(value: Any) -> int:
    """A number of things, -1 for any. Raises ValidationError, Refusal 400."""
    number = to_int(value)
    if number < UNLIMITED:
        raise ValidationError(f"'{number}' is too small - must be at least '{UNLIMITED}'")
    return number


def to_limits(body: Any) -> tuple[dict[str, int], bool]:
    """({resource: limit}, whether they may be lower than what there is) of `{"quota": {..}}`. Raises Refusal 400."""
    if not isinstance(body, Mapping) or body.get("quota") is None:
        raise bad_request("Unable to find 'quota' in request body")
    sent = body["quota"]
    if not isinstance(sent, Mapping):
        raise bad_request("Object 'quota' contains invalid data")
    unknown = sorted(sent.keys() - {*RESOURCES, *_CONTROLS})
    if unknown:
        raise bad_request(f"Unrecognized attribute(s) '{shown(', '.join(unknown))}'")
    return {name: _limit(name, value) for name, value in sent.items() if name not in _CONTROLS}, _forced(sent)


def _limit(name: str, value: Any) -> int:
    try:
        return to_limit(value)
    except ValidationError as error:
        raise refused(error, name) from None


def _forced(sent: Mapping[str, Any]) -> bool:
    given = {name: to_bool(sent[name]) for name in _CONTROLS if sent.get(name) is not None}
    return given.get("force", False) and not given.get("check_limit", False)


def to_project(text: str) -> str:
    """A project's id as it may stand in a path: any text that a project can have. Raises Refusal 400."""
    if len(text) > _PROJECT or not is_printable(text):
        raise bad_request(f"'{shown(text)}' is not a valid project id")
    return text
