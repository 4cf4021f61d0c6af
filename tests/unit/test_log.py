"""Log lines: JSON, one line each, bounded, without secrets."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from libs.log import MAX_LINE, JsonLines, mask


def line_of(message: str, *args: Any, **extra: Any) -> dict[str, Any]:
    record = logging.makeLogRecord({"msg": message, "args": args, "levelname": "INFO", "name": "test", **extra})
    text = JsonLines("api").format(record)
    assert "\n" not in text
    assert len(text) <= MAX_LINE
    return dict(json.loads(text))


@pytest.mark.parametrize(
    "text",
    [
        "connecting to amqp://netledger:hunter2@127.0.0.1:5672/",
        "postgresql://u:hunter2@/db?host=/x failed",
        "password=hunter2 rejected",
        '{"token": "hunter2", "user": "u"}',
        "X-Auth-Token: hunter2",
        "Authorization: hunter2",
    ],
)
def test_secrets_are_masked_wherever_they_stand(text: str) -> None:
    assert "hunter2" not in mask(text)
    assert "hunter2" not in json.dumps(line_of("said %s", text))
    assert "hunter2" not in json.dumps(line_of("it", fields={"detail": text}))


def test_ordinary_text_stays_as_it_is() -> None:
    text = "port 5672 of 10.0.0.1 (http://127.0.0.1:9696/v2.0) is tokenless"
    assert mask(text) == text


def test_a_line_tells_when_who_and_what_with_its_fields() -> None:
    line = line_of("port %s", "p1", created=0.0, fields={"host": "compute1", "count": 3})
    assert line == {
        "at": "1970-01-01T00:00:00.000Z",
        "level": "INFO",
        "logger": "test",
        "message": "port p1",
        "process": "api",
        "host": "compute1",
        "count": 3,
    }


def test_a_field_cannot_forge_what_the_line_says() -> None:
    line = line_of("it", fields={"level": "CRITICAL", "message": "forged"})
    assert (line["level"], line["message"]) == ("INFO", "it")


def test_input_cannot_forge_a_line_nor_fill_the_disk() -> None:
    assert line_of("name %s", 'x\n{"level": "CRITICAL"}')["level"] == "INFO"
    assert "left out" in line_of("x" * 100_000)["message"]
    assert line_of("\0" * 100_000)["cut"] > MAX_LINE
    assert line_of("it", fields={f"f{number}": "x" * 500 for number in range(100)})["cut"] > MAX_LINE


def test_an_error_shows_its_traceback_on_the_same_line() -> None:
    try:
        raise ValueError("boom at amqp://u:hunter2@h/")
    except ValueError as error:
        line = line_of("failed", exc_info=(type(error), error, error.__traceback__))
    assert "ValueError: boom" in line["error"]
    assert "hunter2" not in line["error"]
