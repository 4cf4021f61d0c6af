"""How long a green process waits for a database that says nothing: a server that stands still (its machine, its disk) must not hold
every request for as long as it does. In plain threads libpq waits, and there the server's own limits are all there is."""

from __future__ import annotations

import psycopg2
from psycopg2 import extensions
from psycopg2.extensions import connection as Connection

CONNECT_SECONDS, ANSWER_SECONDS = 3.0, 10.0


def bound() -> None:
    """Bound each wait of this process's green connections. Does nothing where psycopg2 is not green. Safe to repeat."""
    if extensions.get_wait_callback() not in (None, _wait):
        extensions.set_wait_callback(_wait)


def _wait(connection: Connection) -> None:
    """Raises psycopg2.OperationalError after CONNECT_SECONDS, ANSWER_SECONDS without a sign; psycopg2 closes the connection then."""
    from eventlet.hubs import trampoline

    while (state := connection.poll()) != extensions.POLL_OK:
        ready = connection.status in (extensions.STATUS_READY, extensions.STATUS_BEGIN)
        try:
            trampoline(
                connection.fileno(),
                read=state == extensions.POLL_READ,
                write=state == extensions.POLL_WRITE,
                timeout=ANSWER_SECONDS if ready else CONNECT_SECONDS,
                timeout_exc=TimeoutError,
            )
        except TimeoutError:
            raise psycopg2.OperationalError("the database gives no sign") from None
