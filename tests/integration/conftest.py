"""Fixtures of the API's tests: an API over an emptied log, and who calls it. A module with a world or a caller of its own says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes.browser import Browser
from tests.integration.api_world import World, api_world
from tests.integration.sweep_city import City, city
from tests.servers import Database


@pytest.fixture
def world(database: Database) -> Iterator[World]:
    """An API over an empty log; projects may have as much as they like."""
    yield from api_world(database)


@pytest.fixture
def admin(world: World) -> Browser:
    """An administrator."""
    return world.admin


def _member_of(name: str) -> Any:
    """A fixture: a member of the project called `name`, or of the one that the test's module calls so (`ANN = "a" * 32`)."""

    @pytest.fixture(name=name)
    def member(request: pytest.FixtureRequest, admin: Browser) -> Browser:
        return admin.acting(getattr(request.module, name.upper(), name), "member")

    return member


ann, bob, cat = _member_of("ann"), _member_of("bob"), _member_of("cat")
us, them = _member_of("us"), _member_of("them")


@pytest.fixture(scope="module")
def town(database: Database) -> Iterator[City]:
    """A city of the policy's sweep; all tests of a module share it."""
    yield from city(database)
