"""A web page in the operator's browser finds the API on loopback, and can do nothing with it."""

from __future__ import annotations

import pytest

from libs.auth import page_guard
from libs.config import Settings
from libs.http.app import App
from libs.http.limits import Limits
from libs.http.message import Reply, Request
from libs.http.router import Router
from tests.fakes.browser import Browser

OURS = ["localhost", "LOCALHOST:9696", "127.0.0.1:9696", "127.8.9.1", "[::1]:9696", "[::1]"]
THEIRS = [
    "evil.example",
    "127.0.0.1.evil.example:9696",
    "localhost.evil.example",
    "192.0.2.1:9696",
    "[2001:db8::1]:9696",
]


def create(request: Request) -> Reply:
    assert request.json() is not None
    return Reply(201, [b"{}"])


def browser(**settings: bool | str | tuple[str, ...]) -> Browser:
    app = App(Router([("POST", "/v2.0/networks", create)]), Limits(), page_guard(Settings(**settings)))  # type: ignore[arg-type]
    return Browser(app)


@pytest.mark.parametrize("host", OURS)
def test_this_machine_s_names_are_served(host: str) -> None:
    assert browser().post("/v2.0/networks", {}, Host=host).status == 201
    assert browser().post("/v2.0/networks", {}, Host=host, Origin=f"http://{host}").status == 201


@pytest.mark.parametrize("host", THEIRS)
def test_a_page_whose_name_was_made_to_point_here_is_refused(host: str) -> None:
    assert browser().post("/v2.0/networks", {}, Host=host).error == (403, "HTTPForbidden")
    assert browser().post("/v2.0/networks", {}, Host=host, Origin=f"http://{host}").error == (403, "HTTPForbidden")
    assert browser(api_names=("*",)).post("/v2.0/networks", {}, Host=host).status == 201


def test_a_public_api_is_called_by_its_addresses_and_by_the_names_that_its_operator_gave_it() -> None:
    public = browser(api_public=True, api_names=("cloud.example",))
    for host in ("192.0.2.1:9696", "[2001:db8::1]:9696", "127.0.0.1", "Cloud.Example:9696"):
        assert public.post("/v2.0/networks", {}, Host=host).status == 201
    for host in ("evil.example", "cloud.example.evil", "192.0.2.1.evil.example:9696"):
        assert public.post("/v2.0/networks", {}, Host=host).error == (403, "HTTPForbidden")


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:8000", "http://localhost:9696.evil"]
)
@pytest.mark.parametrize("public", [False, True])
def test_a_page_of_another_origin_is_refused(origin: str, public: bool) -> None:
    refused = browser(api_public=public).post("/v2.0/networks", {}, Host="localhost:9696", Origin=origin)
    assert refused.error == (403, "HTTPForbidden")


def test_a_page_must_name_the_type_of_what_it_sends_and_others_need_not() -> None:
    typed = {"CONTENT_TYPE": ""}
    assert browser().post("/v2.0/networks", {}, **typed).status == 201
    refused = browser().post("/v2.0/networks", {}, Origin="http://localhost:9696", **typed)
    assert refused.error == (415, "HTTPUnsupportedMediaType")


def test_the_address_that_the_api_listens_on_is_served() -> None:
    assert browser(api_host="::1").post("/v2.0/networks", {}, Host="[::1]:9696").status == 201
    assert browser(api_host="192.0.2.1").post("/v2.0/networks", {}, Host="192.0.2.1:9696").status == 201
