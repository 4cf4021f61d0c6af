"""The policy's sweep, generated from the route table: every caller on own, foreign, shared and missing things, by every verb.

Its further parts: `test_api_policy_attributes` and `test_api_policy_routes`.
"""

from __future__ import annotations

from typing import Any

import pytest

from libs.naming import path_of, plural_of
from libs.network.tags import TAGGED
from services.api.facts import NAMED
from tests.integration.sweep_city import CALLERS, KINDS, MISSING, City
from tests.integration.sweep_verdicts import (
    CASTS,
    THINGS,
    check,
    denied,
    expected_of,
    id_of,
    lets,
    told,
)
from tests.unit.policy_rows import TABLE

pytestmark = pytest.mark.postgres


@pytest.mark.parametrize("caller", CASTS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_thing_is_seen_by_whom_it_is_to_be_seen(town: City, caller: str, kind: str) -> None:
    browser = town.callers[caller]
    listed = {one["id"] for one in browser.get(path_of(kind)).json[plural_of(kind)]}
    missing = told(browser.get(f"{path_of(kind)}/{MISSING}"), MISSING)
    assert missing[0] == 404
    for thing in ("own", "third", "shared"):
        id = id_of(town, thing, kind)
        seen = browser.get(f"{path_of(kind)}/{id}")
        expected = lets(f"get_{kind}", caller, thing, kind) and caller != "one without roles"
        assert (id in listed) == expected == (seen.status == 200), (kind, thing, seen.text)
        assert expected or told(seen, id) == missing, "foreign and missing answer alike"
        hidden = [name.removeprefix(f"get_{kind}:") for name in TABLE if name.startswith(f"get_{kind}:")]
        for name in hidden if expected else ():
            if name != "tags":
                assert (name in seen.json[kind]) <= lets(f"get_{kind}:{name}", caller, thing, kind), name


def _change(kind: str) -> dict[str, Any]:
    name = "target_tenant" if kind == "rbac_policy" else "name" if kind in ("address_scope",) else "description"
    return {kind: {name: "f" * 32}}


@pytest.mark.parametrize("caller", CASTS)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "security_group_rule"])
def test_a_thing_is_changed_by_whom_the_rules_let(town: City, caller: str, kind: str) -> None:
    browser, body = town.callers[caller], _change(kind)
    if caller == "admin" and kind == "rbac_policy":
        body = {kind: {"target_tenant": "e" * 32}}
    missing = told(browser.put(f"{path_of(kind)}/{MISSING}", body), MISSING)
    for thing in THINGS:
        id = id_of(town, thing, kind)
        expected = expected_of(f"update_{kind}", caller, thing, kind)
        check(browser.put(f"{path_of(kind)}/{id}", body), expected, missing, id, (caller, kind, thing))


@pytest.mark.parametrize("caller", CASTS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_thing_is_deleted_by_whom_the_rules_let(town: City, caller: str, kind: str) -> None:
    browser = town.callers[caller]
    missing = told(browser.delete(f"{path_of(kind)}/{MISSING}"), MISSING)
    for thing in THINGS:
        expected = expected_of(f"delete_{kind}", caller, thing, kind)
        fresh = expected == "let" and kind != "agent"
        if expected == "let" and not fresh:
            continue
        id = town.fresh(kind, thing) if fresh else id_of(town, thing, kind)
        check(browser.delete(f"{path_of(kind)}/{id}"), expected, missing, id, (caller, kind, thing))


@pytest.mark.parametrize("caller", CASTS)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "agent"])
def test_a_thing_is_made_by_whom_the_rules_let(town: City, caller: str, kind: str) -> None:
    project = CALLERS[caller][0] if CALLERS[caller][0] in town.things else "own"
    seen = town.callers[caller].post(path_of(kind), {kind: town.body(kind, project)})
    names_others = any(name in town.body(kind, project) for name in NAMED.get(kind, {}))
    if lets(f"create_{kind}", caller, project, kind, owner=project):
        assert seen.status == 201, seen.text
    else:
        assert denied(seen) or (names_others and caller == "one without roles" and seen.status == 404), seen.text


@pytest.mark.parametrize("caller", CASTS)
@pytest.mark.parametrize("kind", TAGGED)
def test_tags_are_written_by_whom_the_rules_let(town: City, caller: str, kind: str) -> None:
    browser = town.callers[caller]
    for thing in THINGS:
        id = id_of(town, thing, kind)
        for method, tag, body, action in (
            ("POST", "", {"tags": ["a"]}, "create"),
            ("PUT", "", {"tags": ["a", "b"]}, "update"),
            ("PUT", "/c", None, "update"),
            ("GET", "", None, "get"),
            ("GET", "/b", None, "get"),
            ("DELETE", "/b", None, "delete"),
            ("DELETE", "", None, "delete"),
        ):
            path = f"{path_of(kind)}/{{}}/tags{tag}"
            town.admin.put(f"{path_of(kind)}/{id}/tags", {"tags": ["a", "b"]})
            missing = told(browser.call(method, path.format(MISSING), body), MISSING)
            seen = browser.call(method, path.format(id), body)
            if thing == "missing":
                assert missing[0] == 404
            elif action == "get":
                may = lets(f"get_{kind}:tags", caller, thing, kind) and caller != "one without roles"
                assert seen.status in ((200, 204) if may else (404,)), (caller, kind, thing, seen.text)
            else:
                expected = expected_of(f"{action}_{kind}:tags", caller, thing, kind)
                check(seen, expected, missing, id, (caller, kind, thing, method, tag))
