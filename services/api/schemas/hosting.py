"""Bodies that name what an agent is to serve: `{"network_id": ..}`, `{"router_id": ..}`."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError

from libs.errors import bad_request
from services.api.schemas.fields import to_uuid
from services.api.schemas.form import refused


def to_served(body: Any, name: str) -> str:
    """The id that `body` holds under `name`, and nothing else. Raises Refusal 400."""
    if not isinstance(body, dict) or name not in body:
        raise bad_request(f"Unable to find '{name}' in request body")
    further = body.keys() - {name}
    if further:
        raise bad_request(f"Unrecognized attribute(s) '{', '.join(sorted(further))[:1000]}'")
    try:
        return to_uuid(body[name])
    except ValidationError as error:
        raise refused(error, name) from None
