"""Keystone asked under eventlet, as in the API's process: nobody else waits while it takes its time."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from tests.fakes.keystone import FakeKeystone, with_people


def played(keystone: FakeKeystone, tokens: list[str]) -> dict[str, Any]:
    """What sixty callers at once saw."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.contract.keystone_green", keystone.url, ",".join(tokens)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_sixty_callers_with_one_token_cost_one_question_and_block_nobody() -> None:
    keystone = with_people()
    keystone.seconds = 0.5
    found = played(keystone, [keystone.token("demo", project="demo")] * 60)
    keystone.stop()
    assert found["users"] == [keystone.users["demo"].id] * 60
    assert (keystone.logins, keystone.validations) == (1, 1)
    assert found["ticks"] > 20 and found["worst_pause_seconds"] < 0.4


def test_sixty_callers_with_tokens_of_their_own_are_asked_about_side_by_side() -> None:
    keystone = with_people()
    keystone.seconds = 0.2
    found = played(keystone, [keystone.token("demo", project="demo") for _ in range(60)])
    keystone.stop()
    assert found["users"] == [keystone.users["demo"].id] * 60
    assert (keystone.logins, keystone.validations) == (1, 60)
    assert found["seconds"] < 60 * 0.2 / 2, "one after the other it would take twelve seconds"
