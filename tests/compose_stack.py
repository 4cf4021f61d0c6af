"""What docker-compose.yml declares, run as local processes: the very commands, environments, jobs and health checks.

What a container gives is stood in for by a short list (`Replica._translate`): an address of its own (127.x.y.n), its /tmp, the
files mounted into it, the names of the two servers, Compose's name server, and `python` of the image.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cli.places import ROOT
from tests.compose import declared, mounted
from tests.fakes.dns import NameServer

HOST = "compute1"
"""The hypervisor whose agents are enrolled."""
CHOSEN = {
    "NETLEDGER_HOST": HOST,
    "NETLEDGER_BROKER": "rabbitmq:5672",
    "NETLEDGER_PROXY_CONNECTIONS_PER_ADDRESS": "64",
    "NETLEDGER_QUOTA_PORT": "-1",
}
"""What an operator would put into the environment."""


class Replica:
    """One container: a service's process with an address of its own. chosen: what an operator put into the environment for it."""

    def __init__(self, stack: Stack, service: str, number: int, chosen: Mapping[str, str] | None = None) -> None:
        self.service, self.name = service, f"{service}-{number}"
        self.address = stack.next_address()
        whole = declared({**CHOSEN, **chosen}) if chosen else stack.whole
        self._stack, self._declared = stack, whole["services"][service]
        self._files = stack.files_of(self._declared)
        self._tmp = stack.folder / "tmp" / self.name
        self._tmp.mkdir(parents=True)
        self.log = stack.folder / f"{self.name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a job to its end; `arguments` in place of its command, as `docker compose run` takes them."""
        return self._once([*self._declared.get("entrypoint", []), *(arguments or self._declared["command"])], 60)

    def start(self) -> None:
        """Start it, or start it again."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self._argv(self._declared["command"]), cwd=ROOT, env=self.env(), stderr=log, stdin=subprocess.DEVNULL
            )

    def end(self, number: int) -> int:
        """Send a signal and wait; its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(20)

    @property
    def running(self) -> bool:
        """Whether its process runs."""
        return self.process is not None and self.process.poll() is None

    def is_well(self) -> bool:
        """Whether the declared health check passes."""
        kind, *command = self._declared["healthcheck"]["test"]
        assert kind == "CMD"
        return self._once(command, 10).returncode == 0

    def await_well(self, seconds: float = 30) -> None:
        """Wait until the health check passes. Raises AssertionError with the end of its log."""
        deadline = time.monotonic() + seconds
        while not self.is_well():
            last = self.log.read_text()[-1500:]
            assert self.running and time.monotonic() < deadline, f"{self.name} is not well: {last}"
            time.sleep(0.2)

    def _once(self, command: Sequence[str], seconds: float) -> subprocess.CompletedProcess[str]:
        argv, env = self._argv(command), self.env()
        return subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, text=True, timeout=seconds, check=False)

    def _argv(self, command: Sequence[str]) -> list[str]:
        first = sys.executable if command[0] == "python" else command[0]
        return [first, *(self._translate(part) for part in command[1:])]

    def env(self) -> dict[str, str]:
        """What is declared and what the image has; nothing of ours."""
        image = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        return image | {name: self._translate(text) for name, text in self._declared.get("environment", {}).items()}

    def _translate(self, text: str) -> str:
        places = {**self._files, "127.0.0.11:53": self._stack.names.place, "/tmp/": f"{self._tmp}/"}
        for there, here in places.items():
            if there in text:
                return text.replace(there, here)
        for mine in ("127.0.0.1", "0.0.0.0"):
            text = text.replace(mine, self.address)
        return text


class Stack:
    """A project: replicas by service."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.whole: dict[str, Any] = declared(CHOSEN)
        self.replicas: list[Replica] = []
        self._addresses = 0
        self.names = NameServer(self._running)

    def next_address(self) -> str:
        """An address of 127.0.0.0/8 that no other process's stack uses."""
        self._addresses += 1
        return f"127.{1 + (os.getpid() >> 8) % 250}.{os.getpid() % 256}.{self._addresses}"

    def job(self, service: str) -> Replica:
        """A container for one run."""
        return Replica(self, service, len(list(self.folder.glob(f"tmp/{service}-*"))) + 1)

    def scale(self, service: str, count: int) -> list[Replica]:
        """Start so many; they are well when this returns."""
        new = [Replica(self, service, number) for number in range(1, count + 1)]
        for replica in new:
            replica.start()
        for replica in new:
            replica.await_well()
        self.replicas += new
        return new

    def of(self, service: str) -> list[Replica]:
        """The replicas of a service."""
        return [one for one in self.replicas if one.service == service]

    def close(self) -> None:
        """End everything."""
        for replica in self.replicas:
            if replica.running:
                replica.end(9)
        self.names.close()

    def files_of(self, service: Mapping[str, Any]) -> dict[str, str]:
        """{path in the container: path here}. Those under deploy/secrets are this stack's own."""
        return {target: self._here(source) for target, source in mounted(service, self.whole).items()}

    def secret(self, name: str) -> str:
        """What the set-up wrote into deploy/secrets/`name`."""
        return (self.folder / "made" / name).read_text().strip()

    def bring_secrets_here(self, servers: Mapping[str, str]) -> None:
        """Copies of the secrets for servers that are elsewhere: {"postgres:5432": where it is here, ..}."""
        for source in (self.folder / "made").rglob("*"):
            target = self.folder / "secrets" / source.relative_to(self.folder / "made")
            if source.is_file():
                text = source.read_text()
                for there, here in servers.items():
                    text = text.replace(there, here)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text)
                target.chmod(0o600)

    def _here(self, source: str) -> str:
        """`secrets`' job writes what was made; all others read the copies."""
        inside = source.removeprefix("./deploy/secrets")
        if inside == source:
            return str(ROOT / source)
        return f"{self.folder / ('secrets' if inside else 'made')}{inside}"

    def _running(self, service: str) -> list[str]:
        return [one.address for one in self.of(service) if one.running]
