"""How much of one thing another may have: counts that are no quotas, and how long a fact may be."""

from __future__ import annotations

import json

import pytest

from libs.eventlog.chain import MAX_EVENT_BYTES
from tests.fakes.browser import Browser, Seen
from tests.integration.api_world import World
from tests.integration.layer3_world import subnet_of

pytestmark = pytest.mark.postgres
ASTRAL = "\U0001f6f0" * 253  # a satellite; 12 bytes each where JSON is ASCII
LONG_TAGS = [f"{ASTRAL}{number:02}" for number in range(50)]


def told(seen: Seen) -> str:
    assert seen.status == 400, seen.text
    message: str = seen.json["NeutronError"]["message"]
    return message


def subnets(network: str, *numbers: int) -> list[dict[str, object]]:
    return [{"network_id": network, "ip_version": 4, "cidr": f"10.{n}.0.0/24", "enable_dhcp": False} for n in numbers]


def test_a_network_has_50_subnets_at_most(admin: Browser) -> None:
    network = admin.made("network")["id"]
    assert "as many as a network may" in told(admin.post("/v2.0/subnets", {"subnets": subnets(network, *range(51))}))
    assert admin.post("/v2.0/subnets", {"subnets": subnets(network, *range(49))}).status == 201
    last = admin.post("/v2.0/subnets", {"subnet": subnets(network, 49)[0]})
    assert last.status == 201
    assert "50 subnets" in told(admin.post("/v2.0/subnets", {"subnet": subnets(network, 50)[0]}))
    assert admin.delete(f"/v2.0/subnets/{last.json['subnet']['id']}").status == 204
    assert admin.post("/v2.0/subnets", {"subnet": subnets(network, 50)[0]}).status == 201


def test_a_port_has_16_addresses_at_most(admin: Browser) -> None:
    network, subnet = subnet_of(admin, "10.0.0.0/24")
    wishes = [{"subnet_id": subnet, "ip_address": f"10.0.0.{n}"} for n in range(10, 27)]
    for body in ({"fixed_ips": wishes}, {"fixed_ips": [{"subnet_id": subnet}] * 17}):
        refused = admin.post("/v2.0/ports", {"port": {"network_id": network, **body}})
        assert "maximum amount of fixed ips per port (16)" in told(refused)
    port = admin.made("port", network_id=network, fixed_ips=wishes[:16])
    assert len(port["fixed_ips"]) == 16
    assert told(admin.put(f"/v2.0/ports/{port['id']}", {"port": {"fixed_ips": wishes}}))


def test_a_subnet_has_20_pools_at_most(admin: Browser) -> None:
    network = admin.made("network")["id"]
    pools = [{"start": f"10.0.0.{n}", "end": f"10.0.0.{n + 1}"} for n in range(10, 94, 4)]
    body = {"network_id": network, "ip_version": 4, "cidr": "10.0.0.0/24"}
    assert "More than 20" in told(admin.post("/v2.0/subnets", {"subnet": {**body, "allocation_pools": pools}}))
    made = admin.made("subnet", **body, allocation_pools=pools[:20])
    assert told(admin.put(f"/v2.0/subnets/{made['id']}", {"subnet": {"allocation_pools": pools}}))


def test_50_tags_may_be_as_long_as_one_fact_can_hold_that_all_were_replaced(world: World, admin: Browser) -> None:
    network = admin.made("network")["id"]
    path = f"/v2.0/networks/{network}"
    long, plain = LONG_TAGS[:10], [f"{'x' * 253}{number:02}" for number in range(50)]
    for tags in (plain, long, plain[1:] + ["one"], []):
        assert admin.put(f"{path}/tags", {"tags": tags}).status == 200
    assert admin.put(f"{path}/tags", {"tags": long}).status == 200
    head = world.log.head()
    assert "tags take more than 32000 bytes" in told(admin.put(f"{path}/tags", {"tags": LONG_TAGS}))
    assert "tags take more" in told(admin.post(f"{path}/tags", {"tags": LONG_TAGS[10:12]}))
    assert "tags take more" in told(admin.post("/v2.0/ports", {"port": {"network_id": network, "tags": LONG_TAGS}}))
    assert world.log.head() == head and len(admin.get(f"{path}/tags").json["tags"]) == 10
    sizes = world.log.pool.query("select max(length(data::text)) from event")
    assert 40_000 < sizes[0][0] <= MAX_EVENT_BYTES


def test_a_longest_description_and_name_are_no_trouble(admin: Browser) -> None:
    text = "\U0001f6f0" * 255
    made = admin.made("network", name=text, description=text)
    assert (made["name"], made["description"]) == (text, text)
    assert len(json.dumps(made)) < MAX_EVENT_BYTES
