"""A virtual environment of third parties' packages: those that a lock file names, with their hashes, and no others."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Environment:
    """`folder` holds what `lock` names, once it is installed."""

    folder: Path
    lock: Path

    @property
    def installed(self) -> bool:
        """Whether the packages that the lock file names are there."""
        return self._stamp.is_file() and self._stamp.read_text() == self.lock.read_text()

    def install(self) -> None:
        """Make it; nothing to do when it is there. Raises CalledProcessError."""
        if self.installed:
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(self.folder)], check=True)
        pip = [self.program("pip"), "install", "-q", "--no-input", "--disable-pip-version-check"]
        subprocess.run([*pip, "--require-hashes", "-r", str(self.lock)], check=True, stdin=subprocess.DEVNULL)
        self._stamp.write_text(self.lock.read_text())

    def program(self, name: str) -> str:
        """The path of one of its programs."""
        return str(self.folder / "bin" / name)

    @property
    def _stamp(self) -> Path:
        return self.folder / "netledger-lock"
