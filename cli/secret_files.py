"""Makes what is secret in a Compose deployment, as files: `python -m cli.secret_files FOLDER [HOST ..]`.

What is there stays as it is, so it is safe to repeat, also for hosts that come later. Nothing is printed but names.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import click

from cli.enrolment import TYPES
from libs.bus.names import agent_user

READER = 999
"""User and group of all containers that read secrets: that of the official images of PostgreSQL and RabbitMQ, and of ours."""
DATABASE, BROKER, MANAGEMENT = "postgres:5432", "rabbitmq:5672", "rabbitmq:15672"
OWNER, SERVICE, ADMIN = "netledger_owner", "netledger", "netledger-admin"


class SecretFiles:
    """The files in one folder, for `READER` alone to read; nothing that exists is ever changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        _make(folder)

    def services(self) -> None:
        """Those of the servers, of the services, and of the set-up job."""
        owner = self._keep("postgres_password", _password())
        self._keep("database_admin_url", f"postgresql://{OWNER}:{owner}@{DATABASE}/netledger\n")
        self._keep("database_url", f"postgresql://{SERVICE}:{_password()}@{DATABASE}/netledger\n")
        url = self._keep("amqp_admin_url", f"http://{ADMIN}:{_password()}@{MANAGEMENT}\n")
        password = url.rpartition("@")[0].rpartition(":")[2]
        self._keep("rabbitmq.conf", f"default_user = {ADMIN}\ndefault_pass = {password}\nmax_message_size = 16777216\n")
        self._keep("amqp_url", f"amqp://{SERVICE}:{_password()}@{BROKER}/\n")
        for name in (
            "keystone_password",
            "keystone_ca",
            "nova_password",
        ):  # the operator's to fill, for auth mode keystone
            self._keep(name, "")

    def agents(self, host: str, broker: str) -> None:
        """`agents/<host>/`: what the agents of one host get, a URL each and what they share with Nova. broker: HOST:PORT as that
        host reaches it."""
        _make(self._folder / "agents")
        _make(self._folder / "agents" / host)
        for program, agent_type in TYPES.items():
            url = f"amqp://{agent_user(agent_type, host)}:{_password()}@{broker}/\n"
            self._keep(f"agents/{host}/{program}_url", url)
        self._keep(f"agents/{host}/metadata_secret", self._keep("metadata_secret", _password() + "\n"))

    def _keep(self, name: str, text: str) -> str:
        """The content of the file: what it was, or else `text`."""
        path = self._folder / name
        if not path.exists():
            draft = path.with_name(f".{path.name}.new")
            draft.unlink(missing_ok=True)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(text)
            _give(draft)
            draft.rename(path)
            click.echo(f"made {name}")
        return path.read_text()


def agent_urls(folder: Path) -> Iterator[tuple[str, str, str]]:
    """(host, program, AMQP URL) of each file that `SecretFiles.agents` made; `folder` is the one named agents."""
    for path in sorted(folder.glob("*/agent_*_url")):
        yield path.parent.name, path.name.removesuffix("_url"), path.read_text().strip()


def _make(folder: Path) -> None:
    if not folder.exists():
        folder.mkdir(mode=0o700, parents=True)
    folder.chmod(0o700)
    _give(folder)


def _give(path: Path) -> None:
    """To the containers' user; only root can."""
    if os.geteuid() == 0:
        os.chown(path, READER, READER)


def _password() -> str:
    return secrets.token_urlsafe(32)


def _host(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", text) or ".." in text:
        raise click.BadParameter(f"{text!r} is no host's name")
    return text


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("hosts", nargs=-1)
@click.option("--broker", default="127.0.0.1:5672", help="HOST:PORT of the broker as the hosts' agents reach it")
def main(folder: Path, hosts: tuple[str, ...], broker: str) -> None:
    """Make the secrets of the services, and of the agents of these HOSTS."""
    files = SecretFiles(folder)
    files.services()
    for host in hosts:
        files.agents(_host(host), broker)


if __name__ == "__main__":
    main()
