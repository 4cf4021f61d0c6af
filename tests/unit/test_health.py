"""A container's health check: fresh signs of life, and answers."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from libs import health
from libs.health import Pulse


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that the health check looks at."""
    monkeypatch.setenv("NETLEDGER_HEALTH_FILE", f"{tmp_path}/well")
    return tmp_path / "well"


class Teapot(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/" else 503)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[str]:
    """A web server whose / is well and whose /ill is not."""
    web = ThreadingHTTPServer(("127.0.0.1", 0), Teapot)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{web.server_address[1]}"
    web.shutdown()
    web.server_close()


def test_who_has_not_beaten_yet_is_not_well(file: Path) -> None:
    assert health.main([]) == 1
    Pulse(str(file)).beat()
    assert health.main([]) == 0


def test_who_stopped_beating_is_not_well(file: Path) -> None:
    Pulse(str(file)).beat()
    os.utime(file, (0, time.time() - 2 * health.FRESH_SECONDS))
    assert health.main([]) == 1


def test_a_new_process_does_not_live_on_the_old_ones_beats(file: Path) -> None:
    Pulse(str(file)).beat()
    Pulse(str(file))
    assert health.main([]) == 1


def test_an_address_has_to_answer_with_200_too(file: Path, server: str) -> None:
    Pulse(str(file)).beat()
    assert health.main([f"{server}/"]) == 0
    assert health.main([f"{server}/ill"]) == 1
    assert health.main(["http://127.0.0.1:1/"]) == 1


def test_without_anything_to_look_at_it_says_no(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("NETLEDGER_HEALTH_FILE", raising=False)
    assert health.main([]) == 1
    assert "NETLEDGER_HEALTH_FILE" in capsys.readouterr().err
