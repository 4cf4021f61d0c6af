"""A real Keystone on loopback: `python -m tests.conformance.keystone up|down [--port 15000] [--network URL]`.

Everything is in the folder `conformance` of the run folder (NETLEDGER_RUN_DIR), and goes with it: packages of `keystone.lock` in
a virtual environment, an SQLite database, keys, log, and `etc/clouds.yaml` for clients (OS_CLIENT_CONFIG_FILE; OS_CLOUD=admin, demo,
alt_demo, reader, service). Its people and their one password are no secret (`people.py`): it is for tests, and answers on this
machine alone.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import click
import requests

from cli.places import Places
from tests.conformance.config import LOCK, clouds, config
from tests.conformance.environment import Environment
from tests.conformance.populate import populate

START_SECONDS = 120


@dataclass(frozen=True)
class Keystone:
    """One Keystone: `packages` that it runs from, `folder` with its data, `port` on 127.0.0.1."""

    packages: Environment
    folder: Path
    port: int = 15000

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}/v3"

    def up(self, network: str) -> None:
        """Start it unless it runs, and see to its people and catalogue; `network` is the URL of the Network API. Raises TimeoutError,
        CalledProcessError, requests' errors."""
        if not self._pid():
            self._prepare()
            self._start()
        populate(self.url, network)
        etc = self.folder / "etc"
        etc.mkdir(exist_ok=True)
        (etc / "clouds.yaml").write_text(clouds(self.url))

    def down(self) -> None:
        """Stop it; the data stay."""
        pid = self._pid()
        if not pid:
            return
        os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + 10
        while self._pid() and time.monotonic() < end:
            time.sleep(0.05)
        if self._pid():
            os.kill(pid, signal.SIGKILL)
        (self.folder / "pid").unlink(missing_ok=True)

    def _prepare(self) -> None:
        """Configuration, keys and tables, and the administrator."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        (self.folder / "keystone.conf").write_text(config(self.folder))
        for keys in ("fernet-keys", "credential-keys"):
            (self.folder / keys).mkdir(mode=0o700, exist_ok=True)
        if (self.folder / "prepared").exists():
            return
        for command in ("fernet_setup", "credential_setup"):
            self._manage(command, "--keystone-user", str(os.geteuid()), "--keystone-group", str(os.getegid()))
        self._manage("db_sync")
        urls = [word for kind in ("admin", "public", "internal") for word in (f"--bootstrap-{kind}-url", self.url)]
        named = ["--bootstrap-service-name", "keystone", "--bootstrap-region-id", "RegionOne"]
        environ = {
            "OS_BOOTSTRAP_USERNAME": "admin",
            "OS_BOOTSTRAP_PASSWORD": "secret",
            "OS_BOOTSTRAP_PROJECT_NAME": "admin",
        }
        self._manage("bootstrap", *named, *urls, environ=environ)
        (self.folder / "prepared").touch()

    def _start(self) -> None:
        """One process and one thread: with more, SQLite says that it is locked whenever two sign-ins meet."""
        command = [self.packages.program("uwsgi"), "--http-socket", f"127.0.0.1:{self.port}"]
        command += [
            "--module",
            "keystone.wsgi.api:application",
            "--processes",
            "1",
            "--threads",
            "1",
            "--enable-threads",
        ]
        command += ["--die-on-term", "--buffer-size", "65535", "--disable-logging", "--add-header", "Connection: close"]
        with (self.folder / "uwsgi.log").open("a") as log:
            process = subprocess.Popen(
                command, env=self._environ(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        (self.folder / "pid").write_text(str(process.pid))
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and process.poll() is None:
            with suppress(requests.RequestException):
                if requests.get(self.url, timeout=5).ok:
                    return
            time.sleep(0.2)
        self.down()
        raise TimeoutError(f"Keystone did not come up, see {self.folder}/uwsgi.log and keystone.log")

    def _pid(self) -> int:
        """Its process's, 0 when it does not run."""
        with suppress(OSError, ValueError, ChildProcessError):
            pid = int((self.folder / "pid").read_text())
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)  # when it is our own child
            if b"uwsgi" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
        return 0

    def _manage(self, *words: str, environ: dict[str, str] | None = None) -> None:
        command = [
            self.packages.program("keystone-manage"),
            "--config-file",
            str(self.folder / "keystone.conf"),
            *words,
        ]
        done = subprocess.run(command, env={**self._environ(), **(environ or {})}, capture_output=True, text=True)
        if done.returncode:
            print(done.stdout[-2000:], done.stderr[-2000:], file=sys.stderr)
            done.check_returncode()

    def _environ(self) -> dict[str, str]:
        conf = {
            "OS_KEYSTONE_CONFIG_DIR": str(self.folder),
            "OS_KEYSTONE_CONFIG_FILES": str(self.folder / "keystone.conf"),
        }
        return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONWARNINGS": "ignore", **conf}


def keystone_packages() -> Environment:
    """Its packages, in this system's run folder."""
    return Environment(Places.of().run / "conformance" / "venv-keystone", LOCK)


def of_run_folder(port: int = 15000) -> Keystone:
    """That of this system's run folder."""
    return Keystone(keystone_packages(), Places.of().run / "conformance" / "keystone", port)


@click.command()
@click.argument("verb", type=click.Choice(["up", "down", "install"]))
@click.option("--port", default=15000)
@click.option("--network", default="http://127.0.0.1:9696", help="URL of the Network API for the catalogue")
def main(verb: str, port: int, network: str) -> None:
    """Install, start or stop it."""
    keystone = of_run_folder(port)
    if verb == "down":
        return keystone.down()
    keystone.packages.install()
    if verb == "up":
        keystone.up(network)
        click.echo(f"keystone {keystone.url}; export OS_CLIENT_CONFIG_FILE={keystone.folder}/etc/clouds.yaml")


if __name__ == "__main__":
    main()
