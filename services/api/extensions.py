"""GET /v2.0/extensions: what is served, as Neutron describes it."""

from __future__ import annotations

import json

from libs.errors import Refusal
from libs.http.message import Reply, Request
from libs.http.router import Route
from services.api.aliases import SERVED

EXTENSIONS = {
    alias: {"name": name, "alias": alias, "description": description, "updated": updated, "links": []}
    for alias, name, description, updated in SERVED
}
"""{alias: what the API tells of it}"""

_ALL = json.dumps({"extensions": list(EXTENSIONS.values())}).encode()


def index(request: Request) -> Reply:
    """GET /v2.0/extensions."""
    return Reply(200, [_ALL])


def show(request: Request) -> Reply:
    """GET /v2.0/extensions/{alias}. Raises Refusal 404."""
    alias = request.parameters["alias"]
    if alias not in EXTENSIONS:
        raise Refusal(404, "HTTPNotFound", f"Extension with alias {alias[:255]} does not exist")
    return Reply(200, [json.dumps({"extension": EXTENSIONS[alias]}).encode()])


ROUTES: list[Route] = [("GET", "/v2.0/extensions", index), ("GET", "/v2.0/extensions/{alias}", show)]
