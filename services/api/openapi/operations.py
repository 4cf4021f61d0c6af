"""What one route takes and gives: method and path template to an OpenAPI operation. Pure."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any

from libs.http.router import Handler
from libs.naming import path_of, plural_of
from services.api.openapi.shapes import OBJECT, STRING, UUID, Shape, listed

_PARAMETER = re.compile(r"{(\w+)}")
_TEXTS = frozenset(("alias", "tag", "host", "project_id", "project"))
"""Path parameters that are no UUID."""

_JSON = "application/json"
ERROR = {"$ref": "#/components/schemas/NeutronError"}
FAILURE = {"description": "A refusal in Neutron's shape", "content": {_JSON: {"schema": ERROR}}}


def operation(method: str, template: str, handler: Handler, kinds: Mapping[str, str]) -> dict[str, Any]:
    """One operation; kinds: {path of a collection: its kind}."""
    collection, _, rest = template.partition("/{")
    kind = kinds.get(collection, "") if "/" not in rest else ""
    asked: dict[str, Any] = {
        "summary": (inspect.getdoc(handler) or "").partition("\n")[0],
        "parameters": [_parameter(name) for name in _PARAMETER.findall(template)],
        "responses": {**_answers(method, kind, single=bool(rest)), "default": FAILURE},
    }
    if method in ("POST", "PUT"):
        asked["requestBody"] = {"content": {_JSON: {"schema": _taken(method, kind)}}}
    return asked


def _parameter(name: str) -> dict[str, Any]:
    shape = STRING if name in _TEXTS else UUID
    return {"name": name, "in": "path", "required": True, "schema": shape}


def _answers(method: str, kind: str, single: bool) -> dict[str, Any]:
    """What comes when it went well."""
    if method == "DELETE":
        return {"204": {"description": "It is gone"}}
    shape = OBJECT
    if kind:
        shape = _wrapped(kind) if single else _many(kind)
    said = {"description": "Done", "content": {_JSON: {"schema": shape}}}
    if method != "POST":
        return {"200": said}
    made = {"anyOf": [_wrapped(kind), _many(kind)]} if kind else {}
    return {"201": {"description": "Made", "content": {_JSON: {"schema": made}}}}


def _taken(method: str, kind: str) -> Shape:
    if not kind:
        return OBJECT
    word = "New" if method == "POST" else "Changed"
    one = {"$ref": f"#/components/schemas/{word}-{kind}"}
    single = {"type": "object", "properties": {kind: one}, "required": [kind]}
    if method == "PUT":
        return single
    many = plural_of(kind)
    return {"anyOf": [single, {"type": "object", "properties": {many: listed(one)}, "required": [many]}]}


def _wrapped(kind: str) -> Shape:
    return {"type": "object", "properties": {kind: {"$ref": f"#/components/schemas/{kind}"}}, "required": [kind]}


def _many(kind: str) -> Shape:
    many = plural_of(kind)
    items = listed({"$ref": f"#/components/schemas/{kind}"})
    links = listed({"type": "object", "properties": {"rel": STRING, "href": STRING}})
    return {"type": "object", "properties": {many: items, f"{many}_links": links}, "required": [many]}


def collections(kinds: tuple[str, ...]) -> dict[str, str]:
    """{path of a collection: its kind}"""
    return {path_of(kind): kind for kind in kinds}
