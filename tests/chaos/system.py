"""A whole system of a chaos run's own, with PostgreSQL's data on a small disk that a test can fill."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from cli.postgres import SOCKET_NAME
from cli.servers import remove
from libs.network.quota import RESOURCES, UNLIMITED
from tests.chaos.campaign import Campaign, Say
from tests.servers import scratch_places
from tests.whole import Whole

DISK_MIB = 1000


@contextlib.contextmanager
def whole_system(keep_logs: str = "") -> Iterator[Whole]:
    """It is up inside, and gone after. keep_logs: folder that gets its logs, when they are wanted."""
    whole = Whole(scratch_places(), f"x{os.getpid()}-")
    whole.settings |= {
        f"NETLEDGER_QUOTA_{name.upper()}": str(UNLIMITED) for name in RESOURCES
    }  # one project makes thousands
    whole.places.make()
    disk = disk_of(whole)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "chaos", str(disk)], check=True)
    shutil.chown(disk, "postgres", "postgres")
    disk.chmod(0o700)
    try:
        whole.must("up")
        yield whole
    finally:
        if keep_logs:
            shutil.copytree(whole.places.log, keep_logs, dirs_exist_ok=True)
        whole.command("down")
        subprocess.run(["umount", "--lazy", str(disk)], check=False)
        remove(whole.places)


def disk_of(whole: Whole) -> Path:
    """The folder on PostgreSQL's disk."""
    return whole.places.for_user("postgres", "postgres", longest_socket=len("/" + SOCKET_NAME))


def campaign(whole: Whole, say: Say = print, slack: float = 1.0) -> Campaign:
    """A run against it."""
    return Campaign(whole.url, whole.places, whole.lab, say, slack)
