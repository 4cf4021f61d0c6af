"""The gateway as it really runs, a process of its own: its limits against raw sockets, and what it does when others are away."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

pytestmark = [pytest.mark.postgres, pytest.mark.broker]


class Gateway:
    """A started `services.api.service`."""

    def __init__(self, database_url: str, amqp_url: str, **settings: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        given = {
            "DATABASE_URL": database_url,
            "AMQP_URL": amqp_url,
            "API_PORT": str(self.port),
            "RPC_SECONDS": "1",
            "API_PUBLIC": "true",
            "API_NAMES": "*",  # raw requests here name any host
            **settings,
        }
        environ = {**os.environ, **{f"NETLEDGER_{name}": value for name, value in given.items()}}
        command = [sys.executable, "-m", "libs.launch", "services.api.service"]
        self.process = subprocess.Popen(command, env=environ, stderr=subprocess.PIPE)

    def wait(self) -> None:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                return self.dial().close()
            except OSError:
                assert self.process.poll() is None, self.process.stderr.read()
                time.sleep(0.05)
        raise AssertionError("it never listened")

    def dial(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def call(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        data = None if body is None else json.dumps(body)
        connection.request(method, path, data, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, dict(answer.getheaders()), text

    def memory(self) -> int:
        """Resident bytes."""
        with open(f"/proc/{self.process.pid}/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def end(self) -> int:
        self.process.terminate()
        try:
            return self.process.wait(10)
        finally:
            self.process.kill()


@pytest.fixture(scope="module")
def gateway(database, broker) -> Iterator[Gateway]:
    database.fresh()
    running = Gateway(database.url, broker.url)
    running.wait()
    yield running
    running.end()


def raw(gateway: Gateway, data: bytes) -> bytes:
    """All that comes back, up to the end of the connection."""
    with gateway.dial() as sock:
        sock.sendall(data)
        out = b""
        while piece := sock.recv(65536):
            out += piece
        return out


def test_it_answers_and_says_which_request_it_was(gateway: Gateway) -> None:
    status, headers, text = gateway.call("GET", "/")
    assert status == 200 and json.loads(text)["versions"][0]["id"] == "v2.0"
    assert headers["X-Openstack-Request-Id"].startswith("req-")
    assert gateway.call("GET", "/v2.0/networks")[2] == b'{"networks": []}'


def test_smuggled_requests_are_not_served(gateway: Gateway) -> None:
    both = b"POST /v2.0/networks HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = raw(gateway, both + b"0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ") and answer.count(b"HTTP/1.1") == 1 and b"NeutronError" in answer


def test_a_body_without_end_is_cut(gateway: Gateway) -> None:
    before = gateway.memory()
    with gateway.dial() as sock:
        sock.sendall(
            b"POST /v2.0/ports HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        sent = 0
        try:
            while sent < 64 << 20:
                sock.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")
                sent += 65536
        except OSError:
            pass
        assert sent < 32 << 20, "it was read to the end"
    assert gateway.memory() - before < 32 << 20


def test_slow_clients_do_not_keep_others_waiting(gateway: Gateway) -> None:
    slow = [gateway.dial() for _ in range(200)]
    for sock in slow:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: ")
    times = []
    for _ in range(20):
        began = time.monotonic()
        assert gateway.call("GET", "/v2.0/networks")[0] == 200
        times.append(time.monotonic() - began)
    for sock in slow:
        sock.close()
    assert sorted(times)[10] < 0.5


def test_a_client_that_sends_without_pause_does_not_keep_others_waiting(gateway: Gateway) -> None:
    flood = gateway.dial()
    flood.setblocking(False)
    request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 500
    times = []
    for _ in range(20):
        with contextlib.suppress(BlockingIOError):
            flood.send(request)
        began = time.monotonic()
        assert gateway.call("GET", "/")[0] == 200
        times.append(time.monotonic() - began)
    flood.close()
    assert sorted(times)[10] < 0.5


def test_100_000_unknown_paths_leave_memory_flat(gateway: Gateway) -> None:
    ask_unknown(gateway, 2_000, "warm")
    before = gateway.memory()
    ask_unknown(gateway, 100_000, "other")
    grown = gateway.memory() - before
    assert grown < 5 << 20, grown


def ask_unknown(gateway: Gateway, count: int, mark: str, at_once: int = 100) -> None:
    """Every path, query and header name of its own; many in one write, as only a machine does."""
    with gateway.dial() as sock:
        sock.settimeout(60)
        answers = sock.makefile("rb")
        for first in range(0, count, at_once):
            numbers = range(first, first + at_once)
            request = "GET /v2.0/{0}-{1}/{1}?{0}{1}=1 HTTP/1.1\r\nHost: a\r\nX-{0}-{1}: x\r\n\r\n"
            sock.sendall("".join(request.format(mark, number) for number in numbers).encode())
            for _ in numbers:
                assert b" 404 " in answers.readline()
                length = 0
                while (line := answers.readline()) != b"\r\n":
                    length = int(line[15:]) if line.lower().startswith(b"content-length:") else length
                answers.read(length)


def test_a_service_that_is_away_is_503_and_soon(gateway: Gateway) -> None:
    """Nobody answers for ipam and topology here."""
    began = time.monotonic()
    status, headers, text = gateway.call("POST", "/v2.0/networks", {"network": {"name": "n"}})
    assert status == 503 and int(headers["Retry-After"]) >= 1
    assert json.loads(text)["NeutronError"]["type"] == "ServiceUnavailable"
    assert time.monotonic() - began < 5
    assert gateway.call("GET", "/v2.0/networks")[2] == b'{"networks": []}', "nothing was made"


def test_it_ends_when_told_and_finishes_what_it_began(database, broker) -> None:
    gateway = Gateway(database.url, broker.url)
    gateway.wait()
    idle, busy = gateway.dial(), gateway.dial()
    busy.sendall(
        b"POST /v2.0/ports HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{"
    )
    time.sleep(0.3)
    gateway.process.send_signal(signal.SIGTERM)
    assert idle.recv(10) == b"", "who asked for nothing is let go at once"
    busy.sendall(b"}")
    answer = busy.recv(65536)
    assert answer.startswith(b"HTTP/1.1 400 ") and b"Connection: close" in answer
    assert gateway.process.wait(10) == 0


def test_believing_everybody_is_for_this_machine_only(database, broker) -> None:
    gateway = Gateway(database.url, broker.url, API_HOST="0.0.0.0", API_PUBLIC="false")
    assert gateway.process.wait(20) != 0
    assert b"loopback" in gateway.process.stderr.read()
