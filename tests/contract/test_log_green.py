"""The log under eventlet, as in the services: nothing blocks the process, cut connections are made again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

pytestmark = pytest.mark.postgres


def test_greenlets_commit_and_follow_through_cut_connections(database: Any) -> None:
    played = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.contract.log_green"],
        env={**os.environ, "NETLEDGER_DATABASE_URL": database.fresh().url},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found = json.loads(played.stdout)
    assert found["errors"] == []
    assert found["head"] == 12 * 15
    assert found["seen"] == list(range(1, found["head"] + 1))
    assert found["worst_pause_seconds"] < 1


def test_a_database_that_says_nothing_is_a_503_in_a_few_seconds() -> None:
    """A machine whose disk stands still takes connections and never answers; nobody may wait as long as it does."""
    played = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.contract.silent_database"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found = json.loads(played.stdout)
    assert found["status"] == 503 and found["seconds"] < 10 and found["ticks"] > 5
