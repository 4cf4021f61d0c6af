"""Running the host's tools by argument list. Runs in the hands child only."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

_ENVIRON = {"PATH": "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}


def run(command: Sequence[str], seconds: float) -> subprocess.CompletedProcess[str]:
    """The ended process with its texts; never a shell. Raises subprocess.TimeoutExpired, or OSError when there is no such tool."""
    return subprocess.run(
        list(command),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        cwd="/",
        env=_ENVIRON,
        timeout=seconds,
        start_new_session=True,
    )
