"""A whole system with a real Keystone before it, and the clients' environment: what the conformance target and its tests run on."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.places import Places, free_ports
from cli.servers import remove
from tests.conformance.cloud import Cloud
from tests.conformance.environment import Environment
from tests.conformance.identity import Identity
from tests.conformance.keystone import Keystone, keystone_packages
from tests.conformance.people import PASSWORD
from tests.conformance.tempest import Tempest
from tests.servers import scratch_places
from tests.whole import Whole

CLIENTS = Path(__file__).with_name("clients.lock")
STORIES = Path(__file__).with_name("stories")
MANY = {
    "network": 500,
    "subnet": 500,
    "port": 1000,
    "router": 200,
    "floatingip": 500,
    "security_group": 150,
    "security_group_rule": 1000,
}
"""Quotas: tempest's administrator owns what hundreds of projects would."""


def clients() -> Environment:
    """tempest and OpenStack's clients."""
    return Environment(Places.of().run / "conformance" / "venv-clients", CLIENTS)


@dataclass(frozen=True)
class CloudUnderTest:
    """`url`: of the Network API, which asks `keystone`."""

    whole: Whole
    keystone: Keystone
    environment: Environment

    @property
    def url(self) -> str:
        """Of the Network API."""
        return self.whole.url

    def operator(self) -> Cloud:
        """The Network API as its administrator asks it."""
        return Cloud(self.url, Identity(self.keystone.url).login("admin", project="admin"))

    def tempest(self) -> Tempest:
        """tempest, configured for it when it runs."""
        return Tempest(self.environment, self.whole.places.run / "tempest", self.keystone.url)

    def story(self, name: str) -> subprocess.CompletedProcess[str]:
        """Tell a story of stories/; its last line has the counts."""
        env = {**os.environ, "OS_CLIENT_CONFIG_FILE": str(self.keystone.folder / "etc" / "clouds.yaml")}
        command = [self.environment.program("python"), str(STORIES / f"{name}.py")]
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=900)


@contextmanager
def cloud_under_test() -> Iterator[CloudUnderTest]:
    """Install what is missing, start Keystone and a system; all ends with the block. Raises CalledProcessError, TimeoutError."""
    environment = clients()
    environment.install()
    packages = keystone_packages()
    packages.install()
    places = scratch_places()
    (port,) = free_ports(1)
    whole, keystone = Whole(places, f"c{os.getpid()}-"), Keystone(packages, places.run / "keystone", port)
    whole.settings |= settings(keystone.url)
    try:
        keystone.up(whole.url)
        whole.must("up")
        cloud = CloudUnderTest(whole, keystone, environment)
        cloud.operator().public()
        cloud.operator().default_pools()
        yield cloud
    finally:
        keystone.down()  # first: the file with its pid goes with the system
        whole.command("down")
        remove(places)


def settings(keystone: str) -> dict[str, str]:
    """What an operator sets for it."""
    asked = {"URL": keystone, "USERNAME": "neutron", "PASSWORD": PASSWORD, "PROJECT": "service"}
    return {
        "NETLEDGER_AUTH": "keystone",
        **{f"NETLEDGER_KEYSTONE_{name}": value for name, value in asked.items()},
        **{f"NETLEDGER_QUOTA_{name.upper()}": str(number) for name, number in MANY.items()},
    }
