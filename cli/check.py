"""`./netledger test`: formatting, lint, types, import rules, then every test tier."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from cli.places import ROOT

CHECKED = ("libs", "services", "cli", "lab", "bench", "docs", "tests")


def everything(pytest_arguments: Sequence[str] = ()) -> int:
    """Run all; a failed check is shown at once and the tests still run. With arguments only pytest runs. 0 when all passed."""
    failed = 0 if pytest_arguments else sum(not _passes(name, command) for name, command in _checks())
    tests = subprocess.run([sys.executable, "-m", "pytest", *pytest_arguments], cwd=ROOT, check=False)
    return tests.returncode or (1 if failed else 0)


def on_its_own(program: str, arguments: Sequence[str] = ()) -> int:
    """A long run on a system of its own, `tests.chaos` or `tests.conformance`; its exit code."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-m", program, *arguments], cwd=ROOT, env=env, check=False).returncode


def _checks() -> list[tuple[str, list[str]]]:
    tools = Path(sys.executable).parent
    there = [name for name in CHECKED if (ROOT / name).is_dir()]
    return [
        ("format", [f"{tools}/ruff", "format", "--check", *there]),
        ("lint", [f"{tools}/ruff", "check", *there]),
        ("types", [f"{tools}/mypy", *(name for name in there if name != "tests")]),
        ("imports", [f"{tools}/lint-imports"]),
    ]


def _passes(name: str, command: list[str]) -> bool:
    begun = time.monotonic()
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    verdict = "FAILED" if done.returncode else "ok"
    print(f"{name:8} {verdict} ({time.monotonic() - begun:.1f} s)", flush=True)
    if done.returncode:
        print(done.stdout + done.stderr, flush=True)
    return done.returncode == 0
