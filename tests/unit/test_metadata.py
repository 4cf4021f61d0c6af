"""What guests get to hear of Nova, and what Nova gets to hear of guests."""

from __future__ import annotations

import hashlib
import hmac
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import requests

from libs.config import BadSetting, Settings, load
from libs.metadata.asking import Guest
from libs.metadata.doors import MetadataDoor, place
from libs.metadata.keeper import Door, Keeper
from libs.metadata.nova import NovaMetadata
from tests.fakes.nova import Nova, nova_server
from tests.fakes.raw_client import conversation

BLUE = Guest("0f4b1a1e-31c4-4d3c-8f0e-6b0a8f6f8a11", "blue")
SECRET = "shared between us"


@pytest.fixture
def nova() -> Iterator[Nova]:
    with nova_server() as server:
        yield server


@pytest.fixture
def door(nova: Nova) -> Iterator[str]:
    """The URL where the guest 127.0.0.1 asks."""
    opened = MetadataDoor(place("", "127.0.0.1", 0), NovaMetadata(nova.url, SECRET), {"127.0.0.1": BLUE})
    yield f"http://127.0.0.1:{opened.port}"
    opened.close()


def test_a_guest_is_known_by_its_address_and_nova_hears_who_it_is(nova: Nova, door: str) -> None:
    answer = requests.get(f"{door}/latest/meta-data/instance-id?x=1", timeout=5)
    assert (answer.status_code, answer.text) == (200, "i-00000001")
    method, path, told, _ = nova.asked[0]
    assert (method, path) == ("GET", "/latest/meta-data/instance-id?x=1")
    assert told["x-instance-id"] == [BLUE.instance_id]
    assert told["x-tenant-id"] == ["blue"]
    assert told["x-forwarded-for"] == ["127.0.0.1"]
    expected = hmac.new(SECRET.encode(), BLUE.instance_id.encode(), hashlib.sha256).hexdigest()
    assert told["x-instance-id-signature"] == [expected]
    assert "set-cookie" not in {name.lower() for name in answer.headers}


FORGED = (
    "X-Instance-ID: other",
    "x-instance-id: other",
    "X-INSTANCE-ID: other",
    "X_Instance_ID: other",
    "X-Tenant-ID: other",
    "X-Forwarded-For: 10.0.0.99",
    "X-Instance-ID-Signature: 00",
    "Connection: X-Instance-ID, close",
    "X-Forwarded-Host: nova",
    "X-LB-Source-IP: 10.0.0.1",
    "X-Metadata-Provider: other",
    "Cookie: nova=2",
    "User-Agent: other",
    "Authorization: Basic b3RoZXI=",
)


@pytest.mark.parametrize("line", [*FORGED, "\r\n".join(line for line in FORGED if "Connection" not in line)])
def test_forged_headers_never_reach_nova(nova: Nova, door: str, line: str) -> None:
    conversation(door, f"GET / HTTP/1.1\r\nHost: 169.254.169.254\r\n{line}\r\n\r\n".encode())
    assert nova.asked, "the request itself is served"
    told = nova.told()
    assert told["x-instance-id"] == [BLUE.instance_id] and told["x-tenant-id"] == ["blue"]
    assert told["x-forwarded-for"] == ["127.0.0.1"]
    assert "other" not in str(told) and "nova=2" not in str(told)
    assert set(told) <= {
        "host",
        "accept-encoding",
        "x-forwarded-for",
        "x-instance-id",
        "x-tenant-id",
        "x-instance-id-signature",
        "user-agent",
    }
    assert told["user-agent"] == ["netledger"]


SMUGGLED = (
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 40\r\n\r\nabcGET /evil HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /evil HTTP/1.1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX: a\nX-Instance-ID: other\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n X-Instance-ID: folded\r\n\r\n",
    b"GET /\rX-Instance-ID:other HTTP/1.1\r\nHost: a\r\n\r\n",
)


@pytest.mark.parametrize("raw", SMUGGLED)
def test_what_might_be_read_in_two_ways_goes_no_further(nova: Nova, door: str, raw: bytes) -> None:
    answer = conversation(door, raw)
    assert answer.split(b" ")[1] in (b"400", b"501")
    assert nova.asked == []


def test_an_address_that_no_port_has_gets_nothing(nova: Nova) -> None:
    opened = MetadataDoor(place("", "127.0.0.1", 0), NovaMetadata(nova.url, SECRET), {"10.0.0.5": BLUE})
    try:
        assert requests.get(f"http://127.0.0.1:{opened.port}/", timeout=5).status_code == 404
        assert nova.asked == []
    finally:
        opened.close()


def test_a_foreign_instance_in_device_id_is_novas_to_refuse_by_the_project(nova: Nova, door: str) -> None:
    nova.projects = {BLUE.instance_id: "red"}
    assert requests.get(f"{door}/latest/user-data", timeout=5).status_code == 404


@pytest.mark.parametrize(("said", "heard"), [(404, 404), (403, 403), (500, 503), (302, 503), (502, 503)])
def test_novas_troubles_are_told_without_their_texts(nova: Nova, door: str, said: int, heard: int) -> None:
    nova.answer = (said, b"Traceback: inside")
    answer = requests.get(f"{door}/", timeout=5, allow_redirects=False)
    assert answer.status_code == heard
    assert ("Traceback" in answer.text) == (said == heard)


def test_a_nova_that_is_away_is_503_and_comes_back(door: str, nova: Nova) -> None:
    away = MetadataDoor(place("", "127.0.0.1", 0), NovaMetadata("http://127.0.0.1:1", SECRET), {"127.0.0.1": BLUE})
    try:
        assert requests.get(f"http://127.0.0.1:{away.port}/", timeout=5).status_code == 503
    finally:
        away.close()
    assert requests.get(f"{door}/", timeout=5).status_code == 200


def test_a_password_goes_to_nova_and_too_much_of_it_does_not(nova: Nova, door: str) -> None:
    assert requests.post(f"{door}/openstack/latest/password", data=b"encrypted", timeout=5).status_code == 200
    assert nova.asked[-1][3] == b"encrypted"
    assert requests.post(f"{door}/openstack/latest/password", data=b"x" * 70_000, timeout=5).status_code == 413
    assert len(nova.asked) == 1
    assert requests.delete(f"{door}/", timeout=5).status_code == 405


def test_one_guest_cannot_hold_more_than_its_share(nova: Nova, door: str) -> None:
    nova.wait.clear()
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda: answers.append(requests.get(f"{door}/", timeout=10).status_code))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 10
    while len(answers) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert set(answers) == {429}
    nova.wait.set()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200] * 5 + [429] * 3


def test_the_keeper_opens_changes_and_closes_doors_and_survives_its_child(nova: Nova) -> None:
    poked = threading.Event()
    settings = Settings(metadata_url=nova.url, metadata_secret=SECRET)
    keeper = Keeper(settings, on_lost=poked.set)
    port = _free_port()
    try:
        assert keeper.keep({"": Door(port, "127.0.0.1", {"127.0.0.1": BLUE})}) == {}
        assert requests.get(f"http://127.0.0.1:{port}/", timeout=5).status_code == 200
        assert keeper.keep({"": Door(port, "127.0.0.1", {})}) == {}
        assert requests.get(f"http://127.0.0.1:{port}/", timeout=5).status_code == 404
        os.kill(keeper.pid or 0, signal.SIGKILL)
        assert poked.wait(5)
        assert keeper.keep({"": Door(port, "127.0.0.1", {"127.0.0.1": BLUE})}) == {}
        assert requests.get(f"http://127.0.0.1:{port}/", timeout=5).status_code == 200
        assert "no-such-namespace" in keeper.keep({"no-such-namespace": Door(80)})
        with pytest.raises(requests.ConnectionError):
            requests.get(f"http://127.0.0.1:{port}/", timeout=5)
    finally:
        keeper.close()


def test_without_a_nova_nothing_is_served_and_a_wrong_url_is_refused() -> None:
    keeper = Keeper(Settings())
    assert keeper.keep({"": Door(1)}) == {}
    with pytest.raises(BadSetting):
        load({"NETLEDGER_METADATA_URL": "nova:8775"})


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
