"""up and down as an operator lives with them: repeated, after a crash, beside another system; nothing is left at the end."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.process import alive, inside, marked
from cli.servers import remove
from lab.namespaces import NETNS, delete
from lab.shell import run
from tests.servers import Servers, scratch_places
from tests.tenant import Tenant, offers
from tests.whole import Whole, eventually, started

pytestmark = [pytest.mark.root, pytest.mark.postgres, pytest.mark.broker, pytest.mark.timeout(300)]
PREFIX = f"u{os.getpid()}-"
EXPECTED = {"supervisor", "postgres", "epmd", "rabbitmq", "api", "ipam", "topology"} | {
    f"{name}@compute{number}"
    for name in ("ovsdb-server", "ovs-vswitchd", "agent_ovs", "agent_dhcp", "agent_l3")
    for number in (1, 2, 3)
}


@pytest.fixture(scope="module")
def whole(servers: Servers) -> Iterator[Whole]:
    """A system of this module's own, down at first."""
    system = Whole(scratch_places(), PREFIX)
    system.settings["NETLEDGER_DHCP_AGENTS_PER_NETWORK"] = "2"
    yield system
    system.command("down")
    remove(system.places)


def namespaces() -> list[str]:
    """Those of this system and of its agents."""
    return [path.name for path in NETNS.glob("*") if PREFIX in path.name] if NETNS.exists() else []


def pids_file(whole: Whole) -> list[str]:
    """Its lines, none when it is not there."""
    path = whole.places.run / "pids"
    return path.read_text().splitlines() if path.exists() else []


def test_up_lists_every_process_and_tells_how_to_use_it(whole: Whole) -> None:
    said = whole.must("up")
    assert whole.url in said and "openstack --os-auth-type none" in said
    pids = whole.pids()
    assert set(pids) == EXPECTED and all(alive(pid) for pid in pids.values())
    assert {Path(f"/proc/{pids[name]}/comm").read_text().strip() for name in ("postgres", "rabbitmq", "epmd")} == {
        "postgres",
        "beam.smp",
        "epmd",
    }


def test_no_secret_is_in_a_command_line_or_a_log(whole: Whole) -> None:
    secrets = [path.read_bytes() for path in whole.places.secrets.iterdir()]
    assert len(secrets) >= 10
    for name, pid in whole.pids().items():
        line = Path(f"/proc/{pid}/cmdline").read_bytes()
        assert not any(secret in line for secret in secrets), name
    for path in whole.places.log.iterdir():
        assert not any(secret in path.read_bytes() for secret in secrets), path


def test_up_again_changes_nothing(whole: Whole) -> None:
    before = whole.pids()
    whole.must("up")
    assert whole.pids() == before


def test_two_dhcp_agents_serve_a_network_where_that_is_the_setting(whole: Whole) -> None:
    tenant = Tenant(whole)
    try:
        server = tenant.boot("compute3")
        eventually("both answer", lambda: len(offers(server)) == 2)
        assert set(offers(server).values()) == {server.address}, "from the same facts"
        first, second = whole.client().get(f"networks/{tenant.network['id']}/dhcp-agents")["agents"]
        assert first["host"] != second["host"]
    finally:
        tenant.leave()


@pytest.mark.parametrize("disaster", ["crash", "reboot"])
def test_up_after_a_disaster_keeps_what_was_created(whole: Whole, disaster: str) -> None:
    network = whole.client().create("network", name=f"before the {disaster}")
    for _, pid in sorted(whole.pids().items(), key=lambda item: item[0] != "supervisor"):
        os.kill(pid, signal.SIGKILL)
    if disaster == "reboot":
        for name in namespaces():
            delete(name)
    whole.must("up")
    assert set(whole.pids()) == EXPECTED
    assert whole.client().get(f"networks/{network['id']}")["network"]["name"] == f"before the {disaster}"


@pytest.mark.parametrize("lost", ["underlay", "compute1"])
def test_a_lost_namespace_is_noticed_and_made_anew(whole: Whole, lost: str) -> None:
    since = datetime.now(UTC).replace(microsecond=0, tzinfo=None)
    run("ip", "netns", "delete", f"{PREFIX}{lost}")
    noticed = whole.command("doctor")
    assert noticed.returncode == 1 and f"{PREFIX}{lost} is gone" in noticed.stdout
    whole.must("up")
    assert "nothing found" in whole.must("doctor")
    assert not whole.lab.unreachable() and set(whole.pids()) == EXPECTED
    beats = [one["heartbeat_timestamp"] for one in whole.client().get("agents?host=compute1")["agents"]]
    assert len(beats) == 3 and all(datetime.fromisoformat(beat) >= since for beat in beats), "its new agents are heard"
    assert "It works." in whole.must("demo")


def test_a_cut_wire_is_noticed(whole: Whole) -> None:
    run("ip", "-n", f"{PREFIX}compute2", "link", "set", "eth0", "down")
    assert "compute1 does not reach compute2" in whole.command("doctor").stdout
    run("ip", "-n", f"{PREFIX}compute2", "link", "set", "eth0", "up")
    eventually("the wire", lambda: "nothing found" in whole.command("doctor").stdout, 30)


def test_a_killed_supervisor_leaves_the_rest_running_and_up_adopts_it(whole: Whole) -> None:
    before = whole.pids()
    whole.kill("supervisor")
    whole.must("up")
    after = whole.pids()
    assert after.pop("supervisor") != before.pop("supervisor") and after == before


@pytest.mark.parametrize(
    "name", ["api", "ipam", "topology", "agent_ovs@compute1", "agent_dhcp@compute1", "agent_l3@compute1"]
)
def test_a_killed_python_service_is_back_within_three_seconds(whole: Whole, name: str) -> None:
    whole.kill_and_await(name, seconds=3)
    eventually("the API", lambda: whole.command("status").returncode == 0, 6)


def test_down_keeping_the_data_and_up_again(whole: Whole) -> None:
    network = whole.client().create("network", name="kept")
    whole.must("down", "--keep")
    assert not namespaces()
    whole.must("up")
    assert whole.client().get(f"networks/{network['id']}")["network"]["name"] == "kept"


def test_down_leaves_no_process_namespace_or_file_outside_the_run_folder(whole: Whole) -> None:
    pids = whole.pids()
    whole.must("down")
    assert not any(alive(pid) for pid in pids.values())
    assert not marked(whole.places.mark) and not inside(whole.places.run)
    assert not namespaces() and not whole.places.beside.exists()
    whole.must("down")


def test_a_demo_that_is_told_to_end_leaves_nothing(whole: Whole) -> None:
    demo = started(whole, "demo")

    def switches() -> bool:
        assert demo.poll() is None, "the demo ended before it was told to"
        return any(line.startswith("ovs-vswitchd") for line in pids_file(whole))

    eventually("switches", switches, 60)
    demo.send_signal(signal.SIGTERM)
    assert demo.wait(60) == 1
    assert not marked(whole.places.mark) and not inside(whole.places.run)
    assert not namespaces() and not (whole.places.run / "pids").exists()
