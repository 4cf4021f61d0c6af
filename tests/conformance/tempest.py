"""tempest's own network tests against a system: configured, run, and judged.

What it needs of the cloud beyond the API (an external network, default subnet pools) is made through the API first, as its operator
would.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.conformance.cloud import Cloud, configuration
from tests.conformance.environment import Environment
from tests.conformance.identity import Identity

ALL = r"^tempest\.api\.network\."
OUTCOMES = Path(__file__).with_name("outcomes.py")
NOT_OURS = re.compile(r"metering|dvr", re.IGNORECASE)
"""Tests of extensions that netledger does not serve; all others may only be skipped where Neutron skips them too."""
SKIPPED_BY_NEUTRON = Path(__file__).with_name("skipped-by-neutron.txt")
"""Ids that Neutron 29.0.0 skips in the same tests, on the same kind of machine."""


@dataclass(frozen=True)
class Verdict:
    """{test: (status, reason)}; status is `passed`, `failed` or `skipped`."""

    tests: dict[str, tuple[str, str]]

    @property
    def counts(self) -> Counter[str]:
        """How many of each status."""
        return Counter(status for status, _ in self.tests.values())

    @property
    def bad(self) -> dict[str, str]:
        """{test: what is wrong}: failures, and skips that are not expected."""
        expected = set(SKIPPED_BY_NEUTRON.read_text().split())
        return {
            name: f"{status}: {reason}"
            for name, (status, reason) in sorted(self.tests.items())
            if status == "failed"
            or (status == "skipped" and name.partition("[")[0] not in expected and not NOT_OURS.search(name))
        }


@dataclass(frozen=True)
class Tempest:
    """tempest in `environment`, its files in `folder`, told of the Keystone at `keystone` (a URL)."""

    environment: Environment
    folder: Path
    keystone: str

    def run(self, network: str, regex: str = ALL, concurrency: int = 2) -> Verdict:
        """Run what matches against the Network API at `network` (a URL). Raises CalledProcessError, requests' errors."""
        self._configure(network)
        chosen = self._tempest("run", "-l", "--regex", regex)
        listed = [line for line in chosen.splitlines() if line.startswith("tempest.")]
        self._tempest("run", "--concurrency", str(concurrency), "--regex", regex, fails=True)
        stream = self.folder / "last.subunit"
        with stream.open("wb") as file:
            subprocess.run(
                [self.environment.program("stestr"), "last", "--subunit"],
                cwd=self.folder,
                env=self._env(),
                stdout=file,
                check=False,
            )
        told = subprocess.run(
            [self.environment.program("python"), str(OUTCOMES), str(stream)], capture_output=True, text=True, check=True
        ).stdout
        return Verdict(judged(listed, [json.loads(line) for line in told.splitlines()]))

    def _configure(self, network: str) -> None:
        for name in ("logs", "lock"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        cloud = Cloud(network, Identity(self.keystone).login("admin", project="admin"))
        aliases = [one["alias"] for one in cloud.get("extensions")]
        public = cloud.public()
        (self.folder / "tempest.conf").write_text(configuration(self.folder, self.keystone, aliases, public))
        packages = next((self.environment.folder / "lib").glob("python3*")) / "site-packages"
        (self.folder / ".stestr.conf").write_text(
            f"[DEFAULT]\ntest_path={packages}/tempest/test_discover\ntop_dir={packages}/tempest\n"
            "group_regex=([^\\.]*\\.)*\n"
        )
        if not (self.folder / ".stestr").exists():
            subprocess.run([self.environment.program("stestr"), "init"], cwd=self.folder, env=self._env(), check=True)

    def _tempest(self, *words: str, fails: bool = False) -> str:
        """What it prints; `fails`: it may exit with 1, since tests failed."""
        command = [self.environment.program("tempest"), *words, "--config-file", str(self.folder / "tempest.conf")]
        done = subprocess.run(command, cwd=self.folder, env=self._env(), capture_output=True, text=True, check=False)
        if done.returncode and not fails:
            raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
        return done.stdout

    def _env(self) -> dict[str, str]:
        path = f"{self.environment.folder}/bin:{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "PYTHON": self.environment.program("python"), "PYTHONPATH": ""}


def judged(listed: list[str], told: list[dict[str, str]]) -> dict[str, tuple[str, str]]:
    """{test: (status, reason)} of every test that was to run; one without an outcome has its class's, or failed."""
    found = {one["id"]: (one["status"], one["reason"]) for one in told}
    missing = ("failed", "it did not run")
    return {
        name: found.get(name, found.get(f"class {name.partition('[')[0].rpartition('.')[0]}", missing))
        for name in listed
    }
