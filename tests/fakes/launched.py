"""A service process under the real launcher, for tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Launched:
    """`python -m libs.launch MODULES` with these NETLEDGER_ settings; `log()` is what it wrote to stderr."""

    def __init__(self, *modules: str, settings: Mapping[str, str], environ: Mapping[str, str] | None = None) -> None:
        named = {f"NETLEDGER_{name.upper()}": value for name, value in settings.items()}
        plain = {name: value for name, value in os.environ.items() if not name.startswith("NETLEDGER_")}
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115  # closed by stop
        self.process = subprocess.Popen(
            [sys.executable, "-m", "libs.launch", *modules],
            cwd=ROOT,
            env={**plain, **named, **(environ or {})},
            stderr=self._log,
            stdin=subprocess.DEVNULL,
        )

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def wait(self, seconds: float) -> int:
        """Its exit code."""
        return self.process.wait(seconds)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(10)
        self._log.close()

    def log(self) -> str:
        self._log.flush()
        self._log.seek(0)
        return self._log.read()
