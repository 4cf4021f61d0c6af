"""Callers at an API under a fake Keystone."""

from __future__ import annotations

from typing import Any

from libs.auth import authenticator_of
from libs.auth.door import token_guard
from libs.config import Settings
from libs.errors import Refusal
from libs.http.app import App
from libs.http.limits import Limits
from libs.http.message import Reply
from libs.http.router import Router
from libs.model import Actor
from tests.conformance.people import PASSWORD
from tests.fakes.browser import Browser
from tests.fakes.keystone import FakeKeystone


def settings_of(keystone: FakeKeystone, **more: Any) -> Settings:
    named = {"keystone_username": "neutron", "keystone_password": PASSWORD, "keystone_project": "service", **more}
    return Settings(auth="keystone", keystone_url=keystone.url, **named)


class Door:
    """Callers at an API that says who they are."""

    def __init__(self, keystone: FakeKeystone, **settings: Any) -> None:
        self.authenticator = authenticator_of(settings_of(keystone, **settings))
        self.seen: list[bytes] = []

        def echo(request: Any) -> Reply:
            if request.has_body():
                self.seen.append(request.environ["wsgi.input"].read(100))
            return Reply(200, [self.authenticator.actor(request.header).user.encode()])

        routes = [("GET", "/", lambda request: Reply(200, [b"versions"]))]
        routes += [(method, "/v2.0/ports", echo) for method in ("GET", "POST")]
        self.browser = Browser(App(Router(routes), Limits(), token_guard(self.authenticator)))

    def actor(self, token: str, service: str = "") -> Actor:
        headers = {"x-auth-token": token, "x-service-token": service}
        return self.authenticator.actor(lambda name: headers.get(name, ""))

    def status(self, token: str, service: str = "") -> int:
        try:
            self.actor(token, service)
        except Refusal as refusal:
            return refusal.status
        return 200
