"""Private PostgreSQL and RabbitMQ without a supervisor, for tests and tools: start, use, stop."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable

from cli.places import Places
from cli.postgres import Postgres
from cli.process import Program, alive, end, spawn
from cli.rabbitmq import RabbitMQ


class Started:
    """Programs that were started together and end together, in reverse order."""

    def __init__(self) -> None:
        self._running: list[tuple[Program, subprocess.Popen[bytes]]] = []

    def run(self, program: Program) -> None:
        """Start one more."""
        self._running.append((program, spawn(program)))

    def stop(self) -> None:
        """End all; returns when none runs."""
        while self._running:
            program, process = self._running.pop()
            end([process.pid], program.stop, program.stop_seconds)

    def pids(self) -> dict[str, int]:
        """{program's name: pid}."""
        return {program.name: process.pid for program, process in self._running}

    def check(self) -> None:
        """Raises RuntimeError with the end of its log when one has died."""
        for program, process in self._running:
            if not alive(process.pid):
                with open(program.log, errors="replace") as log:
                    raise RuntimeError(f"{program.name} ended at its start: ...{log.read()[-2000:]}")


def await_true(what: str, check: Callable[[], bool], seconds: float, watch: Callable[[], None] | None = None) -> None:
    """Ask `check` every 50 ms until it is true. Raises TimeoutError naming `what`, or what `watch` raises."""
    deadline = time.monotonic() + seconds
    while not check():
        if watch:
            watch()
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come within {seconds:.0f} s")
        time.sleep(0.05)


class PrivatePostgres:
    """A running private PostgreSQL with its roles and an empty database. `url`: service role, `admin_url`: owner."""

    def __init__(self, places: Places, durable: bool = True) -> None:
        places.make()
        self.places, self.server, self.started = places, Postgres(places, durable), Started()
        self.server.prepare()
        self.started.run(self.server.program())
        await_true("PostgreSQL", self.server.answers, 30, self.started.check)
        self.server.set_up()
        self.url, self.admin_url = self.server.url(), self.server.admin_url

    def stop(self) -> None:
        """Stop it; the data stays."""
        self.started.stop()


class PrivateRabbitMQ:
    """A running private RabbitMQ with the services' user. `url`: AMQP of the services, `admin_url`: management."""

    def __init__(self, places: Places) -> None:
        places.make()
        self.places, self.server, self.started = places, RabbitMQ(places), Started()
        self.server.prepare()
        for program in self.server.programs():
            self.started.run(program)
        await_true("RabbitMQ", self.server.answers, 60, self.started.check)
        self.server.set_up()
        self.url, self.admin_url = self.server.url(), self.server.admin_url

    def stop(self) -> None:
        """Stop it; the data stays."""
        self.started.stop()


def remove(places: Places) -> None:
    """Delete everything that a stopped system kept."""
    shutil.rmtree(places.run, ignore_errors=True)
    shutil.rmtree(places.beside, ignore_errors=True)
