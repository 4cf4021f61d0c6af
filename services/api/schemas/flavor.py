"""Flavors and service profiles, and the body that associates one with the other."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError

from libs.commands import NewFlavor, NewServiceProfile
from libs.errors import Refusal, bad_request
from libs.network.flavor import L3_SERVICE
from services.api.schemas.fields import ReadOnly, Value, shown, text, to_bool, to_name, to_uuid
from services.api.schemas.form import Form, refused

PROFILES = 100
"""The most service profiles that a flavor may stand for."""

_to_long_text = text(1024)


def to_description(value: Any) -> str:
    """A text of at most 1024 characters; null is none."""
    return "" if value is None else _to_long_text(value)


def to_enabled(value: Any) -> bool:
    """A boolean; null is the default."""
    return True if value is None else to_bool(value)


def to_service_type(value: Any) -> str:
    """The one kind of service that has flavors here. Raises Refusal 400."""
    if value != L3_SERVICE:
        raise Refusal(400, "InvalidServiceType", f"Invalid service type: {shown(value)}.")
    return L3_SERVICE


def to_profiles(value: Any) -> tuple[str, ...]:
    """A list of UUIDs without doubles."""
    if not isinstance(value, list):
        raise ValidationError(f"'{shown(value)}' is not a list")
    if len(value) > PROFILES:
        raise ValidationError(f"More than {PROFILES} service profiles")
    ids = [to_uuid(one) for one in value]
    twice = next((one for one in ids if ids.count(one) > 1), None)
    if twice is not None:
        raise ValidationError(f"Duplicate items in the list: '{twice}'")
    return tuple(ids)


class FlavorSchema(Schema):
    """Every attribute of a flavor; it belongs to no project."""

    id = ReadOnly()
    name = Value(to_name)
    description = Value(to_description)
    service_type = Value(to_service_type, required=True, put=False)
    service_profiles = Value(to_profiles)
    enabled = Value(to_enabled)


class ServiceProfileSchema(Schema):
    """Every attribute of a service profile; it belongs to no project."""

    id = ReadOnly()
    description = Value(to_description)
    driver = Value(_to_long_text)
    metainfo = Value(text(4096))
    enabled = Value(to_enabled)


FLAVOR_FORM = Form("flavor", FlavorSchema)
PROFILE_FORM = Form("service_profile", ServiceProfileSchema)


def new_flavor(id: str, project_id: str, sent: dict[str, Any]) -> NewFlavor:
    """One flavor to make."""
    return NewFlavor(flavor_id=id, **sent)


def new_profile(id: str, project_id: str, sent: dict[str, Any]) -> NewServiceProfile:
    """One service profile to make."""
    return NewServiceProfile(service_profile_id=id, **sent)


def to_association(body: Any) -> str:
    """The id of `{"service_profile": {"id": ..}}`. Raises Refusal 400."""
    sent = body.get("service_profile") if isinstance(body, dict) else None
    if not isinstance(sent, dict):
        raise bad_request("Unable to find 'service_profile' in request body")
    if sent.keys() != {"id"}:
        raise bad_request("Failed to parse request. Required attribute 'id' not specified")
    try:
        return to_uuid(sent["id"])
    except ValidationError as error:
        raise refused(error, "id") from None
