"""Tags through the API: as openstacksdk, Terraform and tempest use them, on every kind that has them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from tests.fakes.browser import Browser
from tests.integration.api_world import World
from tests.integration.layer3_world import public, subnet_of

pytestmark = pytest.mark.postgres
KINDS = ("network", "subnet", "port", "router", "floatingip")
NO_SUCH = "00000000-0000-4000-8000-000000000000"


def one_of_each(owner: Browser, admin: Browser) -> dict[str, str]:
    """{kind: id} of things of `owner`'s."""
    network, subnet = subnet_of(owner, "10.0.0.0/24", name="blue")
    external, _ = public(admin)
    return {
        "network": network,
        "subnet": subnet,
        "port": owner.made("port", network_id=network)["id"],
        "router": owner.made("router")["id"],
        "floatingip": owner.made("floatingip", floating_network_id=external)["id"],
    }


def tags_of(browser: Browser, path: str) -> list[str]:
    """What both the sub-resource and the resource say."""
    kind = path.split("/")[2][:-1]
    alone, whole = browser.get(f"{path}/tags"), browser.get(path)
    assert alone.status == whole.status == 200 and alone.json == {"tags": whole.json[kind]["tags"]}
    tags: list[str] = alone.json["tags"]
    return tags


@pytest.fixture
def paths(ann: Browser, admin: Browser) -> dict[str, str]:
    return {kind: f"/v2.0/{kind}s/{id}" for kind, id in one_of_each(ann, admin).items()}


@pytest.mark.parametrize("kind", KINDS)
def test_all_that_can_be_done_with_tags(ann: Browser, paths: dict[str, str], kind: str) -> None:
    path = paths[kind]
    assert tags_of(ann, path) == []
    seen = ann.put(f"{path}/tags", {"tags": ["red", "blue"]})
    assert (seen.status, seen.json) == (200, {"tags": ["red", "blue"]})
    assert tags_of(ann, path) == ["blue", "red"]
    seen = ann.put(f"{path}/tags/green", None)
    assert (seen.status, seen.json) == (201, None)
    seen = ann.post(f"{path}/tags", {"tags": ["green", "Green"]})
    assert (seen.status, seen.json) == (200, {"tags": ["green", "Green"]})
    assert tags_of(ann, path) == ["Green", "blue", "green", "red"]
    assert (ann.get(f"{path}/tags/green").status, ann.get(f"{path}/tags/green").text) == (204, b"")
    assert ann.get(f"{path}/tags/gree").error == (404, "TagNotFound")
    assert ann.delete(f"{path}/tags/red").status == 204
    assert ann.delete(f"{path}/tags/red").error == (404, "TagNotFound")
    assert ann.delete(f"{path}/tags").status == 204
    assert tags_of(ann, path) == []


@pytest.mark.parametrize("kind", KINDS)
def test_each_change_is_one_revision_and_no_change_is_none(
    ann: Browser, paths: dict[str, str], world: World, kind: str
) -> None:
    path = paths[kind]

    def revision() -> int:
        number: int = ann.get(path).json[kind]["revision_number"]
        return number

    before = revision()
    ann.put(f"{path}/tags", {"tags": ["a", "b", "c"]})
    assert revision() == before + 1
    head = world.log.head()
    ann.put(f"{path}/tags", {"tags": ["c", "b", "a"]})
    ann.put(f"{path}/tags/a", None)
    assert (revision(), world.log.head()) == (before + 1, head)
    at = f"revision_number={before + 1}"
    assert ann.put(f"{path}/tags", {"tags": []}, If_Match=f"revision_number={before}").status == 412
    assert ann.delete(f"{path}/tags/a", If_Match=f"revision_number={before}").status == 412
    assert ann.delete(f"{path}/tags", If_Match=at).status == 204


def test_odd_tags_travel_whole(ann: Browser, paths: dict[str, str]) -> None:
    odd = ["owner=Zoë", "a b", "50%", "x/y", "中文", "it's", '"quoted"', "\\", "{}", "null", "#?&+;"]
    for tag in odd:
        assert ann.put(f"{paths['port']}/tags/{quote(tag, safe='')}", None).status == 201
    assert tags_of(ann, paths["port"]) == sorted(odd)
    for tag in odd:
        assert [one["id"] for one in ann.get(f"/v2.0/ports?tags={quote(tag)}").json["ports"]] == [paths["port"][-36:]]
        assert ann.delete(f"{paths['port']}/tags/{quote(tag, safe='')}").status == 204
    assert tags_of(ann, paths["port"]) == []


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        [],
        {"tag": ["a"]},
        {"tags": None},
        {"tags": "a"},
        {"tags": {"a": 1}},
        {"tags": ["a", "a"]},
        {"tags": [1]},
        {"tags": [None]},
        {"tags": [["a"]]},
        {"tags": ["x" * 256]},
        {"tags": ["a\nb"]},
        {"tags": ["a\x00"]},
        {"tags": [f"{number}" for number in range(51)]},
    ],
)
def test_bad_tags_change_nothing(ann: Browser, paths: dict[str, str], world: World, body: object) -> None:
    head = world.log.head()
    for method in ("PUT", "POST"):
        seen = ann.call(method, f"{paths['network']}/tags", body)
        assert seen.error[0] == 400, seen.text
    assert world.log.head() == head


def test_bad_single_tags(ann: Browser, paths: dict[str, str]) -> None:
    for tag in ("x" * 256, "a%00b", "a%0Ab"):
        for method in ("GET", "PUT", "DELETE"):
            assert ann.call(method, f"{paths['network']}/tags/{tag}").error == (400, "InvalidInput")
    assert ann.put(f"{paths['network']}/tags/{'x' * 255}", None).status == 201
    assert ann.call("POST", f"{paths['network']}/tags/a").status == 405


def test_the_number_of_tags_is_that_of_the_resource(ann: Browser, paths: dict[str, str]) -> None:
    fifty = [f"{number:02}" for number in range(50)]
    assert ann.put(f"{paths['router']}/tags", {"tags": fifty}).status == 200
    for seen in (
        ann.put(f"{paths['router']}/tags/more", None),
        ann.post(f"{paths['router']}/tags", {"tags": ["more"]}),
    ):
        assert seen.error == (400, "BadRequest") and b"per-resource limit of 50" in seen.text
    assert ann.put(f"{paths['router']}/tags/07", None).status == 201
    assert tags_of(ann, paths["router"]) == fifty


def test_sixty_at_once_make_fifty(ann: Browser, paths: dict[str, str]) -> None:
    """No tag is lost to another that came at the same moment, and none slips past the limit."""
    before = ann.get(paths["network"]).json["network"]["revision_number"]

    def put(number: int) -> int:
        return ann.put(f"{paths['network']}/tags/{number}", None).status

    with ThreadPoolExecutor(6) as threads:
        statuses = list(threads.map(put, range(60)))
    assert (statuses.count(201), statuses.count(400)) == (50, 10)
    assert tags_of(ann, paths["network"]) == sorted(str(n) for n, status in enumerate(statuses) if status == 201)
    assert ann.get(paths["network"]).json["network"]["revision_number"] == before + 50


@pytest.mark.parametrize("kind", KINDS)
def test_others_have_nothing_to_do_with_it(admin: Browser, ann: Browser, paths: dict[str, str], kind: str) -> None:
    bob, reader = admin.acting("bob", "member"), admin.acting("ann", "reader")
    ann.put(f"{paths[kind]}/tags", {"tags": ["a"]})
    type = "FloatingIPNotFound" if kind == "floatingip" else f"{kind.capitalize()}NotFound"
    for path in (paths[kind], f"/v2.0/{kind}s/{NO_SUCH}", f"/v2.0/{kind}s/none"):
        for method, rest, body in (
            ("GET", "", None),
            ("GET", "/a", None),
            ("PUT", "", {"tags": []}),
            ("POST", "", {"tags": ["b"]}),
            ("PUT", "/b", None),
            ("DELETE", "/a", None),
            ("DELETE", "", None),
        ):
            assert bob.call(method, f"{path}/tags{rest}", body).error == (404, type)
    assert reader.get(f"{paths[kind]}/tags").json == {"tags": ["a"]}
    assert reader.get(f"{paths[kind]}/tags/a").status == 204
    assert reader.put(f"{paths[kind]}/tags/b", None).error == (403, "PolicyNotAuthorized")
    assert reader.delete(f"{paths[kind]}/tags").error == (403, "PolicyNotAuthorized")
    assert admin.get(f"/v2.0/{kind}s/{NO_SUCH}/tags").error == (404, type)
    assert admin.put(f"/v2.0/{kind}s/{NO_SUCH}/tags/a", None).error == (404, type)


def test_a_shared_networks_tags_are_seen_not_changed(admin: Browser, ann: Browser) -> None:
    path = f"/v2.0/networks/{admin.made('network', shared=True)['id']}"
    admin.put(f"{path}/tags", {"tags": ["prod"]})
    assert tags_of(ann, path) == ["prod"]
    for seen in (ann.put(f"{path}/tags", {"tags": []}), ann.delete(f"{path}/tags/prod")):
        assert seen.error == (403, "PolicyNotAuthorized")


def test_the_networks_owner_may_take_tags_off_others_ports(admin: Browser, ann: Browser) -> None:
    network, _ = subnet_of(ann, "10.0.0.0/24")
    port = admin.made("port", network_id=network, project_id="bob", tags=["a", "b", "c"])["id"]
    path = f"/v2.0/ports/{port}"
    assert tags_of(ann, path) == ["a", "b", "c"]
    assert ann.put(f"{path}/tags/d", None).error == (403, "PolicyNotAuthorized")
    assert ann.put(f"{path}/tags", {"tags": []}).error == (403, "PolicyNotAuthorized")
    assert ann.delete(f"{path}/tags/a").status == 204
    assert ann.delete(f"{path}/tags").status == 204
    assert tags_of(ann, path) == []


def found(browser: Browser, query: str, kind: str = "network") -> str:
    """The names of what is found, one letter each."""
    seen = browser.get(f"/v2.0/{kind}s?{query}")
    assert seen.status == 200, seen.text
    return "".join(sorted(one["name"] for one in seen.json[f"{kind}s"]))


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("tags=red", "rx"),
        ("tags=red,blue", "x"),
        ("tags=red&tags=blue", "x"),
        ("tags-any=red,blue", "brx"),
        ("tags-any=red&tags-any=blue", "brx"),
        ("not-tags=red", "bn"),
        ("not-tags=red,blue", "bnr"),
        ("not-tags-any=red,blue", "n"),
        ("tags=red&not-tags=blue", "r"),
        ("tags-any=red,blue&not-tags-any=red", "b"),
        ("tags=Red", ""),
        ("tags=", ""),
        ("not-tags=", "bnrx"),
        ("tags=red&name=x", "x"),
        ("tags=red%27%29+or+true+--", ""),
        ("tags={red}", ""),
        ("tags=red&fields=name", "rx"),
        ("tags=red&sort_key=name&sort_dir=asc&limit=1", "r"),
    ],
)
def test_tags_are_filters(admin: Browser, query: str, names: str) -> None:
    for kind in ("network", "router"):
        for name, tags in (("n", []), ("r", ["red"]), ("b", ["blue"]), ("x", ["red", "blue", "green"])):
            id = admin.made(kind, name=name)["id"]
            admin.put(f"/v2.0/{kind}s/{id}/tags", {"tags": tags})
        assert found(admin, query, kind) == names


def test_filters_hold_for_every_kind(ann: Browser, paths: dict[str, str]) -> None:
    for kind, path in paths.items():
        ann.put(f"{path}/tags", {"tags": ["mine"]})
        assert [one["id"] for one in ann.get(f"/v2.0/{kind}s?tags=mine").json[f"{kind}s"]] == [path[-36:]]
        rest = ann.get(f"/v2.0/{kind}s?not-tags-any=mine,x&fields=id&fields=tags").json[f"{kind}s"]
        assert path[-36:] not in {one["id"] for one in rest} and all(one["tags"] == [] for one in rest)


@pytest.mark.parametrize(
    "query", ["tags=a%00", f"tags={'x' * 256}", "sort_key=tags&sort_dir=asc", "tag=a", "tags-all=a"]
)
def test_bad_filters_are_bad_requests(admin: Browser, query: str) -> None:
    assert admin.get(f"/v2.0/networks?{query}").status == 400


def test_agents_have_none(admin: Browser) -> None:
    assert admin.get("/v2.0/agents?tags=a").status == 400
    assert admin.get(f"/v2.0/agents/{NO_SUCH}/tags").status == 404


def test_ports_alone_are_born_with_tags(ann: Browser) -> None:
    network, _ = subnet_of(ann, "10.0.0.0/24")
    made = ann.post(
        "/v2.0/ports",
        {"ports": [{"network_id": network, "tags": ["b", "a"]}, {"network_id": network, "tags": []}]},
    ).json["ports"]
    assert [one["tags"] for one in made] == [["a", "b"], []]
    assert ann.get("/v2.0/ports?tags=a,b").json["ports"] == made[:1]
    too_many = [str(number) for number in range(51)]
    for tags in (None, "a", ["a", "a"], [1], too_many):
        seen = ann.post("/v2.0/ports", {"port": {"network_id": network, "tags": tags}})
        assert seen.error[0] == 400, seen.text
    assert ann.put(f"/v2.0/ports/{made[0]['id']}", {"port": {"tags": []}}).error[0] == 400
    for kind in ("network", "router"):
        assert ann.post(f"/v2.0/{kind}s", {kind: {"tags": ["a"]}}).error[0] == 400


def test_on_a_shared_network_an_own_port_may_have_tags(admin: Browser, ann: Browser) -> None:
    network, _ = subnet_of(admin, "10.0.0.0/24", shared=True)
    assert ann.made("port", network_id=network, tags=["mine"])["tags"] == ["mine"]


def test_the_extensions_say_so(admin: Browser) -> None:
    for alias in ("standard-attr-tag", "tag-creation", "tag-ports-during-bulk-creation"):
        assert admin.get(f"/v2.0/extensions/{alias}").status == 200
