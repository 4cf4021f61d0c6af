"""Auth mode keystone as callers meet it: who they are, what strangers see, when a token ends, what services pass on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from libs.errors import Refusal
from libs.http.limits import Limits
from libs.model import Actor
from libs.policy import Target, defaults
from services.api.gateway import make_app
from tests.fakes.browser import Browser
from tests.fakes.keystone import FakeKeystone, with_people
from tests.fakes.keystone_door import Door, settings_of


@pytest.fixture
def keystone() -> Iterator[FakeKeystone]:
    server = with_people()
    yield server
    server.stop()


def test_a_members_token_says_who_where_and_what_for(keystone: FakeKeystone) -> None:
    door, token = Door(keystone), keystone.token("demo", project="demo")
    demo = Actor(keystone.users["demo"].id, keystone.projects["demo"], ("member", "reader"), "default")
    assert door.actor(token) == door.actor(f" {token} ") == demo
    assert keystone.validations == 1


def test_strangers_learn_the_version_and_where_to_get_a_token_and_nothing_else(keystone: FakeKeystone) -> None:
    door = Door(keystone)
    assert door.browser.get("/").status == 200
    for method, path in [
        ("GET", "/v2.0"),
        ("GET", "/v2.0/"),
        ("GET", "/v2.0/ports"),
        ("PATCH", "/v2.0/none"),
        ("GET", "/x"),
    ]:
        strange: list[dict[str, Any]] = [{}, {"X-Auth-Token": "made-up"}, {"X-Auth-Token": ""}, {"X-Auth-Token": "a b"}]
        for headers in strange:
            seen = door.browser.call(method, path, **headers)
            assert seen.error == (401, "HTTPUnauthorized"), (path, headers)
            assert seen.headers["WWW-Authenticate"] == f'Keystone uri="{keystone.url}"'
    assert door.browser.post("/v2.0/ports", {"port": {}}, X_Auth_Token="made-up").status == 401
    assert door.seen == [], "nobody read the body"


def test_no_route_there_is_answers_a_stranger(keystone: FakeKeystone) -> None:
    """Every method of every path of the API, taken from its own table of routes."""

    def nobody(*asked: Any) -> Any:
        raise AssertionError(f"a stranger got as far as {asked}")

    app = make_app(nobody, nobody, settings_of(keystone), Limits(), lambda: datetime.now(UTC))
    stranger, routes = Browser(app), list(routes_under(app._router._root))
    assert len(routes) > 60
    for method, path in routes:
        body = {"x": 1} if method in ("POST", "PUT") else None
        for headers in ({}, {"X_Auth_Token": "made-up"}):
            seen = stranger.call(method, path, body, None, **headers)
            assert seen.status == (200 if path in ("/", "/openapi.json") else 401), (method, path)


def routes_under(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(method, path) of what a router's tree holds."""
    for method in node.handlers:
        yield method, path or "/"
    for part, child in node.children.items():
        yield from routes_under(child, f"{path}/{part}")
    if node.below is not None:
        yield from routes_under(node.below, f"{path}/00000000-0000-4000-8000-000000000001")


def test_headers_of_mode_none_mean_nothing(keystone: FakeKeystone) -> None:
    door = Door(keystone)
    assert door.browser.get("/v2.0/ports", X_Roles="admin", X_Project_Id="p", X_User_Id="u").status == 401
    token = keystone.token("demo", project="demo")
    seen = door.browser.get("/v2.0/ports", X_Auth_Token=token, X_Roles="admin", X_User_Id="admin")
    assert seen.text.decode() == keystone.users["demo"].id


def test_texts_that_are_no_token_are_refused_without_asking(keystone: FakeKeystone) -> None:
    door = Door(keystone)
    for text in ("", " ", "x" * 8193, "gA\u00e4AA", "a b", "a\x7f"):
        assert door.status(text) == 401
    assert keystone.validations == keystone.logins == 0


@pytest.mark.parametrize("scope", ["unscoped", "domain", "system"])
def test_a_token_of_no_project_is_forbidden_everything(keystone: FakeKeystone, scope: str) -> None:
    seen = Door(keystone).browser.get("/v2.0/ports", X_Auth_Token=keystone.token("admin", scope))
    assert seen.error == (403, "PolicyNotAuthorized")


def test_a_revoked_token_is_refused_within_the_time_that_the_setting_says(keystone: FakeKeystone) -> None:
    door, token = Door(keystone, keystone_cache_seconds=0.3), keystone.token("demo", project="demo")
    assert door.status(token) == 200
    del keystone.tokens[token]
    revoked = time.monotonic()
    while door.status(token) == 200:
        assert time.monotonic() < revoked + 5
        time.sleep(0.01)
    assert time.monotonic() < revoked + 0.3 + 0.3
    assert door.status(token) == 401


def test_a_token_expires_on_time_though_it_is_cached(keystone: FakeKeystone) -> None:
    keystone.lifetime = 0.4
    door, token = Door(keystone), keystone.token("demo", project="demo")
    keystone.lifetime = 3600
    assert door.status(token) == 200
    time.sleep(0.45)
    assert door.status(token) == 401


def test_a_service_passes_a_users_request_on(keystone: FakeKeystone) -> None:
    door = Door(keystone)
    user, nova = keystone.token("demo", project="demo"), keystone.token("nova", project="service")
    actor = door.actor(user, nova)
    assert actor.roles == ("member", "reader") and actor.service_roles == ("admin", "service")
    assert door.actor(user).service_roles == ()
    assert door.status(user, "made-up") == 401 and door.status("made-up", nova) == 401 and door.status("", nova) == 401


def test_a_users_token_that_expired_on_the_way_is_taken_from_a_service_only(keystone: FakeKeystone) -> None:
    keystone.lifetime = -10
    user = keystone.token("demo", project="demo")
    keystone.lifetime = 3600
    door, nova = Door(keystone), keystone.token("nova", project="service")
    assert door.status(user) == 401
    assert door.status(user, nova) == 200
    assert door.status(user, keystone.token("alt_demo", project="alt_demo")) == 401
    assert door.status(user) == 401, "that it was good for a service does not make it good for the user"


def test_what_a_service_token_lets_a_member_do_is_delete_a_servers_port() -> None:
    member = Actor("u", "mine", ("member",))
    passed_on, beside = (
        Actor("u", "mine", ("member",), "", ("service",)),
        Actor("u", "mine", ("member",), "", ("admin",)),
    )
    theirs = {
        owner: Target(project, device_owner=owner) for owner in ("compute:nova", "baremetal:x") for project in ("mine",)
    }
    for target in theirs.values():
        defaults().check("delete", "port", passed_on, target)
        for actor in (member, beside):
            with pytest.raises(Refusal, match="rule:delete_port"):
                defaults().check("delete", "port", actor, target)
    with pytest.raises(Refusal, match="delete_port"):
        defaults().check("delete", "port", passed_on, Target("other", device_owner="compute:nova"))
    assert not defaults().allowed("create_port:binding:host_id", passed_on, Target("mine")), (
        "nor does it make a service of the member"
    )
