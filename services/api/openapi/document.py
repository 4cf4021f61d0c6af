"""The whole description: components from the forms, paths from the routes; made once, when the API starts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from apispec import APISpec

from libs.http.message import Reply, Request
from libs.http.router import Route
from services.api.commands import VERBS
from services.api.openapi.operations import collections, operation
from services.api.openapi.shapes import OBJECT, STRING, record, shape_of
from services.api.schemas.form import Form

PATH = "/openapi.json"
ABOUT = "Networks as a service, as OpenStack's Network API v2.0 tells them; every change is a fact in a log."


def described(routes: Sequence[Route]) -> dict[str, Any]:
    """The description of these routes."""
    spec = APISpec(title="netledger", version="2.0", openapi_version="3.1.0", info={"description": ABOUT})
    error = record(type=STRING, message=STRING, detail=STRING)
    spec.components.schema("NeutronError", {**record(NeutronError=error), "required": ["NeutronError"]})
    for kind, verbs in VERBS.items():
        _components(spec, kind, verbs.form)
    paths: dict[str, dict[str, Any]] = {}
    kinds = collections(tuple(VERBS))
    for method, template, handler in routes:
        paths.setdefault(template, {})[method.lower()] = operation(method, template, handler, kinds)
    for template, operations in paths.items():
        spec.path(path=template, operations=operations)
    return dict(spec.to_dict())


def _components(spec: APISpec, kind: str, form: Form) -> None:
    """As it is shown, as it may be sent to make one, as it may be sent to change one."""
    attributes = form.attributes
    shown = {name: shape_of(kind, name) for name in attributes}
    spec.components.schema(kind, {**OBJECT, "properties": shown})
    for word, at in (("New", 0), ("Changed", 1)):
        sent = {name: shape_of(kind, name) for name, may in attributes.items() if may[at]}
        body: Mapping[str, Any] = {**OBJECT, "properties": sent, "additionalProperties": False}
        required = list(form.required) if word == "New" else []
        spec.components.schema(f"{word}-{kind}", {**body, **({"required": required} if required else {})})


def route_of(routes: Sequence[Route]) -> Route:
    """GET /openapi.json of these routes."""
    text = json.dumps(described(routes)).encode()

    def show(request: Request) -> Reply:
        """This description."""
        return Reply(200, [text])

    return "GET", PATH, show
