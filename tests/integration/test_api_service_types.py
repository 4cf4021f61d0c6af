"""Subnet service types over the real log, with ipam's real choice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from libs.eventlog.commit import Ledger
from libs.eventlog.follow import Tail
from libs.http.limits import Limits
from libs.network.world import ChooseAddresses
from services.api.gateway import make_app
from services.ipam import snapshot
from services.ipam.book import AddressBook
from tests.fakes.browser import Browser
from tests.fakes.choosers import Choosers
from tests.integration.api_world import World, api_world

pytestmark = pytest.mark.postgres


@pytest.fixture
def admin(database) -> Iterator[Browser]:
    """The API with ipam's own book in the place of a fake."""
    for world in api_world(database):
        yield Browser(_with_real_ipam(world))


def _with_real_ipam(world: World) -> Any:
    log, fakes = world.log, Choosers(world.log)
    book = AddressBook(log, lambda: snapshot.load(log.pool), lambda position: Tail(log, position))

    def ask(questions: list[Any]) -> list[Any]:
        answers = fakes.ask(questions)
        chosen = iter(book.answer([one for one in questions if isinstance(one, ChooseAddresses)]))
        return [
            next(chosen) if isinstance(one, ChooseAddresses) else answer
            for one, answer in zip(questions, answers, strict=True)
        ]

    return make_app(log.pool.query, Ledger(log, ask).commit, world.settings, Limits(), lambda: datetime.now(UTC))


def subnet_of(admin: Browser, network: str, cidr: str, *service_types: str) -> str:
    body = {"network_id": network, "ip_version": 4, "cidr": cidr, "service_types": list(service_types)}
    made = admin.made("subnet", **body)
    assert made["service_types"] == list(service_types)
    return str(made["id"])


def test_ports_get_addresses_from_the_subnets_that_are_for_them(admin: Browser) -> None:
    network = admin.made("network", router__external=True)["id"]
    plain = subnet_of(admin, network, "10.0.0.0/24")
    vms = subnet_of(admin, network, "10.1.0.0/24", "compute:nova", "compute:az2")
    floating = subnet_of(admin, network, "203.0.113.0/24", "network:floatingip")

    def subnets(**more: Any) -> list[str]:
        return [one["subnet_id"] for one in admin.made("port", network_id=network, **more)["fixed_ips"]]

    assert subnets() == [plain]
    assert subnets(device_owner="compute:nova") == subnets(device_owner="compute:az2") == [vms]
    assert subnets(device_owner="compute:other") == [plain]
    assert subnets(device_owner="network:dhcp") in ([plain], [vms], [floating])
    taken = admin.made("floatingip", floating_network_id=network)["floating_ip_address"]
    assert taken.startswith("203.0.113.")
    named = {"port": {"network_id": network, "fixed_ips": [{"subnet_id": vms}], "device_owner": "compute:other"}}
    assert admin.post("/v2.0/ports", named).error == (400, "InvalidInput")


def test_a_subnet_that_is_full_gives_way_to_one_that_is_for_all(admin: Browser) -> None:
    network = admin.made("network")["id"]
    plain = subnet_of(admin, network, "10.0.0.0/24")
    small = subnet_of(admin, network, "10.1.0.0/30", "compute:nova")
    owner = {"network_id": network, "device_owner": "compute:nova"}
    found = [admin.made("port", **owner)["fixed_ips"][0]["subnet_id"] for _ in range(3)]
    assert found == [small, plain, plain]


def test_service_types_are_an_administrators_to_say(admin: Browser) -> None:
    us = admin.acting("us", "member")
    network = us.made("network")["id"]
    body = {"network_id": network, "ip_version": 4, "cidr": "10.0.0.0/24"}
    refused = us.post("/v2.0/subnets", {"subnet": {**body, "service_types": ["compute:nova"]}})
    assert refused.error == (403, "PolicyNotAuthorized")
    subnet = us.made("subnet", **body)["id"]
    path = f"/v2.0/subnets/{subnet}"
    assert us.put(path, {"subnet": {"service_types": []}}).error == (403, "PolicyNotAuthorized")
    changed = admin.put(path, {"subnet": {"service_types": ["network:router_gateway"]}}).json["subnet"]
    assert changed["service_types"] == ["network:router_gateway"]
    seen = us.post("/v2.0/ports", {"port": {"network_id": network}})
    assert seen.error == (409, "IpAddressGenerationFailureNoMatchingSubnet")
    assert us.made("port", network_id=network, device_owner="network:router_gateway")["fixed_ips"]
    bad = {"subnet": {"service_types": ["vm"]}}
    assert admin.put(path, bad).error == (400, "InvalidSubnetServiceType")
    assert admin.put(path, {"subnet": {"service_types": [5]}}).error == (400, "InvalidInputSubnetServiceType")
    assert admin.put(path, {"subnet": {"service_types": None}}).json["subnet"]["service_types"] == []
