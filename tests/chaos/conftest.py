"""One system for all chaos tests: what dies in it disturbs no other test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.system import whole_system
from tests.whole import Whole


@pytest.fixture(scope="session")
def chaos(servers: object) -> Iterator[Whole]:
    """A whole system with three hosts, of these tests' own."""
    with whole_system() as whole:
        yield whole
