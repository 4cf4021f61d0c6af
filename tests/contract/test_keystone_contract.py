"""What we rely on of Keystone: the fake of our tests and the real one pass the same."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from libs.auth import Authenticator, authenticator_of
from libs.config import Settings
from libs.errors import Refusal
from libs.model import Actor
from tests.conformance.identity import Identity
from tests.conformance.keystone import Keystone, keystone_packages
from tests.conformance.people import PASSWORD
from tests.fakes.keystone import with_people

pytestmark = pytest.mark.timeout(300)
CACHED_SECONDS = 0.2


@contextmanager
def fake(folder: Path) -> Iterator[str]:
    server = with_people()
    yield server.url
    server.stop()


@contextmanager
def real(folder: Path) -> Iterator[str]:
    packages = keystone_packages()
    packages.install()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    keystone = Keystone(packages, folder, port)
    try:
        keystone.up("http://127.0.0.1:9696")
        yield keystone.url
    finally:
        keystone.down()


@pytest.fixture(scope="module", params=[fake, pytest.param(real, marks=pytest.mark.keystone)])
def identity(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Identity]:
    with request.param(tmp_path_factory.mktemp("keystone")) as url:
        yield Identity(url)


def door(identity: Identity, **more: Any) -> Authenticator:
    given: dict[str, Any] = {
        "keystone_username": "neutron",
        "keystone_password": PASSWORD,
        "keystone_project": "service",
    }
    given |= {"keystone_cache_seconds": CACHED_SECONDS, "keystone_refused_seconds": CACHED_SECONDS}
    return authenticator_of(Settings(auth="keystone", **({"keystone_url": identity.url} | given | more)))


def actor(door: Authenticator, token: str, service: str = "") -> Actor:
    headers = {"x-auth-token": token, "x-service-token": service}
    return door.actor(lambda name: headers.get(name, ""))


def status(door: Authenticator, token: str, service: str = "") -> int:
    try:
        actor(door, token, service)
    except Refusal as refusal:
        return refusal.status
    return 200


def ids_of(identity: Identity, collection: str) -> dict[str, str]:
    return {one["name"]: one["id"] for one in identity.get(collection)}


def test_a_projects_token_tells_the_user_the_project_and_its_roles(identity: Identity) -> None:
    token = identity.login("demo", project="demo")
    found = actor(door(identity), token)
    assert found == Actor(
        ids_of(identity, "users")["demo"], ids_of(identity, "projects")["demo"], ("member", "reader"), "default"
    )
    boss = actor(door(identity), identity.login("admin", project="admin"))
    assert {"admin", "member", "reader"} <= set(boss.roles) and boss.is_admin


@pytest.mark.parametrize("token", ["made-up", "x" * 300, "gAAAAAB" + "x" * 170, "%00", '{"token":1}', "!" * 2000])
def test_what_is_no_token_is_refused(identity: Identity, token: str) -> None:
    assert status(door(identity), token) == 401


def test_a_revoked_token_is_refused_after_the_stated_time(identity: Identity) -> None:
    guard, token = door(identity), identity.login("demo", project="demo")
    assert status(guard, token) == 200
    identity.revoke(token)
    time.sleep(CACHED_SECONDS)
    assert status(guard, token) == 401


def test_a_user_that_is_shut_out_is_refused_and_let_in_again_with_a_new_token(identity: Identity) -> None:
    guard, token = door(identity), identity.login("alt_demo", project="alt_demo")
    assert status(guard, token) == 200
    identity.enable("alt_demo", False)
    time.sleep(CACHED_SECONDS)
    assert status(guard, token) == 401
    identity.enable("alt_demo", True)
    time.sleep(1.1)  # Keystone compares whole seconds
    assert status(guard, token) == 401
    assert status(guard, identity.login("alt_demo", project="alt_demo")) == 200


@pytest.mark.parametrize("scope", [{}, {"system": {"all": True}}], ids=["unscoped", "system"])
def test_tokens_of_no_project_are_forbidden(identity: Identity, scope: dict[str, Any]) -> None:
    assert status(door(identity), identity.login("admin", **scope)) == 403


def test_a_service_token_adds_its_roles(identity: Identity) -> None:
    guard, token = door(identity), identity.login("demo", project="demo")
    passed_on = actor(guard, token, identity.login("nova", project="service"))
    assert passed_on.roles == ("member", "reader") and {"service", "admin"} <= set(passed_on.service_roles)
    assert status(guard, token, "made-up") == 401


def test_our_own_token_is_renewed_after_it_was_revoked(identity: Identity) -> None:
    guard = door(identity)
    assert status(guard, identity.login("demo", project="demo")) == 200
    identity.enable("neutron", False)
    assert status(guard, identity.login("demo", project="demo")) == 503
    identity.enable("neutron", True)
    time.sleep(1.2)
    assert status(guard, identity.login("demo", project="demo")) == 200


def test_without_rights_of_our_own_nobody_is_known(identity: Identity) -> None:
    token = identity.login("admin", project="admin")
    for wrong in ({"keystone_password": "wrong"}, {"keystone_username": "demo", "keystone_project": "demo"}):
        with pytest.raises(Refusal, match="netledger's own user") as refused:
            actor(door(identity, **wrong), token)
        assert refused.value.status == 503


def test_an_address_without_a_version_will_do(identity: Identity) -> None:
    guard = door(identity, keystone_url=identity.url.removesuffix("/v3"))
    assert status(guard, identity.login("demo", project="demo")) == 200


def test_one_that_is_no_keystone_is_a_503(identity: Identity) -> None:
    guard = door(identity, keystone_url=f"{identity.url}/nowhere/v3")
    assert status(guard, identity.login("demo", project="demo")) == 503
