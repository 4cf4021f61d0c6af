"""With what Nova is told: a token of Keystone's, which nobody else sees; none in auth mode none."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from lab.keystone import FakeKeystone
from libs.config import BadSetting, Settings
from libs.nova import PLUGGED, Notice
from services.topology.notifier import Nova
from services.topology.nova import check_nova, nova_of
from tests.conformance.people import PASSWORD
from tests.fakes.keystone import with_people
from tests.fakes.nova_events import NovaEvents, fails

NOTICE = Notice(PLUGGED, str(uuid.uuid4()), str(uuid.uuid4()), "completed")


@pytest.fixture
def keystone() -> Iterator[FakeKeystone]:
    server = with_people()
    yield server
    server.stop()


@pytest.fixture
def nova() -> Iterator[NovaEvents]:
    server = NovaEvents().start()
    yield server
    server.stop()


def client(nova: NovaEvents, keystone_url: str = "", **more: Any) -> Nova:
    signs = {"auth": "keystone", "keystone_url": keystone_url} if keystone_url else {}
    user = {"nova_username": "neutron", "nova_password": PASSWORD, "nova_project": "service"}
    made = nova_of(Settings(nova_url=nova.url, nova_seconds=2.0, **{**signs, **user, **more}))  # type: ignore[arg-type]
    assert made is not None
    return made


def test_without_keystone_there_is_no_token(nova: NovaEvents) -> None:
    assert client(nova).tell([NOTICE]).done == (NOTICE,)
    assert nova.tokens == [None] and nova.events == [NOTICE.body()]


def test_without_a_url_nova_is_told_nothing() -> None:
    assert nova_of(Settings()) is None


def test_each_request_brings_a_token_of_ours(nova: NovaEvents, keystone: FakeKeystone, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    one = client(nova, keystone.url)
    for _ in range(2):
        assert one.tell([NOTICE]).done == (NOTICE,)
    [token] = set(nova.tokens)
    assert token
    assert token not in caplog.text and PASSWORD not in caplog.text


def test_netledgers_own_user_does_as_well(nova: NovaEvents, keystone: FakeKeystone) -> None:
    own = {"keystone_username": "neutron", "keystone_password": PASSWORD, "keystone_project": "service"}
    assert client(nova, keystone.url, nova_username="", **own).tell([NOTICE]).done == (NOTICE,)


def test_a_token_that_nova_refuses_is_renewed(nova: NovaEvents, keystone: FakeKeystone) -> None:
    one = client(nova, keystone.url)
    one.tell([NOTICE])
    nova.plan = [fails(401)]
    assert one.tell([NOTICE]).done == (NOTICE,)
    assert len(nova.tokens) == 3 and nova.tokens[2] not in nova.tokens[:2]


def test_a_keystone_that_is_away_keeps_notices_waiting(nova: NovaEvents) -> None:
    outcome = client(nova, "http://127.0.0.1:9").tell([NOTICE])
    assert outcome.again == (NOTICE,) and "does not answer" in outcome.unheard and not nova.tokens


def test_a_wrong_password_is_told_without_it(nova: NovaEvents, keystone: FakeKeystone) -> None:
    outcome = client(nova, keystone.url, nova_password="wr0ng").tell([NOTICE])
    assert outcome.again == (NOTICE,) and "wr0ng" not in outcome.unheard and not nova.events


def test_what_lacks_is_named_at_the_start() -> None:
    with pytest.raises(BadSetting, match="NETLEDGER_KEYSTONE_URL, NETLEDGER_NOVA_PASSWORD"):
        check_nova(Settings(auth="keystone", nova_url="http://nova", nova_username="n", nova_project="p"))
