"""The whole system with real packets: what a stranger sees in the demo, and what must not happen when something dies."""

from __future__ import annotations

import concurrent.futures
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.guests import guest
from lab.traces import flows
from tests.tenant import TENANT, Ping, Tenant, whole_port
from tests.whole import Whole, eventually

pytestmark = [pytest.mark.root, pytest.mark.postgres, pytest.mark.broker, pytest.mark.timeout(180)]


@pytest.fixture
def tenant(lab: Whole) -> Iterator[Tenant]:
    """One tenant's network in the shared system."""
    one = Tenant(lab)
    yield one
    one.leave()


def tally(lab: Whole, host: str) -> dict[str, int]:
    """What the host's agent_ovs last said that it had changed since it started."""
    lines = (lab.places.log / f"agent_ovs@{host}.log").read_text().splitlines()
    said = [json.loads(line) for line in lines if '"flows_added"' in line]
    return said[-1] if said else {}


def test_the_demo_passes_on_a_running_system_and_leaves_nothing(lab: Whole) -> None:
    said = lab.must("demo")
    assert "It works." in said and "PortBecameActive" in said and "do not reach each other" in said
    assert set(lab.pids()) >= {"api", "agent_ovs@compute1"}


def test_pings_go_on_and_no_flow_changes_when_an_agent_is_killed(lab: Whole, tenant: Tenant) -> None:
    one, other = tenant.boot("compute1"), tenant.boot("compute2")
    assert one.reaches(other.address)
    before = sorted(flows(one.host, "br-int") + flows(one.host, "br-tun"))
    ping = Ping(one.netns, other.address)
    log = lab.places.log / "agent_ovs@compute1.log"
    length = len(log.read_text())
    lab.kill_and_await("agent_ovs@compute1", seconds=3)
    lab.kill_and_await("agent_dhcp@compute1", seconds=3)
    eventually("the agent in sync", lambda: "flows_added" in log.read_text()[length:], 15)
    time.sleep(1)  # what a repair would break shows in the pings after it
    answered, lost = ping.stop()
    changed = tally(lab, "compute1")
    print(f"restarted agent: {changed}; {answered} pings answered, {lost} lost")
    assert answered >= 20 and not lost
    assert {name: changed[name] for name in ("flows_added", "flows_changed", "flows_removed", "rows_written")} == {
        "flows_added": 0,
        "flows_changed": 0,
        "flows_removed": 0,
        "rows_written": 0,
    }
    assert sorted(flows(one.host, "br-int") + flows(one.host, "br-tun")) == before


def test_a_restarted_switch_gets_its_flows_back(lab: Whole, tenant: Tenant) -> None:
    one, other = tenant.boot("compute1"), tenant.boot("compute3")
    assert one.reaches(other.address)
    before = sorted(flows(other.host, "br-int") + flows(other.host, "br-tun"))
    lab.kill_and_await("ovs-vswitchd@compute3")
    assert one.reaches(other.address, seconds=10)
    eventually("the same flows", lambda: sorted(flows(other.host, "br-int") + flows(other.host, "br-tun")) == before)
    assert tenant.status(other) == "ACTIVE"


def test_a_port_made_while_the_broker_is_away_becomes_active_afterwards(lab: Whole, tenant: Tenant) -> None:
    first = tenant.boot("compute1")
    lab.kill_and_await("rabbitmq")
    eventually("a create", lambda: _created(tenant, "compute2"), 30)
    server = guest(lab.lab, "late", "compute2", tenant.api.get("ports?name=late")["ports"][0])
    tenant.guests.append(server)
    server.build(tenant.network["mtu"])
    server.plug()
    eventually("ACTIVE", lambda: tenant.status(server) == "ACTIVE", 30)
    server.ask_address(20)
    assert first.reaches(server.address, seconds=10)


def _created(tenant: Tenant, host: str) -> bool:
    """Whether the port could be made: without the broker the API answers 503."""
    owner = {"device_id": "late", "device_owner": "compute:nova", "name": "late", "binding:host_id": host}
    try:
        tenant.api.create("port", network_id=tenant.network["id"], security_groups=[tenant.group], **owner)
    except RuntimeError as refused:
        assert getattr(refused, "status", 0) == 503, refused
        return False
    return True


@pytest.mark.parametrize("name", ["api", "ipam", "topology", "postgres"])
def test_a_plug_still_becomes_active_after_a_service_was_killed(lab: Whole, tenant: Tenant, name: str) -> None:
    lab.kill_and_await(name)
    eventually("a create", lambda: _created_or_away(tenant, "compute2"), 15)
    server = guest(lab.lab, "late", "compute2", tenant.api.get("ports?name=late")["ports"][0])
    tenant.guests.append(server)
    server.build(tenant.network["mtu"])
    server.plug()
    eventually("ACTIVE", lambda: tenant.status(server) == "ACTIVE", 15)


def _created_or_away(tenant: Tenant, host: str) -> bool:
    """The same while the API itself may be away."""
    try:
        return _created(tenant, host)
    except OSError:
        return False


def test_32_clients_on_one_subnet_get_addresses_that_differ(lab: Whole, tenant: Tenant) -> None:
    def create(number: int) -> list[str]:
        api = lab.client(TENANT)
        made = [whole_port(api, tenant.network["id"], f"compute{number % 3 + 1}") for _ in range(4)]
        return [port["fixed_ips"][0]["ip_address"] for port in made]

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        addresses = [address for some in pool.map(create, range(32)) for address in some]
    assert len(addresses) == len(set(addresses)) == 128


def test_the_read_model_is_what_the_log_says_after_all_that(lab: Whole) -> None:
    assert "differed" not in lab.must("rebuild")


def test_the_log_tells_a_ports_life(lab: Whole, tenant: Tenant) -> None:
    server = tenant.boot("compute1")
    said = lab.must("log", server.port["id"])
    order = [said.index(name) for name in ("PortCreated", "AddressAllocated", "PortBound", "PortBecameActive")]
    assert order == sorted(order)


def test_nothing_died_on_its_own(lab: Whole) -> None:
    log = Path(lab.places.log / "supervisor.log").read_text()
    deaths = [line for line in log.splitlines() if " ended" in line and "status -9" not in line]
    assert not deaths, deaths
