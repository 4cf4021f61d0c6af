"""How commands speak to the operator's terminal: steps with their times, failures in one line."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator

import click
import psycopg2
from rich.console import Console

from cli.backing import Misused
from lab.shell import ToolFailed
from libs.config import BadSetting
from libs.errors import Refusal

# Reads of the world end with one clear line for the operator, not with a traceback.
EXPECTED = (Misused, BadSetting, ToolFailed, Refusal, psycopg2.OperationalError, TimeoutError, RuntimeError, OSError)
console = Console(highlight=False, emoji=False)  # a MAC's :ab: is no emoji


class Progress:
    """Shows each step with the seconds since the start."""

    def __init__(self) -> None:
        self._begun = time.monotonic()

    def __call__(self, text: str) -> None:
        """Show one step."""
        console.print(f"[dim]{time.monotonic() - self._begun:6.1f} s[/dim]  {text}", soft_wrap=True)


@contextlib.contextmanager
def plainly() -> Iterator[None]:
    """Turn an expected failure into one line on stderr and exit code 1; NETLEDGER_TRACEBACK=1 shows where it came from."""
    try:
        yield
    except EXPECTED as error:
        if os.environ.get("NETLEDGER_TRACEBACK"):
            raise
        click.echo(f"netledger: {str(error).strip()}", err=True)
        sys.exit(1)


def need_root() -> None:
    """Raises Misused unless we are root: namespaces and Open vSwitch need it."""
    if os.geteuid() != 0:
        raise Misused("this needs root: it makes network namespaces and runs Open vSwitch")
