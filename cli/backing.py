"""The PostgreSQL and RabbitMQ under a system: private ones, or those that the environment gives."""

from __future__ import annotations

import os
from urllib.parse import unquote, urlsplit

from cli.given import check_database
from cli.places import Places
from cli.postgres import Postgres
from cli.process import Program
from cli.rabbitmq import RabbitMQ
from cli.servers import await_true
from cli.supervision import Supervision
from libs.config import given


class Misused(RuntimeError):
    """The operator asked for something that cannot be done; the text says what to do instead."""


class Backing:
    """Servers of one system. `prepare` gives the programs to run (none for given servers), `set_up` comes when they run."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._postgres = None if _is_given("DATABASE") else Postgres(places)
        self._rabbitmq = None if _is_given("AMQP") else RabbitMQ(places)

    def check_given(self) -> None:
        """Whether the given database lets its owner in. Raises BadSetting."""
        if not self._postgres:
            check_database("NETLEDGER_DATABASE_ADMIN_URL", self.database_admin_url)

    def check_services_role(self) -> None:
        """Whether the database lets the services in, whose role set-up makes where it is missing. Raises BadSetting."""
        if not self._postgres:
            check_database("NETLEDGER_DATABASE_URL", self.database_url)

    def prepare(self, running: Supervision) -> list[Program]:
        """Programs of the private servers. What runs already is left as it is; for the rest orphans end and ports are chosen."""
        live, known = running.pids(), running.programs()
        programs: list[Program] = []
        if self._postgres:
            self._postgres.prepare(fresh="postgres" not in live)
            programs.append(known["postgres"] if "postgres" in live else self._postgres.program())
        if self._rabbitmq:
            self._rabbitmq.prepare(fresh="rabbitmq" not in live)
            fresh = {program.name: program for program in self._rabbitmq.programs()}
            programs += [known[name] if "rabbitmq" in live else program for name, program in fresh.items()]
        return programs

    def set_up_private(self) -> None:
        """Wait for the private servers and make their roles, database and users. Raises TimeoutError."""
        if self._postgres:
            with self._places.blaming("postgres"):
                await_true("PostgreSQL", self._postgres.answers, 30)
            self._postgres.set_up()
        if self._rabbitmq:
            with self._places.blaming("rabbitmq"):
                await_true("RabbitMQ", self._rabbitmq.answers, 60)
            self._rabbitmq.set_up()

    @property
    def gives_broker(self) -> bool:
        """Whether the environment names the broker, so that none of ours has to run."""
        return self._rabbitmq is None

    @property
    def database_url(self) -> str:
        """URL of the role that runs services; holds its password."""
        return self._postgres.url() if self._postgres else given(os.environ, "NETLEDGER_DATABASE_URL")

    @property
    def database_admin_url(self) -> str:
        """URL of the schema's owner; holds its password."""
        return self._postgres.admin_url if self._postgres else given(os.environ, "NETLEDGER_DATABASE_ADMIN_URL")

    @property
    def amqp_url(self) -> str:
        """URL of the services' broker user; holds its password."""
        return self._rabbitmq.url() if self._rabbitmq else given(os.environ, "NETLEDGER_AMQP_URL")

    @property
    def amqp_admin_url(self) -> str:
        """URL of the broker's management; holds the administrator's password."""
        return self._rabbitmq.admin_url if self._rabbitmq else given(os.environ, "NETLEDGER_AMQP_ADMIN_URL")

    @property
    def vhost(self) -> str:
        """The broker's virtual host that the services use."""
        return unquote(urlsplit(self.amqp_url).path[1:]) or "/"

    def amqp_url_of(self, user: str, password: str) -> str:
        """The services' URL with another user in it."""
        parts = urlsplit(self.amqp_url)
        place = parts.netloc.rpartition("@")[2]
        return parts._replace(netloc=f"{user}:{password}@{place}").geturl()


def _is_given(kind: str) -> bool:
    """Whether the environment names this server. Raises BadSetting, Misused when it names only one of the two URLs that it takes."""
    url, admin = (given(os.environ, f"NETLEDGER_{kind}_{part}") for part in ("URL", "ADMIN_URL"))
    if bool(url) != bool(admin):
        raise Misused(
            f"set both NETLEDGER_{kind}_URL and NETLEDGER_{kind}_ADMIN_URL (set-up needs the second), or neither"
        )
    return bool(url)
