"""Routers: core, ext-gw-mode, extraroute, router_availability_zone and standard attributes; bodies of their actions."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError

from libs.commands import NewRouter, WantedGateway
from libs.errors import Refusal, bad_request
from libs.model import HostRoute
from services.api.schemas.fields import ReadOnly, Value, shown, to_bool, to_name, to_text, to_uuid, to_uuid_or_none
from services.api.schemas.form import Form, refused
from services.api.schemas.lists import to_extra_routes, to_fixed_ips, to_hints

_GATEWAY = {"network_id": to_uuid, "external_fixed_ips": to_fixed_ips, "enable_snat": to_bool}
_INTERFACE = ("port_id", "subnet_id")


def to_gateway(value: Any) -> dict[str, Any] | None:
    """external_gateway_info: {network_id, and of enable_snat and external_fixed_ips what was sent}; null and {} are none."""
    if value is None or value == {}:
        return None
    if not isinstance(value, dict):
        raise ValidationError(f"'{shown(value)}' is not a dictionary")
    if "network_id" not in value:
        raise ValidationError(
            "Validation of dictionary's keys failed. "
            f"Expected keys: {{'network_id'}} Provided keys: {shown(sorted(value))}"
        )
    further = [name for name in value if name not in _GATEWAY]
    if further:
        raise ValidationError(f"Unexpected keys supplied: {shown(', '.join(further))}")
    return {name: _GATEWAY[name](one) for name, one in value.items()}


class RouterSchema(Schema):
    """Every attribute of a router; read-only ones can never be sent."""

    id = ReadOnly()
    name = Value(to_name)
    tenant_id = Value(to_text, put=False)
    project_id = Value(to_text, put=False)
    admin_state_up = Value(to_bool)
    status = ReadOnly()
    gateway = Value(to_gateway, data_key="external_gateway_info")
    routes = Value(to_extra_routes, post=False)
    availability_zone_hints = Value(to_hints, put=False)
    availability_zones = ReadOnly()
    flavor_id = Value(to_uuid_or_none, put=False)
    description = Value(to_text)
    created_at = ReadOnly()
    updated_at = ReadOnly()
    revision_number = ReadOnly()
    tags = ReadOnly()


FORM = Form("router", RouterSchema)


def new_router(id: str, project_id: str, sent: dict[str, Any]) -> NewRouter:
    """One router to make."""
    rest = {name: value for name, value in sent.items() if name not in ("tenant_id", "project_id")}
    return NewRouter(router_id=id, project_id=project_id, **with_gateway(rest))


def with_gateway(sent: Mapping[str, Any]) -> dict[str, Any]:
    """`sent` with its gateway, if one is wanted, as commands name it: with an id for the port that it may need."""
    wish = sent.get("gateway")
    if wish is None:
        return dict(sent)
    fixed_ips = wish.get("external_fixed_ips") or None
    gateway = WantedGateway(wish["network_id"], str(uuid.uuid4()), wish.get("enable_snat"), fixed_ips)
    return {**sent, "gateway": gateway}


def to_interface(body: Any, removal: bool) -> dict[str, str]:
    """Of {subnet_id, port_id} what names an interface to add (one of them) or to remove. Raises Refusal 400."""
    given = {name: body[name] for name in _INTERFACE if name in body} if isinstance(body, dict) else {}
    if not given:
        raise _bad("Either subnet_id or port_id must be specified")
    for name, value in given.items():
        try:
            given[name] = to_uuid(value)
        except ValidationError as error:
            raise _bad(str(error.messages[0])) from None
    if not removal and len(given) > 1:
        raise _bad("Cannot specify both subnet-id and port-id")
    return given


def to_changed_routes(body: Any) -> tuple[HostRoute, ...]:
    """The routes of `{"router": {"routes": [..]}}`. Raises Refusal 400."""
    router = body.get("router") if isinstance(body, dict) else None
    if not isinstance(router, dict) or router.keys() != {"routes"}:
        raise bad_request("Unable to find 'routes' of 'router' in request body")
    try:
        return to_extra_routes(router["routes"])
    except ValidationError as error:
        raise refused(error, "routes") from None


def _bad(message: str) -> Refusal:
    return Refusal(400, "BadRequest", f"Bad router request: {message}.")
