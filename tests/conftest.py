"""Fixtures that tests of several tiers share: real private servers, started at first use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cli.servers import PrivateRabbitMQ
from tests.servers import Database, Servers


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """The session's private servers; ended when it ends."""
    running = Servers()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def database(servers: Servers) -> Database:
    """A real private PostgreSQL, migrated; call `.fresh()` for an empty log."""
    return servers.database()


@pytest.fixture(scope="session")
def broker(servers: Servers) -> PrivateRabbitMQ:
    """A real private RabbitMQ."""
    return servers.broker()
