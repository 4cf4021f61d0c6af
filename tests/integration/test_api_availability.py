"""How many addresses networks have, and how many are held: counted, filtered, paged; for administrators and services alone."""

from __future__ import annotations

import time
from typing import Any

import pytest

from libs.commands import CreatePorts, NewPort, WantedAddress
from libs.model import Actor, Context
from tests.fakes.browser import Browser
from tests.integration.api_world import World

pytestmark = pytest.mark.postgres
PATH = "/v2.0/network-ip-availabilities"
ANN = "a" * 32


def subnet_on(by: Browser, network: str, cidr: str, **more: Any) -> str:
    version = 6 if ":" in cidr else 4
    id: str = by.made("subnet", network_id=network, cidr=cidr, ip_version=version, name=cidr, **more)["id"]
    return id


def listed(by: Browser, query: str = "") -> list[dict[str, Any]]:
    seen = by.get(f"{PATH}{query}")
    assert seen.status == 200, seen.text
    found: list[dict[str, Any]] = seen.json["network_ip_availabilities"]
    return found


def details(*numbers: int) -> dict[str, int]:
    names = ("total_ips_in_subnet", "total_ips_in_allocation_pool", "used_ips_in_subnet", "used_ips_in_allocation_pool")
    return dict(zip(names, numbers, strict=True))


def test_addresses_are_counted_for_each_subnet_and_network(admin: Browser) -> None:
    network = admin.made("network", name="blue", tenant_id=ANN)["id"]
    pools = [{"start": "10.0.0.10", "end": "10.0.0.19"}, {"start": "10.0.0.30", "end": "10.0.0.34"}]
    four = subnet_on(admin, network, "10.0.0.0/24", allocation_pools=pools)
    six = subnet_on(admin, network, "2001:db8::/64")
    for fixed in ("10.0.0.10", "10.0.0.30", "10.0.0.77"):
        admin.made("port", network_id=network, fixed_ips=[{"ip_address": fixed}])
    admin.made("port", network_id=network, fixed_ips=[{"subnet_id": six}])
    seen = admin.get(f"{PATH}/{network}").json["network_ip_availability"]
    v4 = {
        "subnet_id": four,
        "ip_version": 4,
        "cidr": "10.0.0.0/24",
        "subnet_name": "10.0.0.0/24",
        "used_ips": 3,
        "total_ips": 15,
        "ip_availability_details": details(254, 15, 3, 2),
    }
    held = {one["subnet_id"]: one for one in seen.pop("subnet_ip_availability")}
    assert held[four] == v4
    assert (held[six]["used_ips"], held[six]["ip_version"]) == (1, 6)
    assert held[six]["ip_availability_details"]["total_ips_in_subnet"] == 2**64
    assert seen == {
        "network_id": network,
        "network_name": "blue",
        "tenant_id": ANN,
        "project_id": ANN,
        "used_ips": 4,
        "total_ips": 15 + held[six]["total_ips"],
        "ip_availability_details": {
            name: number + held[six]["ip_availability_details"][name]
            for name, number in v4["ip_availability_details"].items()  # type: ignore[attr-defined]
        },
    }


def test_a_subnet_without_pools_has_all_its_addresses(admin: Browser) -> None:
    network = admin.made("network")["id"]
    subnet_on(admin, network, "10.0.0.0/30", allocation_pools=[])
    [one] = admin.get(f"{PATH}/{network}").json["network_ip_availability"]["subnet_ip_availability"]
    assert (one["total_ips"], one["ip_availability_details"]) == (4, details(2, 0, 0, 0))


def test_filters_fields_and_pages(admin: Browser) -> None:
    blue, red, bare, _ = (admin.made("network", name=name)["id"] for name in ("a", "b", "bare", "other"))
    subnet_on(admin, blue, "10.0.0.0/24")
    subnet_on(admin, blue, "2001:db8::/64")
    subnet_on(admin, red, "10.0.0.0/24")
    assert [one["network_id"] for one in listed(admin, "?network_name=bare")] == [bare]
    assert [one["subnet_ip_availability"] for one in listed(admin, f"?network_id={bare}")] == [[]]
    assert {one["network_id"] for one in listed(admin, f"?network_id={bare}&network_id={red}")} == {bare, red}
    assert {one["network_id"] for one in listed(admin, "?ip_version=4")} == {blue, red}
    [six] = listed(admin, "?ip_version=6")
    assert [one["cidr"] for one in six["subnet_ip_availability"]] == ["2001:db8::/64"] and six["network_id"] == blue
    [named] = listed(admin, f"?network_id={blue}&fields=used_ips&fields=network_name")
    assert named == {"used_ips": 0, "network_name": "a"}
    every = sorted(one["network_id"] for one in listed(admin))
    first = admin.get(f"{PATH}?limit=2").json
    assert [one["network_id"] for one in first["network_ip_availabilities"]] == every[:2]
    [next_page] = [one["href"] for one in first["network_ip_availabilities_links"] if one["rel"] == "next"]
    assert f"marker={every[1]}" in next_page
    rest = listed(admin, f"?limit=9&marker={every[1]}")
    assert [one["network_id"] for one in rest] == every[2:]
    back = listed(admin, f"?limit=2&marker={every[3]}&page_reverse=True")
    assert [one["network_id"] for one in back] == every[1:3]
    down = listed(admin, "?sort_key=network_id&sort_dir=desc&limit=2")
    assert [one["network_id"] for one in down] == every[:1:-1]
    for query in ("?name=x", "?used_ips=1", "?sort_key=used_ips&sort_dir=asc", "?limit=x"):
        assert admin.get(f"{PATH}{query}").status == 400


def test_only_administrators_and_services_are_told(admin: Browser) -> None:
    ann, nova = admin.acting(ANN, "manager"), admin.acting("d" * 32, "service")
    network = ann.made("network")["id"]
    assert listed(ann) == [] and ann.get(f"{PATH}/{network}").error == (404, "NetworkNotFound")
    assert [one["network_id"] for one in listed(nova)] == [network]
    assert admin.get(f"{PATH}/{'0' * 8}-0000-4000-8000-{'0' * 12}").error == (404, "NetworkNotFound")
    assert admin.get(f"{PATH}/x").error == (404, "NetworkNotFound")


def test_ten_thousand_ports_are_counted_at_once(world: World, admin: Browser) -> None:
    """Generous: it took 26 ms, with everything around it."""
    network = admin.made("network")["id"]
    subnet = subnet_on(admin, network, "10.0.0.0/16")
    for start in range(0, 10_000, 1000):
        ports = tuple(
            NewPort(
                f"00000000-0000-4000-8000-{number:012x}",
                network,
                ANN,
                mac_address=f"fa:16:3e:00:{number // 256:02x}:{number % 256:02x}",
                fixed_ips=(WantedAddress(subnet, f"10.0.{number // 250}.{number % 250 + 2}"),),
                security_groups=(),
            )
            for number in range(start, start + 1000)
        )
        context = Context(Actor("root", "", ("admin",)), "", f"ports {start}", "2026-11-22T10:00:00.000000Z")
        world.ledger.commit(CreatePorts(ports), context)
    started = time.monotonic()
    [one] = listed(admin)
    assert one["used_ips"] == 10_000 == one["ip_availability_details"]["used_ips_in_allocation_pool"]
    assert time.monotonic() - started < 2
