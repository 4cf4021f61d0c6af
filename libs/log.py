"""Logging: one JSON line per record on stderr, secrets masked, lines bounded.

`{"at", "level", "logger", "message", ...extra, "error"}`: extra is what a caller passes as `extra={"fields": {...}}`, error a
traceback as text. JSON escapes control characters, so that no input can forge a line.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from datetime import UTC, datetime
from typing import Any

MAX_LINE = 8192
"""Characters of a line; what is longer loses its message's and traceback's middle."""

# Bounded repetitions: a long line of somebody's input costs linear time.
_SECRETS = (
    (re.compile(r"\b([a-zA-Z][\w+.-]{0,30}://[^:/@\s]{0,200}):[^@\s/]{1,500}@"), r"\1:***@"),
    (
        re.compile(r"(?i)(password|passwd|secret|token|authorization)(['\"]?\s{0,3}[=:]\s{0,3}['\"]?)[^\s'\",}]+"),
        r"\1\2***",
    ),
)


def mask(text: str) -> str:
    """`text` without passwords in URLs and without values of password=, token=, secret= and the like."""
    for pattern, stars in _SECRETS:
        text = pattern.sub(stars, text)
    return text


class JsonLines(logging.Formatter):
    """Formats a record as one JSON object on one line."""

    def __init__(self, process: str = "") -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """The record's line, without the line feed."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": _clean(record.getMessage(), MAX_LINE // 4),
        }
        if self._process:
            line["process"] = self._process
        for key, value in getattr(record, "fields", {}).items():
            line.setdefault(key, _clean(value, MAX_LINE // 16) if isinstance(value, str) else value)
        if record.exc_info:
            line["error"] = _clean(self.formatException(record.exc_info), MAX_LINE // 4)
        text = json.dumps(line, default=str)
        if len(text) > MAX_LINE:  # many fields, or much that had to be escaped
            head = {key: line[key] for key in ("at", "level", "logger")}
            text = json.dumps({**head, "message": _short(line["message"], MAX_LINE // 32), "cut": len(text)})
        return text


def setup(level: str = "INFO", process: str = "") -> None:
    """Send every logger of this process to stderr from `level` on, and what nobody caught. Raises ValueError on an unknown level."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(process))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    sys.excepthook = lambda kind, error, trace: root.critical("uncaught", exc_info=(kind, error, trace))
    threading.excepthook = lambda args: root.critical("uncaught in a thread", exc_info=args.exc_value)
    for noisy in ("amqp", "kombu", "nameko", "urllib3", "alembic"):
        logging.getLogger(noisy).setLevel(max(root.level, logging.WARNING))


def _clean(text: str, limit: int) -> str:
    """Masked and shortened; shortened before as well, far from what will be shown, so that a huge text costs little."""
    return _short(mask(_short(text, 64 * limit)), limit)


def _short(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]} ... {len(text) - 2 * half} characters left out ... {text[-half:]}"
