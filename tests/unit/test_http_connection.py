"""What the server does with what clients send, byte by byte: well-formed, malformed, smuggled, slow, endless."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from libs.http.app import App
from libs.http.connection import Connection
from libs.http.limits import Limits
from libs.http.message import Reply, Request
from libs.http.router import Route, Router

QUICK = Limits(header_seconds=0.3, body_seconds=0.3, idle_seconds=0.3, write_seconds=0.3)


def echo(request: Request) -> Reply:
    body = {"body": request.json(), "query": request.query}
    return Reply(200, [json.dumps(body).encode()])


def pieces(request: Request) -> Reply:
    return Reply(200, (piece for piece in (b"[1", b"", b",2]")))


def endless(request: Request) -> Reply:
    return Reply(200, (b"x" * 65536 for _ in range(10_000)))


ROUTES: list[Route] = [
    ("GET", "/e", echo),
    ("POST", "/e", echo),
    ("GET", "/pieces", pieces),
    ("GET", "/endless", endless),
]


class Client:
    """The other end of a served connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._rest = b""
        sock.settimeout(5)

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def more(self) -> bool:
        data = self.sock.recv(65536)
        self._rest += data
        return bool(data)

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """(status, headers, body) of the next answer that has a length."""
        while b"\r\n\r\n" not in self._rest:
            assert self.more(), f"closed after {self._rest!r}"
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:])
        length = int(headers.get("Content-Length", 0))
        while len(self._rest) < length:
            assert self.more()
        body, self._rest = self._rest[:length], self._rest[length:]
        return int(lines[0].split()[1]), headers, body

    def all(self) -> bytes:
        """Everything up to the end."""
        while self.more():
            pass
        return self._rest

    @property
    def closed(self) -> bool:
        """Whether the server hung up (waits for it)."""
        return not self.more()


Dial = Callable[..., Client]


@pytest.fixture
def dial() -> Iterator[Dial]:
    ends: list[tuple[socket.socket, threading.Thread]] = []

    def make(limits: Limits | None = None, *routes: Route) -> Client:
        ours, theirs = socket.socketpair()
        limits = limits or Limits()
        connection = Connection(theirs, "127.0.0.1", App(Router([*ROUTES, *routes]), limits), limits)
        thread = threading.Thread(target=connection.serve, daemon=True)
        thread.start()
        ends.append((ours, thread))
        return Client(ours)

    yield make
    for sock, thread in ends:
        sock.close()
        thread.join(5)
        assert not thread.is_alive(), "a connection outlived its client"


def post(body: bytes, *headers: str) -> bytes:
    lines = ["POST /e HTTP/1.1", "Host: a", "Content-Type: application/json", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def test_one_connection_serves_many_requests(dial: Dial) -> None:
    client = dial()
    for number in range(3):
        client.send(post(b"%d" % number, "Content-Length: 1"))
        status, headers, body = client.answer()
        assert (status, json.loads(body)["body"]) == (200, number) and "Connection" not in headers
    client.send(b"GET /e HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert client.answer()[1]["Connection"] == "close" and client.closed


def test_requests_sent_at_once_are_answered_in_order(dial: Dial) -> None:
    client = dial()
    client.send(b"".join(post(b"%d" % number, "Content-Length: 1") for number in range(5)) + b"\r\n")
    assert [json.loads(client.answer()[2])["body"] for _ in range(5)] == list(range(5))


def test_a_request_may_come_in_drops(dial: Dial) -> None:
    client = dial()
    for byte in post(b'{"a": 1}', "Content-Length: 8"):
        client.send(bytes([byte]))
    assert json.loads(client.answer()[2])["body"] == {"a": 1}


def test_chunks_are_put_together(dial: Dial) -> None:
    client = dial()
    client.send(post(b'3\r\n{"a\r\n5;x=y\r\n": 1}\r\n0\r\nTrailer: t\r\n\r\n', "Transfer-Encoding: chunked"))
    assert json.loads(client.answer()[2])["body"] == {"a": 1}
    client.send(b"GET /e?x=1&x= HTTP/1.1\r\nHost: a\r\n\r\n")
    assert json.loads(client.answer()[2])["query"] == [["x", "1"], ["x", ""]]


def test_old_clients_are_served(dial: Dial) -> None:
    client = dial()
    client.send(b"GET /e HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")
    assert client.answer()[1]["Connection"] == "keep-alive"
    client.send(b"GET /pieces HTTP/1.0\r\n\r\n")
    assert client.all().endswith(b"\r\n\r\n[1,2]")


def test_an_answer_of_unknown_length_is_chunked(dial: Dial) -> None:
    client = dial()
    client.send(b"GET http://a:1/pieces HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert client.all().endswith(b"\r\n\r\n2\r\n[1\r\n3\r\n,2]\r\n0\r\n\r\n")


def test_a_client_that_waits_for_continue_gets_it(dial: Dial) -> None:
    client = dial()
    client.send(post(b"", "Content-Length: 2", "Expect: 100-continue"))
    assert client.more() and client._rest == b"HTTP/1.1 100 Continue\r\n\r\n"
    client._rest = b""
    client.send(b"{}")
    assert client.answer()[0] == 200


def test_a_client_that_waits_is_not_made_to_send_what_is_refused(dial: Dial) -> None:
    client = dial()
    client.send(post(b"", "Content-Length: 99999999", "Expect: 100-continue"))
    status, headers, _ = client.answer()
    assert (status, headers["Connection"]) == (413, "close") and client.closed


G = b"GET /e HTTP/1.1\r\nHost: a\r\n"
MALFORMED: list[tuple[bytes, int]] = [
    (b"nonsense\r\n\r\n", 400),
    (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
    (b"GET /e HTTP/1.1\nHost: a\n\n", 400),
    (b"GET  /e HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    (b"GET /e HTTP/1.1 x\r\nHost: a\r\n\r\n", 400),
    (b"GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    (b"GET e HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    (b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    (b"GET /e HTTP/2.0\r\nHost: a\r\n\r\n", 505),
    (b"GET /e HTTP/1.1\r\n\r\n", 400),
    (b"GET /e HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    (b'GET /e HTTP/1.1\r\nHost: a"b\r\n\r\n', 400),
    (G + b"X : y\r\n\r\n", 400),
    (G + b" folded: y\r\n\r\n", 400),
    (G + b"X: a\r\n b\r\n\r\n", 400),
    (G + b"X: a\x00b\r\n\r\n", 400),
    (G + b"X: a\rb\r\n\r\n", 400),
    (G + b"X: a\nContent-Length: 5\r\n\r\n", 400),
    (G + b"no colon\r\n\r\n", 400),
    (G + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400),
    (G + b"Content-Length: 3, 3\r\n\r\nabc", 400),
    (G + b"Content-Length: -1\r\n\r\n", 400),
    (G + b"Content-Length: +1\r\n\r\nx", 400),
    (G + b"Content-Length: 0x1\r\n\r\nx", 400),
    (G + b"Content-Length: 1_0\r\n\r\nx", 400),
    (G + b"Content-Length: \xb2\r\n\r\nx", 400),
    (G + b"Content-Length:\r\n\r\n", 400),
    (G + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (G + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (G + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    (G + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
    (b"POST /e HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    (b"x" * 9000, 414),
    (G + b"X: " + b"y" * 9000 + b"\r\n\r\n", 431),
    (G + b"".join(b"X-%d: %s\r\n" % (n, b"y" * 8000) for n in range(9)) + b"\r\n", 431),
    (G + b"".join(b"X-%d: y\r\n" % n for n in range(300)) + b"\r\n", 431),
]


@pytest.mark.parametrize(("sent", "status"), MALFORMED, ids=[repr(sent[-40:]) for sent, _ in MALFORMED])
def test_what_is_no_clear_request_is_refused_and_ends_the_connection(dial: Dial, sent: bytes, status: int) -> None:
    client = dial()
    client.send(sent + b"GET /e HTTP/1.1\r\nHost: smuggled\r\n\r\n")
    got, headers, body = client.answer()
    assert (got, headers["Connection"]) == (status, "close")
    assert re.fullmatch(r"req-[0-9a-f-]{36}", headers["X-Openstack-Request-Id"])
    assert set(json.loads(body)["NeutronError"]) == {"type", "message", "detail"}
    assert client.all() == b"", "nothing behind it was taken for a request"


@pytest.mark.parametrize(
    "chunks",
    [b"x\r\n", b"-1\r\n", b"0x1\r\na\r\n", b"1\r\nab\r\n0\r\n\r\n", b"1\na\n0\n\n", b"\r\n", b"100000000000\r\n",
     b" 1\r\na\r\n0\r\n\r\n",
     b"1;" + b"x" * 300 + b"\r\na\r\n0\r\n\r\n", b"0\r\n" + b"a: b\r\n" * 30 + b"\r\n", b"1\r\na\r\n" * 20_000 + b"0\r\n\r\n"],
    ids=lambda chunks: repr(chunks[:20]),
)  # fmt: skip
def test_bad_chunks_are_refused_and_end_the_connection(dial: Dial, chunks: bytes) -> None:
    client = dial()
    client.send(post(chunks, "Transfer-Encoding: chunked") + b"GET /e HTTP/1.1\r\nHost: smuggled\r\n\r\n")
    status, headers, _ = client.answer()
    assert (status, headers["Connection"]) == (400, "close") and client.all() == b""


def test_a_body_that_is_too_large_is_refused_without_being_read(dial: Dial) -> None:
    limits = replace(Limits(), body_bytes=1000, bulk_bytes=1000)
    client = dial(limits)
    client.send(post(b"[" + b"1," * 100_000, "Content-Length: 100000000"))
    status, headers, _ = client.answer()
    assert (status, headers["Connection"]) == (413, "close")


def test_a_chunked_body_is_counted_while_it_is_read(dial: Dial) -> None:
    client = dial(replace(Limits(), body_bytes=1000, bulk_bytes=1000))
    client.send(post((b"ff\r\n" + b"1" * 255 + b"\r\n") * 10, "Transfer-Encoding: chunked"))
    status, headers, _ = client.answer()
    assert (status, headers["Connection"]) == (413, "close")


def test_a_body_that_nobody_read_is_not_taken_for_a_request(dial: Dial) -> None:
    client = dial()
    hidden = b"GET /e HTTP/1.1\r\nHost: smuggled\r\n\r\n"
    client.send(b"POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%b" % (len(hidden), hidden))
    status, headers, _ = client.answer()
    assert (status, headers["Connection"]) == (404, "close") and client.all() == b""


@pytest.mark.parametrize("sent", [b"G", b"GET /e HTTP/1.1\r\n", b"GET /e HTTP/1.1\r\nHost: a\r\nX: "])
def test_a_head_that_does_not_come_is_given_up(dial: Dial, sent: bytes) -> None:
    client = dial(QUICK)
    client.send(sent)
    assert client.answer()[0] == 408 and client.closed


def test_a_head_that_trickles_is_given_up_too(dial: Dial) -> None:
    client, began = dial(QUICK), time.monotonic()
    try:
        for byte in b"GET /e HTTP/1.1\r\n" * 100:
            client.send(bytes([byte]))
            time.sleep(0.05)
    except OSError:
        pass
    assert time.monotonic() - began < 3.5, "a byte now and then does not keep the connection"


@pytest.mark.parametrize("sent", [post(b"12", "Content-Length: 9"), post(b"5\r\n12", "Transfer-Encoding: chunked")])
def test_a_body_that_does_not_come_is_given_up(dial: Dial, sent: bytes) -> None:
    client = dial(QUICK)
    client.send(sent)
    status, headers, _ = client.answer()
    assert (status, headers["Connection"]) == (408, "close")


def test_a_silent_connection_is_closed(dial: Dial) -> None:
    client = dial(QUICK)
    assert client.all() == b""
    client = dial(QUICK)
    client.send(G + b"\r\n")
    assert client.answer()[0] == 200 and client.closed


def test_a_client_that_does_not_read_is_left(dial: Dial) -> None:
    client = dial(QUICK)
    client.send(b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
    time.sleep(1)
    assert len(client.all()) < 10_000_000


def test_headers_that_an_application_could_confuse_do_not_reach_it(dial: Dial) -> None:
    seen: list[Any] = []

    def look(request: Request) -> Reply:
        seen.append(request.header("x-project-id"))
        return Reply(204)

    client = dial(None, ("GET", "/look", look))
    client.send(b"GET /look HTTP/1.1\r\nHost: a\r\nX_Project_Id: evil\r\nX-Project-Id: good\r\n\r\n")
    assert client.answer()[0] == 204 and seen == ["good"]
