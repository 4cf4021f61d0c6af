"""The policy's sweep over routes: none is without a rule, and a stranger walks them all and finds nothing."""

from __future__ import annotations

import pytest

from libs.naming import path_of, plural_of
from libs.network.tags import TAGGED
from tests.fakes.browser import Browser
from tests.integration.sweep_city import CALLERS, KINDS, MISSING, OWNERLESS, City, letters
from tests.integration.sweep_routes import ACTIONS, FLAT, OF_PROJECTS, OPEN
from tests.integration.sweep_verdicts import (
    CASTS,
    PROJECTLESS,
    THINGS,
    check,
    denied,
    expected_of,
    id_of,
    lets,
    routes_of,
    told,
)
from tests.unit.policy_rows import TABLE

pytestmark = pytest.mark.postgres


def test_no_route_is_without_a_rule_or_a_sweep(town: City) -> None:
    swept = {*ACTIONS, *FLAT, *OF_PROJECTS, *OPEN}
    for kind in KINDS:
        many, one = path_of(kind), f"{path_of(kind)}/{{}}"
        swept |= {("GET", many), ("GET", one), ("POST", many), ("PUT", one), ("DELETE", one)}
        assert {f"get_{kind}", f"delete_{kind}"} <= set(TABLE) or kind in OWNERLESS
    for kind in TAGGED:
        tags = f"{path_of(kind)}/{{}}/tags"
        swept |= {(method, tags) for method in ("GET", "POST", "PUT", "DELETE")}
        swept |= {(method, f"{tags}/{{}}") for method in ("GET", "PUT", "DELETE")}
    assert [route for route in routes_of(town) if route not in swept] == []


@pytest.mark.parametrize("caller", CASTS)
def test_what_can_be_done_to_a_thing_is_done_by_whom_the_rules_let(town: City, caller: str) -> None:
    browser = town.callers[caller]
    for (method, path), (rule, kind, body) in ACTIONS.items():
        missing = told(browser.call(method, path.format(MISSING), body), MISSING)
        for thing in THINGS:
            id = id_of(town, thing, kind)
            seen, expected = browser.call(method, path.format(id), body), expected_of(rule, caller, thing, kind)
            if expected == "let":
                assert not denied(seen) and seen.status < 500
            else:
                check(seen, expected, missing, id, (caller, path, thing))


@pytest.mark.parametrize("caller", CASTS)
def test_a_router_joins_nothing_foreign(town: City, caller: str) -> None:
    browser = town.callers[caller]
    thing = CALLERS[caller][0] if CALLERS[caller][0] in town.things else "own"
    router = town.things[thing]["router"]
    for action in ("add_router_interface", "remove_router_interface"):
        for kind in ("subnet", "port"):
            foreign, path = town.things["third"][kind], f"/v2.0/routers/{router}/{action}"
            if caller == "admin" and action.startswith("add"):
                continue
            answers = {told(browser.put(path, {f"{kind}_id": id}), id) for id in (foreign, MISSING)}
            assert len(answers) == 1 and answers.pop()[0] in (403, 404), (caller, action, kind)


@pytest.mark.parametrize("caller", CASTS)
def test_what_takes_a_role_takes_it_whatever_it_is_about(town: City, caller: str) -> None:
    browser = town.callers[caller]
    for (method, path), (rule, body) in FLAT.items():
        row = TABLE[rule]
        assert isinstance(row, str), "a rule of roles alone"
        kind = next(kind for kind in KINDS if path.startswith(f"{path_of(kind)}/"))
        for thing in THINGS:
            ids = (id_of(town, thing, kind), MISSING)[: path.count("{}")]
            seen = browser.call(method, path.format(*ids), body)
            if set(letters(caller, "own")) & set(row):
                assert not denied(seen) and seen.status < 500, (caller, path, seen.text)
            else:
                assert denied(seen), (caller, path, thing, seen.text)


@pytest.mark.parametrize("caller", CASTS)
def test_what_projects_have_is_read_and_changed_by_whom_the_rules_let(town: City, caller: str) -> None:
    browser, mine = town.callers[caller], CALLERS[caller][0]
    for (method, path), (rule, own_is_free, body) in OF_PROJECTS.items():
        for project in ("own", "third"):
            asked = "?fields=dry-run" if method == "GET" and "topology" in path else ""  # without it, one is made
            seen = browser.call(method, path.format(town.project(project)) + asked, body)
            if lets(rule, caller, project, "quota") or (own_is_free and mine == project):
                assert not denied(seen) and seen.status < 500, (caller, path, seen.text)
            else:
                assert denied(seen), (caller, path, project, seen.text)
    listed = browser.get("/v2.0/quotas")
    assert denied(listed) if caller != "admin" else listed.status == 200


def test_who_has_no_project_gets_nothing(town: City) -> None:
    for method, path in routes_of(town):
        body = {"x": 1} if method in ("POST", "PUT") else None
        seen = town.callers[PROJECTLESS].call(method, path.replace("{}", MISSING), body)
        assert seen.status == (200 if path in ("/", "/openapi.json") else 403), (method, path, seen.text)


def test_zones_pools_and_providers_are_shown_to_readers(town: City) -> None:
    for name, key, rule in (
        ("availability_zones", "availability_zones", "get_availability_zone"),
        ("floatingip_pools", "floatingip_pools", "get_floatingip_pool"),
        ("service-providers", "service_providers", "get_service_provider"),
    ):
        for caller in CASTS:
            seen = town.callers[caller].get(f"/v2.0/{name}")
            row = TABLE[rule]
            may = bool(set(letters(caller, CALLERS[caller][0])) & set(row)) or caller == "another reader"
            assert (seen.status == 200 and bool(seen.json[key])) == may or (not may and denied(seen)), (caller, name)


def test_addresses_are_counted_for_whom_the_rule_lets(town: City) -> None:
    for caller in CASTS:
        browser, path = town.callers[caller], "/v2.0/network-ip-availabilities"
        missing = told(browser.get(f"{path}/{MISSING}"), MISSING)
        assert missing[0] == 404
        listed = {one["network_id"] for one in browser.get(path).json["network_ip_availabilities"]}
        for thing in ("own", "third", "shared"):
            id = town.things[thing]["network"]
            may = lets("get_network_ip_availability", caller, thing, "network")
            assert (id in listed) == may == (browser.get(f"{path}/{id}").status == 200), (caller, thing)
            assert may or told(browser.get(f"{path}/{id}"), id) == missing


def test_a_stranger_walks_every_route_and_finds_nothing(town: City) -> None:
    """Everything of one project, by everything that a member of another can ask: nothing is told, and nothing happens."""
    ids, stranger = town.things["own"], town.callers["another member"]
    before = {kind: town.admin.get(f"{path_of(kind)}/{id}").text for kind, id in ids.items() if kind != "agent"}
    private = {kind: id for kind, id in ids.items() if kind not in OWNERLESS}
    for method, path in routes_of(town):
        kind = next((kind for kind in private if path.startswith(f"{path_of(kind)}")), None)
        if kind is None:
            continue
        if "{}" in path:
            _walk(stranger, method, path, private[kind])
        elif method == "GET":
            listed = {one["id"] for one in stranger.get(path).json[plural_of(kind)]}
            assert not listed & set(private.values()), path
    for kind, id in private.items():
        assert town.admin.get(f"{path_of(kind)}/{id}").text == before[kind]


def _walk(stranger: Browser, method: str, path: str, id: str) -> None:
    """As the owner's thing, so one that is not there."""
    for body in (None, {}, {"x": {"name": "mine"}}) if method in ("POST", "PUT") else (None,):
        seen, missing = (
            told(stranger.call(method, path.replace("{}", one, 1).replace("{}", "a"), body), one)
            for one in (id, MISSING)
        )
        assert seen == missing and seen[0] in (400, 403, 404), (method, path, seen, missing)
