"""What holds for every kind of resource alike: bulk, If-Match, filters by every attribute, pages both ways."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from libs.naming import path_of
from tests.fakes.browser import Browser, Seen
from tests.integration.api_world import World
from tests.integration.layer3_world import public, routed, subnet_of

pytestmark = pytest.mark.postgres
NEUTRON = json.loads((Path(__file__).parents[1] / "unit" / "neutron_attributes.json").read_text())["attributes"]
KINDS = ("network", "subnet", "port", "router", "floatingip", "security_group", "address_group")


@pytest.fixture
def bodies(admin: Browser) -> dict[str, list[dict[str, Any]]]:
    """{kind: what to send for five that differ a little}."""
    external, _ = public(admin)
    network, _ = subnet_of(admin, "10.0.0.0/24")
    names = [{"name": f"n{number // 2}", "admin_state_up": bool(number % 2)} for number in range(5)]
    return {
        "network": names,
        "subnet": [
            {"network_id": network, "ip_version": 4, "cidr": f"10.{10 + number}.0.0/24", "name": f"n{number // 2}"}
            for number in range(5)
        ],
        "port": [{**one, "network_id": network} for one in names],
        "router": names,
        "floatingip": [{"floating_network_id": external, "description": f"d{number}"} for number in range(5)],
        "security_group": [{"name": f"n{number // 2}", "stateful": bool(number % 2)} for number in range(5)],
        "address_group": [{"name": f"n{number // 2}"} for number in range(5)],
    }


def made(admin: Browser, kind: str, bodies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    seen = admin.post(path_of(kind), {f"{kind}s": bodies})
    assert seen.status == 201, seen.text
    many: list[dict[str, Any]] = seen.json[f"{kind}s"]
    return many


@pytest.mark.parametrize("kind", KINDS)
def test_many_are_made_at_once_or_none(
    admin: Browser, world: World, bodies: dict[str, list[dict[str, Any]]], kind: str
) -> None:
    many = made(admin, kind, bodies[kind])
    assert len({one["id"] for one in many}) == 5
    assert [one["description"] for one in many] == [one.get("description", "") for one in bodies[kind]]
    head = world.log.head()
    bad = [*bodies[kind][:2], {**bodies[kind][2], "project_id": 5}]
    assert admin.post(path_of(kind), {f"{kind}s": bad}).status == 400
    assert world.log.head() == head


@pytest.mark.parametrize("kind", KINDS)
def test_who_names_a_revision_changes_that_one_or_nothing(
    admin: Browser, world: World, bodies: dict[str, list[dict[str, Any]]], kind: str
) -> None:
    [one] = made(admin, kind, bodies[kind][:1])
    path, change = f"{path_of(kind)}/{one['id']}", {kind: {"description": "new"}}
    now, other = (f"revision_number={number}" for number in (one["revision_number"], one["revision_number"] + 1))
    head = world.log.head()
    for seen in (admin.put(path, change, If_Match=other), admin.delete(path, If_Match=other)):
        assert seen.error == (412, "RevisionNumberConstraintFailed")
    assert world.log.head() == head
    assert admin.put(path, change, If_Match=now).json[kind]["description"] == "new"
    assert admin.delete(path, If_Match=now).status == 412
    assert admin.delete(path, If_Match=other).status == 204


def test_a_routers_actions_heed_the_revision_too(admin: Browser, world: World) -> None:
    external, _ = public(admin)
    router, _, subnet = routed(admin, external)
    _, another = subnet_of(admin, "10.1.0.0/24")
    route = {"router": {"routes": [{"destination": "10.9.0.0/16", "nexthop": "10.0.0.9"}]}}
    path = f"/v2.0/routers/{router}"
    for action, body in (
        ("add_router_interface", {"subnet_id": another}),
        ("add_extraroutes", route),
        ("remove_extraroutes", route),
        ("remove_router_interface", {"subnet_id": subnet}),
    ):
        now, head = admin.get(path).json["router"]["revision_number"], world.log.head()
        seen = admin.put(f"{path}/{action}", body, If_Match=f"revision_number={now - 1}")
        assert seen.error == (412, "RevisionNumberConstraintFailed") and world.log.head() == head
        assert admin.put(f"{path}/{action}", body, If_Match=f"revision_number={now}").status == 200
        assert admin.get(path).json["router"]["revision_number"] == now + 1


@pytest.mark.parametrize("kind", KINDS)
def test_by_every_attribute_that_neutron_filters_by(admin: Browser, kind: str) -> None:
    external, _ = public(admin)
    _, network, _ = routed(admin, external)
    port = admin.made("port", network_id=network, device_id="vm", device_owner="compute:a", description="d")
    floating = admin.made("floatingip", floating_network_id=external, port_id=port["id"], description="d")
    made(admin, "security_group", [{"name": "web", "stateful": False}])
    made(admin, "address_group", [{"name": "offices"}])
    whole = admin.get(path_of(kind)).json[f"{kind}s"]
    wanted = {"port": port["id"], "floatingip": floating["id"]}.get(kind, whole[-1]["id"])
    one = next(each for each in whole if each["id"] == wanted)
    for name, rules in NEUTRON[f"{kind}s"].items():
        value = one.get(name)
        if not rules["filter"] or value is None or isinstance(value, list | dict):
            continue
        seen = admin.get(f"{path_of(kind)}?{quote(name)}={quote(str(value))}&fields=id")
        assert seen.status == 200, (name, seen.text)
        same = [each["id"] for each in whole if each[name] == value]
        assert sorted(found["id"] for found in seen.json[f"{kind}s"]) == sorted(same), name


def follow(admin: Browser, seen: Seen, kind: str, rel: str) -> Seen | None:
    """The page that a link of `seen` leads to; None without one."""
    links = [link["href"] for link in seen.json[f"{kind}s_links"] if link["rel"] == rel]
    if not links:
        return None
    parts = urlsplit(links[0])
    return admin.get(f"{parts.path}?{parts.query}")


def ids(seen: Seen, kind: str) -> list[str]:
    return [one["id"] for one in seen.json[f"{kind}s"]]


@pytest.mark.parametrize("kind", KINDS)
def test_pages_in_any_order_show_everything_once_both_ways(
    admin: Browser, bodies: dict[str, list[dict[str, Any]]], kind: str
) -> None:
    made(admin, kind, bodies[kind])
    keys = ("status", "floating_ip_address") if kind == "floatingip" else ("name", "id")
    order = f"sort_key={keys[0]}&sort_dir=desc&sort_key={keys[1]}&sort_dir=asc"
    whole = ids(admin.get(f"{path_of(kind)}?{order}"), kind)
    assert len(whole) >= 5
    page: Seen | None = admin.get(f"{path_of(kind)}?{order}&limit=2")
    last, forth = page, list[str]()
    while page is not None and ids(page, kind):
        forth, last = forth + ids(page, kind), page
        page = follow(admin, page, kind, "next")
    assert forth == whole and last is not None
    page, back = last, list[str]()
    while page is not None and ids(page, kind):
        back = ids(page, kind) + back
        page = follow(admin, page, kind, "previous")
    assert back == whole
