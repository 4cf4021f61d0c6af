"""Where a system lives: its run folder, and the folder beside it for those who cannot enter it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LONGEST_SOCKET_PATH = 107  # bytes of sun_path without its closing zero (unix(7))


@dataclass(frozen=True)
class Places:
    """The folders of one system. Two systems with different `run` share nothing."""

    run: Path

    @classmethod
    def of(cls, run_dir: str | Path | None = None) -> Places:
        """`run_dir`, else NETLEDGER_RUN_DIR, else `.run` in the clone; relative paths start at the clone."""
        return cls((ROOT / (run_dir or os.environ.get("NETLEDGER_RUN_DIR") or ".run")).resolve())

    @property
    def mark(self) -> str:
        """Short name of this system on this machine, the same for the same run folder: 10 hex digits."""
        return hashlib.sha256(str(self.run).encode()).hexdigest()[:10]

    @property
    def beside(self) -> Path:
        """Folder outside the clone, used only where the run folder does not do; removed by `down`."""
        return Path("/var/tmp") / f"netledger-{self.mark}"

    @property
    def log(self) -> Path:
        """Folder of the programs' logs."""
        return self.run / "log"

    @property
    def secrets(self) -> Path:
        """Folder of generated passwords, one file each, mode 0600."""
        return self.run / "secrets"

    def make(self) -> None:
        """Create the run folder and its parts."""
        for folder, mode in ((self.run, 0o755), (self.log, 0o755), (self.secrets, 0o700)):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(mode)

    def for_user(self, user: str, name: str, longest_socket: int = 0) -> Path:
        """A folder `name` that `user` owns: in the run folder, or beside when the user cannot enter it or a socket's path there
        (`longest_socket`: its length below the folder) would be too long. Side effect: it is created, mode 0700."""
        folder = self._short(len(f"/{name}") + longest_socket, user) / name
        folder.mkdir(mode=0o700, exist_ok=True)
        if user and os.geteuid() == 0:
            shutil.chown(folder, user, user)
        return folder

    def for_sockets(self, longest: int) -> Path:
        """The run folder, or the one beside when a socket's path (`longest` below it) would be too long."""
        return self._short(longest, "")

    def _short(self, longest: int, user: str) -> Path:
        if len(os.fsencode(self.run)) + longest <= LONGEST_SOCKET_PATH and enterable(self.run, user):
            return self.run
        self.beside.mkdir(mode=0o755, exist_ok=True)
        self.beside.chmod(0o755)
        return self.beside

    @contextlib.contextmanager
    def blaming(self, program: str) -> Iterator[None]:
        """What takes too long inside is told with the last line of this program's log. Raises TimeoutError."""
        try:
            yield
        except TimeoutError as error:
            path = self.log / f"{program}.log"
            lines = path.read_text(errors="replace").strip().splitlines() if path.exists() else []
            last = lines[-1][:300] if lines else "empty"
            raise TimeoutError(f"{error}; the end of {path}: {last}") from None

    def password(self, name: str) -> str:
        """The secret of this name; made at first use, 32 random bytes as text, kept in a file with mode 0600."""
        path = self.secrets / name
        if not path.exists():
            draft = path.with_suffix(".new")
            draft.unlink(missing_ok=True)
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(32))
            draft.rename(path)
        return path.read_text()


def replace(path: Path, text: str, mode: int) -> None:
    """Put a whole new file in place of the old one; a reader sees one or the other."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    draft.rename(path)


def enterable(folder: Path, user: str) -> bool:
    """Whether `user` can reach this folder (every parent lets it through)."""
    if not user or os.geteuid() != 0:
        return os.access(folder, os.X_OK)
    check = subprocess.run(
        ["test", "-x", str(folder)], user=user, group=user, extra_groups=[], stderr=subprocess.DEVNULL, check=False
    )
    return check.returncode == 0


def free_ports(count: int) -> list[int]:
    """TCP ports on 127.0.0.1 that nobody listens on now, all different."""
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()


def kept_ports(places: Places, name: str, count: int, in_use: bool = False) -> list[int]:
    """The ports that `name` got at first, so that URLs stay the same over restarts; new ones when somebody took one of them
    (`in_use`: it is `name` itself that uses them)."""
    path = places.run / f"{name}.ports"
    if path.exists():
        ports = [int(part) for part in path.read_text().split()]
        if in_use or (len(ports) == count and not any(listening(port) for port in ports)):
            return ports
    ports = free_ports(count)
    path.write_text(" ".join(map(str, ports)) + "\n")
    return ports


def listening(port: int) -> bool:
    """Whether somebody accepts connections on 127.0.0.1:`port`."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
