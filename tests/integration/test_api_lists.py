"""Lists: filters, projections, order and pages, as Nova, Horizon and the SDK ask for them."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from libs.policy import defaults
from tests.fakes.browser import Browser
from tests.integration.api_world import World

pytestmark = pytest.mark.postgres


@pytest.fixture
def cloud(admin: Browser) -> dict[str, str]:
    """Two networks; four ports on the first, one on the second."""
    blue, red = admin.made("network", name="blue"), admin.made("network", name="red", shared=True)
    for network, cidr in ((blue, "10.0.0.0/24"), (red, "10.1.0.0/24")):
        admin.made("subnet", network_id=network["id"], cidr=cidr, ip_version=4, name=f"of-{network['name']}")
    for number, owner in enumerate(("compute:nova", "compute:nova", "network:dhcp", "")):
        admin.made("port", network_id=blue["id"], name=f"b{number}", device_owner=owner, device_id=f"vm{number % 2}")
    admin.made("port", network_id=red["id"], name="r0", admin_state_up=False, binding__host_id="compute1")
    return {"blue": blue["id"], "red": red["id"]}


def names(admin: Browser, target: str) -> list[str]:
    seen = admin.get(target)
    assert seen.status == 200, seen.text
    (items,) = (value for key, value in seen.json.items() if not key.endswith("_links"))
    return [one["name"] for one in items]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name=b0", "b0"),
        ("name=b0&name=r0", "b0 r0"),
        ("name=b0&name=b2&device_owner=network:dhcp", "b2"),
        ("device_owner=", "b3 r0"),
        ("device_owner=compute%3Anova&device_id=vm1", "b1"),
        ("admin_state_up=False", "r0"),
        ("admin_state_up=0&admin_state_up=true", "b0 b1 b2 b3 r0"),
        ("binding:host_id=compute1", "r0"),
        ("binding:vif_type=ovs", "r0"),
        ("description=", "b0 b1 b2 b3 r0"),
        ("fixed_ips=ip_address%3D10.0.0.3", "b1"),
        ("fixed_ips=ip_address%3D10.0.0.3&fixed_ips=ip_address%3D10.1.0.2", "b1 r0"),
        ("fixed_ips=ip_address_substr%3D10.1.", "r0"),
        ("fixed_ips=ip_address_substr%3D0.0.2&fixed_ips=ip_address_substr%3D1.0.2", "b0 r0"),
        ("mac_address=not-a-mac", ""),
        ("id=nobody", ""),
        ("status=DOWN&revision_number=99", ""),
        ("changed_since=2001-01-01T00:00:00Z", "b0 b1 b2 b3 r0"),
        ("changed_since=2199-01-01T00:00:00", ""),
        ("tenant_id=p1", ""),
    ],
)
def test_ports_are_found_by_any_attribute(admin: Browser, cloud: dict[str, str], query: str, found: str) -> None:
    assert sorted(names(admin, f"/v2.0/ports?{query}")) == found.split()


def test_an_address_and_a_subnet_must_be_those_of_one_fixed_ip(admin: Browser, cloud: dict[str, str]) -> None:
    red = admin.get("/v2.0/subnets?name=of-red").json["subnets"][0]["id"]
    ask = "/v2.0/ports?fixed_ips=ip_address%3D10.1.0.2&fixed_ips=subnet_id%3D"
    assert names(admin, ask + red) == ["r0"]
    blue = admin.get("/v2.0/subnets?name=of-blue").json["subnets"][0]["id"]
    assert names(admin, ask + blue) == []


def test_networks_and_subnets_are_found_by_what_they_are(admin: Browser, cloud: dict[str, str]) -> None:
    assert names(admin, "/v2.0/networks?shared=True") == ["red"]
    assert names(admin, "/v2.0/networks?router:external=True") == []
    assert sorted(names(admin, "/v2.0/networks?provider:network_type=vxlan&mtu=1450")) == ["blue", "red"]
    assert names(admin, "/v2.0/networks?provider:segmentation_id=2") == ["red"]
    assert names(admin, f"/v2.0/subnets?network_id={cloud['red']}&cidr=10.1.0.0/24&ip_version=4") == ["of-red"]
    assert names(admin, "/v2.0/subnets?shared=True") == ["of-red"]
    assert names(admin, "/v2.0/subnets?gateway_ip=10.0.0.1") == ["of-blue"]


def test_nova_asks_for_many_ids_at_once(admin: Browser, cloud: dict[str, str]) -> None:
    many = "&".join(f"id=00000000-0000-4000-8000-{number:012d}" for number in range(150))
    assert names(admin, f"/v2.0/networks?{many}&id={cloud['blue']}") == ["blue"]


def test_fields_are_all_that_is_shown(admin: Browser, cloud: dict[str, str]) -> None:
    port = admin.get("/v2.0/ports?name=b1").json["ports"][0]
    wanted = ("id", "fixed_ips", "admin_state_up", "binding:vif_details", "tenant_id", "revision_number", "description")
    query = "&".join(f"fields={name}" for name in wanted)
    assert admin.get(f"/v2.0/ports?name=b1&{query}&fields=nonsense").json["ports"] == [
        {name: port[name] for name in wanted}
    ]
    assert admin.get(f"/v2.0/ports/{port['id']}?{query}").json["port"] == {name: port[name] for name in wanted}
    assert admin.get("/v2.0/ports?name=b1&fields=nonsense").json["ports"] == [{}]


def test_lists_are_ordered_by_several_keys(admin: Browser, cloud: dict[str, str]) -> None:
    ask = "/v2.0/ports?sort_key=device_id&sort_dir=desc&sort_key=name&sort_dir=asc"
    assert names(admin, ask) == ["b1", "b3", "b0", "b2", "r0"]
    assert names(admin, "/v2.0/ports?sort_key=name&sort_dir=desc") == ["r0", "b3", "b2", "b1", "b0"]


@pytest.mark.parametrize(
    "order", ["", "&sort_key=name&sort_dir=desc", "&sort_key=device_id&sort_dir=asc&sort_key=name&sort_dir=desc"]
)
def test_pages_followed_by_their_links_show_everything_once_both_ways(
    admin: Browser, cloud: dict[str, str], order: str
) -> None:
    everything = names(admin, f"/v2.0/ports?limit=100{order}")
    assert len(everything) == 5

    def walk(target: str, rel: str) -> list[list[str]]:
        pages = []
        while True:
            seen = admin.get(target).json
            pages.append([one["name"] for one in seen["ports"]])
            links = {one["rel"]: one["href"] for one in seen["ports_links"]}
            if not seen["ports"] or rel not in links:
                return pages
            parts = urlsplit(links[rel])
            assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "http://localhost:9696/v2.0/ports"
            target = f"{parts.path}?{parts.query}"

    forth = walk(f"/v2.0/ports?limit=2{order}", "next")
    assert [name for page in forth for name in page] == everything and max(map(len, forth)) == 2
    back = walk(f"/v2.0/ports?limit=2&page_reverse=True{order}", "previous")
    assert [name for page in reversed(back) for name in page] == everything


def test_a_page_is_stable_while_others_come_and_go(admin: Browser, cloud: dict[str, str]) -> None:
    first = admin.get("/v2.0/ports?limit=2&sort_key=name&sort_dir=asc&fields=name&fields=id").json
    assert [one["name"] for one in first["ports"]] == ["b0", "b1"]
    admin.made("port", network_id=cloud["blue"], name="a")
    marker = first["ports"][1]["id"]
    assert names(admin, f"/v2.0/ports?limit=2&sort_key=name&sort_dir=asc&marker={marker}") == ["b2", "b3"]
    by_id = admin.get("/v2.0/ports?limit=1&fields=id").json["ports"][0]["id"]
    rest = names(admin, f"/v2.0/ports?limit=9&marker={by_id}")
    admin.delete(f"/v2.0/ports/{by_id}")
    assert names(admin, f"/v2.0/ports?limit=9&marker={by_id}") == rest, "a marker that is gone still marks its place"


def test_the_links_keep_the_filters(admin: Browser, cloud: dict[str, str]) -> None:
    seen = admin.get(
        "/v2.0/ports?limit=1&device_id=vm0&device_id=vm1&fields=name", **{"X-Forwarded-Proto": "https"}
    ).json
    (href,) = (one["href"] for one in seen["ports_links"] if one["rel"] == "next")
    assert href.startswith("https://localhost:9696/v2.0/ports?")
    query = parse_qs(urlsplit(href).query)
    assert query["device_id"] == ["vm0", "vm1"] and query["limit"] == ["1"] and "marker" in query


def test_no_limit_is_no_page(admin: Browser, cloud: dict[str, str]) -> None:
    for query in ("", "?limit=0", "?marker=ignored-without-a-limit"):
        seen = admin.get(f"/v2.0/ports{query}").json
        assert len(seen["ports"]) == 5 and "ports_links" not in seen
    assert len(admin.get("/v2.0/ports?limit=1000000000").json["ports"]) == 5


def test_a_list_longer_than_one_piece_is_whole(admin: Browser, cloud: dict[str, str], world: World) -> None:
    from services.api.reads import Reads

    reads = Reads(world.log.pool.query, defaults(), at_once=2, piece=2)
    whole = b"".join(reads.index("port", world.actor, [], "")).decode()
    assert sorted(names(admin, "/v2.0/ports")) == sorted(world.names_in(whole, "ports"))


BAD_QUERIES = [
    "foo=1",
    "binding:profile=x",
    "fixed_ips=10.0.0.1",
    "fixed_ips=gateway%3D1",
    "admin_state_up=maybe",
    "revision_number=x",
    "revision_number=99999999999999999999999",
    "sort_key=name",
    "sort_key=foo&sort_dir=asc",
    "sort_key=binding:host_id&sort_dir=asc",
    "sort_key=name&sort_dir=up",
    "limit=-1",
    "limit=x",
    "limit=1.5",
    "limit=999999999999999999999999",
    "name=%00",
    "name=%0a",
    "name=%ff",
    "id=%27%00",
    "changed_since=yesterday",
    "name=" + "x" * 256,
    "&".join(f"fields=f{number}" for number in range(51)),
    "&".join(f"sort_key=name&sort_dir=asc&n={number}" for number in range(11)),
]


@pytest.mark.parametrize("query", BAD_QUERIES)
def test_a_bad_query_is_a_bad_request(admin: Browser, query: str) -> None:
    assert admin.get(f"/v2.0/ports?{query}").error[0] == 400


@pytest.mark.parametrize("query", ["name=' or 1=1 --", "name=%25s", "device_id=%27%3B%20drop%20table%20port", "id=\\"])
def test_a_filter_is_only_ever_a_value(admin: Browser, cloud: dict[str, str], query: str) -> None:
    assert names(admin, f"/v2.0/ports?{query}") == []


def test_an_unknown_marker_is_not_found(admin: Browser, cloud: dict[str, str]) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    assert admin.get(f"/v2.0/ports?limit=1&sort_key=name&sort_dir=asc&marker={nobody}").error == (404, "PortNotFound")
    assert admin.get("/v2.0/ports?limit=1&marker=x").error == (404, "PortNotFound")
