"""Auth mode keystone as callers meet it, before a small Keystone on loopback that goes away, forgets, and dawdles."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from typing import Any

import pytest

from libs.auth import authenticator_of
from libs.auth.door import token_guard
from libs.config import BadSetting, Settings, load
from libs.errors import Refusal
from libs.http.app import App
from libs.http.limits import Limits
from libs.http.message import Reply
from libs.http.router import Router
from libs.model import Actor
from libs.policy import Target, allowed, check
from tests.fakes.browser import Browser
from tests.fakes.keystone import FakeKeystone, with_people

PASSWORD = "secret"


@pytest.fixture
def keystone() -> Iterator[FakeKeystone]:
    server = with_people()
    yield server
    server.stop()


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


def test_keystone_away_is_a_503_with_retry_after_those_known_go_on_and_it_recovers_by_itself(
    keystone: FakeKeystone,
) -> None:
    door = Door(keystone)
    known, other = keystone.token("demo", project="demo"), keystone.token("admin", project="admin")
    assert door.status(known) == 200
    keystone.stop()
    for _ in range(20):
        seen = door.browser.get("/v2.0/ports", X_Auth_Token=other)
        assert seen.error == (503, "ServiceUnavailable") and seen.headers["Retry-After"] == "1"
    assert door.status(known) == 200 and door.browser.get("/").status == 200
    keystone.start()
    end = time.monotonic() + 10
    while door.status(other) == 503:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert door.status(other) == 200


def test_a_keystone_that_dawdles_costs_a_caller_its_deadline_and_the_next_one_nothing(keystone: FakeKeystone) -> None:
    door, token = Door(keystone, keystone_seconds=0.3), keystone.token("demo", project="demo")
    keystone.seconds = 2.0
    began = time.monotonic()
    assert door.status(token) == 503
    waited = time.monotonic() - began
    assert door.status(token) == 503 and time.monotonic() - began < waited + 0.2
    assert waited < 1.5


@pytest.mark.parametrize("status", [300, 302, 400, 429, 500, 502])
def test_what_keystone_should_not_answer_is_a_503_for_that_token_only(keystone: FakeKeystone, status: int) -> None:
    door = Door(keystone)
    assert door.status(keystone.token("admin", project="admin")) == 200
    keystone.status = status
    assert door.status(keystone.token("demo", project="demo")) == 503
    keystone.status = 0
    assert door.status(keystone.token("demo", project="demo")) == 200, "no pause for the others"


def test_our_own_token_is_renewed_when_keystone_knows_it_no_more(keystone: FakeKeystone) -> None:
    door = Door(keystone)
    assert door.status(keystone.token("demo", project="demo")) == 200
    keystone.forget()
    assert door.status(keystone.token("demo", project="demo")) == 200
    assert keystone.logins == 2


def test_our_own_token_is_renewed_before_it_expires(keystone: FakeKeystone) -> None:
    keystone.lifetime = 100  # less than keystoneauth1's two minutes: always about to expire
    door = Door(keystone)
    for logins in (1, 2, 3):
        assert door.status(keystone.token("demo", project="demo")) == 200
        assert keystone.logins == logins
    keystone.lifetime = 3600
    for _ in range(3):
        assert door.status(keystone.token("demo", project="demo")) == 200
    assert keystone.logins == 4


def test_our_own_user_unknown_or_without_rights_is_a_503_that_says_so(keystone: FakeKeystone) -> None:
    token = keystone.token("demo", project="demo")
    for wrong in ({"keystone_password": "canary"}, {"keystone_username": "nobody"}, {"keystone_project": "admin"}):
        seen = Door(keystone, **wrong).browser.get("/v2.0/ports", X_Auth_Token=token)
        assert seen.status == 503 and b"refuses netledger's own user" in seen.text and b"canary" not in seen.text
    weak = Door(keystone, keystone_username="demo", keystone_project="demo")
    seen = weak.browser.get("/v2.0/ports", X_Auth_Token=keystone.token("admin", project="admin"))
    assert seen.status == 503 and b"does not let" in seen.text


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
        check("delete", "port", passed_on, target)
        for actor in (member, beside):
            with pytest.raises(Refusal, match="delete_port:device_owner"):
                check("delete", "port", actor, target)
    with pytest.raises(Refusal, match="delete_port"):
        check("delete", "port", passed_on, Target("other", device_owner="compute:nova"))
    assert not allowed("create_port:binding:host_id", passed_on, Target("mine")), (
        "nor does it make a service of the member"
    )


NEEDED = {"AUTH": "keystone", "KEYSTONE_URL": "http://k:5000", "KEYSTONE_USERNAME": "neutron"}
NEEDED |= {"KEYSTONE_PASSWORD": "canary", "KEYSTONE_PROJECT": "service"}


def refused(**changes: str) -> str:
    """What is said to these settings."""
    environ = {f"NETLEDGER_{name}": value for name, value in {**NEEDED, **changes}.items()}
    with pytest.raises(BadSetting) as told:
        authenticator_of(load(environ))
    return str(told.value)


def test_settings_that_cannot_work_refuse_with_a_line_that_names_them() -> None:
    authenticator_of(load({f"NETLEDGER_{name}": value for name, value in NEEDED.items()}))
    for name in itertools.islice(NEEDED, 1, None):
        assert refused(**{name: ""}) == f"NETLEDGER_AUTH=keystone needs NETLEDGER_{name} too"
    assert "NETLEDGER_AUTH='kerberos': expects none or keystone" in refused(AUTH="kerberos")
    assert "NETLEDGER_KEYSTONE_URL" in refused(KEYSTONE_URL="k:5000")
    assert "canary" not in refused(KEYSTONE_URL="http://neutron:canary@k:5000")
    for name in ("SECONDS", "CACHE_SECONDS", "REFUSED_SECONDS", "CACHE_TOKENS"):
        assert f"NETLEDGER_KEYSTONE_{name}='0'" in refused(**{f"KEYSTONE_{name}": "0"})


def test_under_keystone_the_api_may_listen_anywhere_and_mode_none_still_not() -> None:
    named = {name.lower(): value for name, value in NEEDED.items()}
    authenticator_of(Settings(**named, api_host="0.0.0.0"))  # type: ignore[arg-type]
    with pytest.raises(BadSetting, match="believes every caller"):
        authenticator_of(Settings(api_host="0.0.0.0"))
