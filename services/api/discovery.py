"""Which versions and resources there are; asked without authentication."""

from __future__ import annotations

import json

from libs.http.message import Reply, Request
from libs.http.router import Route
from libs.naming import path_of, plural_of

_COLLECTIONS = ("network", "subnet", "subnetpool", "port", "router", "floatingip")


def versions(request: Request) -> Reply:
    """GET /."""
    link = {"rel": "self", "href": f"{request.root}/v2.0/"}
    return Reply(200, [json.dumps({"versions": [{"id": "v2.0", "status": "CURRENT", "links": [link]}]}).encode()])


def resources(request: Request) -> Reply:
    """GET /v2.0."""
    listed = [
        {"name": one, "collection": plural_of(one), "links": [{"rel": "self", "href": request.root + path_of(one)}]}
        for one in _COLLECTIONS
    ]
    return Reply(200, [json.dumps({"resources": listed}).encode()])


ROUTES: list[Route] = [("GET", "/", versions), ("GET", "/v2.0", resources)]
