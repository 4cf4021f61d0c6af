"""Auth mode keystone when Keystone goes away, dawdles, forgets us, or was never reached: settings that cannot work."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator

import pytest

from libs.auth import authenticator_of
from libs.config import BadSetting, Settings, load
from tests.fakes.keystone import FakeKeystone, with_people
from tests.fakes.keystone_door import Door


@pytest.fixture
def keystone() -> Iterator[FakeKeystone]:
    server = with_people()
    yield server
    server.stop()


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
