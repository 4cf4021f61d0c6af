"""What is installed is what was looked at: every package by the hashes of its files, and no other place to look for it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RUN, DEV = PROJECT["dependencies"], PROJECT["optional-dependencies"]["dev"]


def _pins(name: str) -> dict[str, list[str]]:
    """{package==version, in one form: hashes} of a lock file."""
    text = re.sub(r"#.*\n", "", (ROOT / name).read_text()).replace("\\\n", " ")
    lines = [line.split() for line in text.splitlines() if line.strip()]
    return {_one_form(words[0]): [word for word in words[1:] if word.startswith("--hash=sha256:")] for words in lines}


def _one_form(pin: str) -> str:
    package, _, version = pin.partition("==")
    return f"{re.sub('[-_.]+', '-', package).lower()}=={version}"


@pytest.mark.parametrize(("name", "wanted"), [("requirements.lock", RUN), ("requirements-dev.lock", RUN + DEV)])
def test_a_lock_holds_what_the_project_asks_for_with_hashes(name: str, wanted: list[str]) -> None:
    pins = _pins(name)
    assert {_one_form(one) for one in wanted} <= pins.keys()
    assert [pin for pin, hashes in pins.items() if not hashes or not re.fullmatch(r"[a-z0-9-]+==[\w.]+", pin)] == []


def test_what_runs_is_the_same_where_it_is_developed() -> None:
    every = _pins("requirements-dev.lock")
    assert {pin: every.get(pin) for pin in _pins("requirements.lock")} == _pins("requirements.lock")


def test_nothing_names_another_index() -> None:
    for name in ("requirements.lock", "requirements-dev.lock", "netledger", "deploy/Dockerfile"):
        text = (ROOT / name).read_text().replace("--no-emit-index-url", "")
        assert not re.search(r"index-url|find-links|trusted-host", text), name
