"""The broker or the database is away, hangs, or its disk is full: clear refusals, nothing hangs, and all is back by itself."""

from __future__ import annotations

import contextlib
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.door import Door
from tests.chaos.nemesis import Nemesis, still, tree
from tests.chaos.pressure import Asked, Request, pressure, seconds_until
from tests.chaos.probe import Probe
from tests.chaos.system import DISK_MIB, disk_of
from tests.chaos.taps import Taps
from tests.whole import Whole

pytestmark = [pytest.mark.root, pytest.mark.postgres, pytest.mark.broker, pytest.mark.timeout(240)]
LONG = float(os.environ.get("NETLEDGER_CHAOS_LONG", "1"))
"""Times the short outages of this file; 8 makes a minute of the broker's and more."""
BOUND = 12.0
"""Seconds within which every request is answered on a busy machine, whatever is away."""
PATIENCE = 45.0


@pytest.fixture
def network(chaos: Whole) -> Iterator[str]:
    """A network with a subnet."""
    door = Door(chaos.url)
    made = door.send("POST", "networks", {"network": {"name": "away"}}).body["network"]["id"]
    subnet = {"network_id": made, "ip_version": 4, "cidr": "10.99.0.0/16", "enable_dhcp": False}
    assert door.send("POST", "subnets", {"subnet": subnet}).status == 201
    yield made


def requests_on(network: str) -> dict[str, Request]:
    """A write and two reads."""
    port = {
        "network_id": network,
        "binding:host_id": "compute1",
        "device_id": str(uuid.uuid4()),
        "device_owner": "compute:x",
    }
    return {
        "create": ("POST", "ports", {"port": port}),
        "show": ("GET", f"networks/{network}", None),
        "list": ("GET", f"ports?network_id={network}&limit=5", None),
    }


def refused_clearly(asked: Asked, bound: float = BOUND) -> None:
    """Every answer was a 503 that says when to come again, in time."""
    assert asked.answers and set(asked.statuses) == {503}, asked
    assert all("Retry-After" in one.headers for one in asked.answers), asked
    assert asked.slowest < bound, asked


def answered(asked: Asked) -> None:
    """Every answer was the usual one, in time."""
    assert asked.answers and set(asked.statuses) <= {200, 201}, asked
    assert asked.slowest < BOUND, asked


def all_is_well(chaos: Whole, network: str, goal: float = 10.0) -> None:
    """Requests are answered, and a port becomes ACTIVE on each host."""
    since = time.monotonic()
    for name, request in requests_on(network).items():
        print(
            f"{name} answered {seconds_until(chaos.url, request, 201 if name == 'create' else 200, PATIENCE):.2f} s later"
        )
    probe = Probe(chaos.url, Taps(chaos.lab))
    for host in ("compute1", "compute2", "compute3"):
        took = probe.seconds_until_well(since, host, PATIENCE)
        assert took is not None, probe.story
        print(f"{host} well after {took:.2f} s (goal {goal:.0f} s)")


def under(
    chaos: Whole, network: str, outage: contextlib.AbstractContextManager[object], seconds: float
) -> dict[str, Asked]:
    """What clients are told while the outage lasts."""
    with outage, pressure(chaos.url, requests_on(network)) as asked:
        time.sleep(seconds)
    print(*asked.values(), sep="\n")
    return asked


def test_the_broker_is_away(chaos: Whole, network: str) -> None:
    asked = under(chaos, network, Nemesis(chaos.places).away(["rabbitmq"]), 8 * LONG)
    refused_clearly(asked["create"])
    answered(asked["show"])
    answered(asked["list"])
    all_is_well(chaos, network)


def test_the_broker_hangs(chaos: Whole, network: str) -> None:
    asked = under(chaos, network, still(tree(chaos.pids()["rabbitmq"])), 6 * LONG)
    refused_clearly(asked["create"])
    answered(asked["show"])
    all_is_well(chaos, network)


def test_the_database_is_away(chaos: Whole, network: str) -> None:
    asked = under(chaos, network, Nemesis(chaos.places).away(["postgres"]), 6 * LONG)
    for one in asked.values():
        refused_clearly(one)
    all_is_well(chaos, network)


def test_the_database_hangs(chaos: Whole, network: str) -> None:
    """Its processes stand still, as on a machine whose disk does not answer: connections stay, and nothing comes back on them."""
    asked = under(chaos, network, still(tree(chaos.pids()["postgres"])), 12 * LONG)
    for one in asked.values():
        refused_clearly(one, bound=2 * BOUND)
    all_is_well(chaos, network)


def test_the_databases_disk_is_full(chaos: Whole, network: str) -> None:
    """Writes are refused, clearly; when there is room again they go on by themselves."""
    written, ballast = chaos.url, disk_of(chaos) / "ballast"
    requests = requests_on(network) | {"bulk": ("POST", "ports", {"ports": bulky(network)})}
    try:
        with pressure(written, requests, clients=2) as asked:
            fill(ballast)
            time.sleep(1)
            full = {name: len(one.answers) for name, one in asked.items()}
            time.sleep(5 * LONG)
    finally:
        ballast.unlink(missing_ok=True)
    print(*asked.values(), sep="\n")
    for name in ("create", "bulk"):
        late = Asked(name, asked[name].answers[full[name] :])
        assert set(late.statuses) <= {201, 503} and late.statuses[503], late
        assert late.slowest < BOUND, late
        assert all("Retry-After" in one.headers for one in late.answers if one.status == 503)
    all_is_well(chaos, network)


def bulky(network: str) -> list[dict[str, str]]:
    """Ports with long descriptions, so that the disk's last pages are soon used up."""
    return [{"network_id": network, "description": uuid.uuid4().hex * 7} for _ in range(50)]


def fill(ballast: Path) -> None:
    """Take all the room that is left on this small disk."""
    room = os.statvfs(ballast.parent)
    assert room.f_blocks * room.f_frsize <= DISK_MIB << 20, f"{ballast.parent} is not on the small disk"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 16, 1 << 12):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"\0" * size)
