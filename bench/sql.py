"""How many SQL statements a request takes, counted by the database itself: it logs every statement for a moment."""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg2

STATEMENT = re.compile(r"^\d{4}-\d\d-\d\d \S+ \S+ \[\d+\] LOG:  statement: (.*)$", re.DOTALL)
LITERAL = re.compile(r"'(?:[^']|'')*'")
ENTRY = re.compile(r"\n(?=\d{4}-\d\d-\d\d \S+ \S+ \[\d+\] )")
FIRST_WORDS = 2


class Statements:
    """Statements by their first words, filled when the `with` of `counted` ends."""

    def __init__(self) -> None:
        self.by_kind: Counter[str] = Counter()

    @property
    def total(self) -> int:
        """All of them, BEGIN and COMMIT included."""
        return self.by_kind.total()

    def take(self, log: str) -> None:
        """Count what a piece of PostgreSQL's log tells of; several statements sent as one are counted one by one."""
        for entry in ENTRY.split(log):
            match = STATEMENT.match(entry)
            if match:
                parts = LITERAL.sub("''", match[1]).split(";")
                self.by_kind.update(" ".join(part.split()[:FIRST_WORDS]).lower() for part in parts if part.strip())


@contextlib.contextmanager
def counted(superuser_url: str, log: Path) -> Iterator[Statements]:
    """Counts the statements of all sessions that run inside; PostgreSQL writes its log to `log`."""
    found, start = Statements(), 0
    with _logging(superuser_url):
        start = log.stat().st_size
        yield found
    with log.open(errors="replace") as file:
        file.seek(start)
        found.take(file.read())


@contextlib.contextmanager
def _logging(superuser_url: str) -> Iterator[None]:
    connection = psycopg2.connect(superuser_url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            _alter(cursor, "alter system set log_statement = 'all'")
            yield
            _alter(cursor, "alter system reset log_statement")
    finally:
        connection.close()


def _alter(cursor: psycopg2.extensions.cursor, words: str) -> None:
    cursor.execute(words)
    cursor.execute("select pg_reload_conf()")
    cursor.execute("select pg_sleep(0.5)")
