"""Fixtures that tests of several tiers share: real private servers and a whole system, started at first use."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from cli.servers import PrivateRabbitMQ, remove
from tests.servers import Database, Servers, scratch_places
from tests.whole import Whole


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


@pytest.fixture(scope="session")
def lab(servers: Servers) -> Iterator[Whole]:
    """A whole system that is up: servers, services and three hosts; shared, so tests use resources of their own."""
    whole = Whole(scratch_places(), f"t{os.getpid()}-")
    try:
        whole.must("up")
        yield whole
    finally:
        whole.command("down")
        remove(whole.places)
