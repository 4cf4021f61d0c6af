"""The servers of docker-compose.yml on this machine, as they are right after their containers' first start."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import psycopg2
import requests

from cli.places import Places
from cli.postgres import OWNER, SERVICE
from cli.rabbitmq import ADMIN
from cli.servers import PrivatePostgres, PrivateRabbitMQ, remove
from tests.servers import scratch_places


class FreshServers:
    """An empty PostgreSQL that knows the owner alone, and a RabbitMQ that knows its administrator alone."""

    def __init__(self, owner_password: str, admin_password: str) -> None:
        self._places = scratch_places()
        self._places.make()
        _give(self._places, f"postgres-{OWNER}", owner_password)
        _give(self._places, f"rabbitmq-{ADMIN}", admin_password)
        self.postgres = PrivatePostgres(self._places, durable=False)
        self.rabbitmq = PrivateRabbitMQ(self._places)
        self._forget_services()

    @property
    def addresses(self) -> Mapping[str, str]:
        """{where the deployment looks for it: where it is}."""
        return {
            "postgres:5432": f"127.0.0.1:{self.postgres.server.port}",
            "rabbitmq:5672": f"127.0.0.1:{self.rabbitmq.server.amqp}",
            "rabbitmq:15672": f"127.0.0.1:{self.rabbitmq.server.management}",
        }

    def stop(self) -> None:
        """End both and remove what they kept."""
        self.postgres.stop()
        self.rabbitmq.stop()
        remove(self._places)

    def _forget_services(self) -> None:
        """The services' role and broker user are the set-up job's to make."""
        connection = psycopg2.connect(self.postgres.server.url("postgres", "postgres"))
        connection.autocommit = True
        connection.cursor().execute(f"drop role {SERVICE}")
        connection.close()
        parts = urlsplit(self.rabbitmq.admin_url)
        base = f"http://{parts.hostname}:{parts.port}/api/users"
        answer = requests.delete(f"{base}/{SERVICE}", auth=(ADMIN, parts.password or ""), timeout=10)
        assert answer.status_code == 204, answer.text


def _give(places: Places, name: str, password: str) -> None:
    path = places.secrets / name
    path.write_text(password)
    path.chmod(0o600)
