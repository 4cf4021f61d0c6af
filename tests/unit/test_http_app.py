"""Routing, JSON within limits, and replies of the HTTP application."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.errors import Refusal, unavailable
from libs.http.app import App
from libs.http.json_text import parse_json
from libs.http.limits import Limits
from libs.http.message import Reply, Request
from libs.http.router import Router
from tests.fakes.browser import Browser

LIMITS = Limits()


def named(name: str) -> Any:
    return lambda request: Reply(200, [json.dumps([name, request.parameters]).encode()])


ROUTER = Router(
    [
        ("GET", "/", named("root")),
        ("GET", "/v2.0/ports", named("list")),
        ("POST", "/v2.0/ports", named("create")),
        ("GET", "/v2.0/ports/{id}", named("show")),
        ("GET", "/v2.0/ports/{id}/bindings/{host}", named("binding")),
        ("GET", "/v2.0/ports/tags", named("tags")),
    ]
)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/", ["root", {}]),
        ("/v2.0/ports", ["list", {}]),
        ("/v2.0/ports/", ["list", {}]),
        ("/v2.0/ports.json", ["list", {}]),
        ("/v2.0/ports/a", ["show", {"id": "a"}]),
        ("/v2.0/ports/a.json", ["show", {"id": "a"}]),
        ("/v2.0/ports/a%2Fb", ["show", {"id": "a/b"}]),
        ("/v2.0/ports/%C3%A4", ["show", {"id": "ä"}]),
        ("/v2.0/ports/tags", ["tags", {}]),
        ("/v2.0/ports/a/bindings/h", ["binding", {"id": "a", "host": "h"}]),
    ],
)
def test_a_path_finds_its_handler(path: str, found: list[Any]) -> None:
    assert Browser(App(ROUTER, LIMITS)).get(path).json == found


@pytest.mark.parametrize(
    "path", ["/v2.0", "/v2.0/ports/a/bindings", "//", "/v2.0/ports//", "/V2.0/ports", "/v2.0/ports/%fe"]
)
def test_a_path_that_is_none_is_not_found(path: str) -> None:
    assert Browser(App(ROUTER, LIMITS)).get(path).error == (404, "HTTPNotFound")


def test_a_hundred_thousand_unknown_paths_leave_no_memory_behind() -> None:
    browser = Browser(App(ROUTER, LIMITS))
    for number in range(1000):
        browser.get(f"/warm/{number}")
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for number in range(100_000 // 20):  # a twentieth of them shows a leak of a few bytes each as well
        browser.get(f"/v2.0/unknown-{number}/{number}")
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 50_000


def test_refusals_carry_what_a_client_needs() -> None:
    def away(request: Request) -> Reply:
        raise unavailable("The database does not answer now.")

    seen = Browser(App(Router([("GET", "/", away)]), LIMITS)).get("/")
    assert seen.error == (503, "ServiceUnavailable") and int(seen.headers["Retry-After"]) >= 1
    assert seen.headers["Content-Type"] == "application/json"


def test_a_refused_method_names_those_that_are_allowed() -> None:
    seen = Browser(App(ROUTER, LIMITS)).delete("/v2.0/ports")
    assert seen.error == (405, "HTTPMethodNotAllowed") and seen.headers["Allow"] == "GET, POST"
    assert seen.json["NeutronError"]["detail"] == ""


@pytest.mark.parametrize(
    "text", ["null", "5", '"a"', "[1, 2.5, true, null]", '{"a": {"b": [{}]}}', '{"ä": "\\u00e4\\\\u0000"}']
)
def test_json_is_read_as_it_is(text: str) -> None:
    assert parse_json(text.encode(), LIMITS) == json.loads(text)


def test_json_may_be_as_large_as_the_limits_say_and_no_larger() -> None:
    deep = b"[" * 25 + b"]" * 25
    assert parse_json(deep, LIMITS)
    wide = json.dumps({str(number): "[:" for number in range(10_000)}).encode()
    assert len(parse_json(wide, LIMITS)) == 10_000
    assert parse_json(b"12345678901234567890", LIMITS) == 12345678901234567890
    for bad in (
        b"[" + deep + b"]",
        wide[:-1] + b', "one": "more"}',
        b"123456789012345678901",
        b"[" * 50_000 + b"]" * 50_000,
    ):
        with pytest.raises(Refusal) as refused:
            parse_json(bad, LIMITS)
        assert refused.value.status == 400


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_json_is_either_read_as_python_reads_it_or_refused(value: Any) -> None:
    data = json.dumps(value).encode()
    try:
        assert parse_json(data, LIMITS) == value
    except Refusal as refusal:
        assert refusal.status == 400 and any(mark in data for mark in (b"\\u0000", b"\\ud", b"[" * 5))


@given(st.binary(max_size=200))
def test_any_bytes_at_all_are_answered_or_refused(data: bytes) -> None:
    try:
        parse_json(data, LIMITS)
    except Refusal as refusal:
        assert refusal.status == 400


def test_a_page_s_address_is_what_the_client_used() -> None:
    def where(request: Request) -> Reply:
        return Reply(200, [json.dumps(request.url).encode()])

    app = App(Router([("GET", "/x/{id}", where)]), LIMITS)
    browser = Browser(app)
    assert browser.get("/x/1?a=b", Host="cloud:9696").json == "http://cloud:9696/x/1"
    assert browser.get("/x/1", Host="cloud", **{"X-Forwarded-Proto": "https"}).json == "https://cloud/x/1"
    assert browser.get("/x/1", Host="cloud", **{"X-Forwarded-Proto": "javascript"}).json == "http://cloud/x/1"
    afar = Browser(app, peer="192.0.2.1").get("/x/1", Host="cloud", **{"X-Forwarded-Proto": "https"})
    assert afar.json == "http://cloud/x/1", "only a proxy on this machine is believed"
