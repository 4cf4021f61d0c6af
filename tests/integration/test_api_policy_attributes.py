"""The policy's sweep over attributes: those that rules are about, and those that name others, in bodies, filters and markers."""

from __future__ import annotations

from typing import Any

import pytest

from libs.naming import path_of, plural_of
from libs.policy import RULES
from services.api.columns import COLUMNS
from services.api.commands import VERBS
from services.api.facts import NAMED
from tests.integration.sweep_city import CALLERS, KINDS, MISSING, OWNERLESS, City
from tests.integration.sweep_verdicts import (
    CASTS,
    denied,
    lets,
    told,
)
from tests.unit.policy_rows import TABLE

pytestmark = pytest.mark.postgres


RULED = sorted(
    {
        (name.split("_")[0], kind, name.partition(":")[2])
        for kind in VERBS
        for name in RULES
        if name.startswith((f"create_{kind}:", f"update_{kind}:")) and not name.endswith(":tags")
    }
)
PARTS = {
    "external_gateway_info": {"network_id": None},
    "fixed_ips": [{"ip_address": "10.0.0.9"}],
    "allowed_address_pairs": [{"ip_address": "10.0.0.9", "mac_address": "fa:16:3e:00:00:01"}],
}
DEFAULTS = {
    **{"shared": False, "router:external": False, "is_default": False, "external_gateway_info": None, "device_id": ""},
    **{"device_owner": "", "binding:host_id": "", "binding:profile": {}, "binding:vnic_type": "normal"},
    "floating_ip_address": None,
}
"""{attribute: value that says nothing when something is made}"""
NOTHING = (("binding:host_id", None), ("binding:profile", None))
"""Nulls that are their defaults, too"""


@pytest.mark.parametrize(
    ("action", "kind", "attribute"), [one for one in RULED if one[2].partition(":")[0] not in PARTS]
)
def test_an_attribute_is_named_by_whom_its_rule_lets(town: City, action: str, kind: str, attribute: str) -> None:
    """As its default, as null, and as what it is already."""
    base, rule = f"{action}_{kind}", f"{action}_{kind}:{attribute}"
    for caller in CASTS:
        thing = CALLERS[caller][0] if CALLERS[caller][0] in town.things else "own"
        if not lets(base, caller, thing, kind):
            continue
        id, may = town.things[thing][kind], lets(rule, caller, thing, kind)
        there = town.admin.get(f"{path_of(kind)}/{id}").json[kind].get(attribute)
        for value in {repr(one): one for one in (DEFAULTS.get(attribute), None, there, "x")}.values():
            if action == "update":
                seen = town.callers[caller].put(f"{path_of(kind)}/{id}", {kind: {attribute: value}})
            else:
                seen = town.callers[caller].post(path_of(kind), {kind: {**town.body(kind, thing), attribute: value}})
            quiet = action == "create" and (value == DEFAULTS.get(attribute, ...) or (attribute, value) in NOTHING)
            if may or quiet:
                assert seen.status != 403 and seen.status < 500, (caller, rule, value, seen.text)
            else:
                assert denied(seen) or seen.status == 400, (caller, rule, value, seen.status, seen.text)


@pytest.mark.parametrize("caller", CASTS)
def test_a_foreign_id_in_a_body_is_as_one_that_is_not_there(town: City, caller: str) -> None:
    browser = town.callers[caller]
    thing = CALLERS[caller][0] if CALLERS[caller][0] in town.things else "own"
    foreign = "third"
    for kind, paths in NAMED.items():
        for attribute, other in paths.items():
            assert other in KINDS, "an attribute that names what is not swept"
            if other in OWNERLESS or caller in ("admin", "service"):
                continue
            ids = (town.things[foreign][other], MISSING)
            base = town.body(kind, thing)
            made = [browser.post(path_of(kind), {kind: _with(town, base, attribute, id)}) for id in ids]
            first, second = (told(seen, id) for seen, id in zip(made, ids, strict=True))
            assert first == second and first[0] in (403, 404, 400), (caller, kind, attribute, first, second)
            if lets(f"create_{kind}", caller, thing, kind):
                assert first[0] == 404, (caller, kind, attribute, first)
            if not VERBS[kind].form.attributes[attribute.partition(".")[0]][1]:
                continue
            own = f"{path_of(kind)}/{town.things[thing][kind]}"
            put = [browser.put(own, {kind: _with(town, {}, attribute, id)}) for id in ids]
            first, second = (told(seen, id) for seen, id in zip(put, ids, strict=True))
            assert first == second and first[0] in (403, 404), (caller, kind, attribute, first, second)


def _with(town: City, body: dict[str, Any], path: str, id: str) -> dict[str, Any]:
    """A body in which the attribute names an id."""
    name, _, part = path.partition(".")
    if not part:
        return {**body, name: [id] if name.endswith("s") else id}
    if name == "external_gateway_info":
        inner = {"network_id": id} if part == "network_id" else {
            "network_id": town.public, "external_fixed_ips": [{"subnet_id": id}]
        }  # fmt: skip
        return {**body, name: inner}
    return {**body, name: [{part: id}]}


def test_every_attribute_that_names_something_is_swept() -> None:
    theirs = {"tenant_id", "project_id", "device_id", "binding:host_id", "provider:segmentation_id"}
    lists = {"fixed_ips", "external_gateway_info", "security_groups", "service_profiles"}
    for kind, verbs in VERBS.items():
        named = {path.partition(".")[0] for path in NAMED.get(kind, {})}
        for name, may in verbs.form.attributes.items():
            if any(may) and name not in theirs and (name.endswith(("_id", "_ids")) or name in lists):
                assert name in named, (kind, name)


@pytest.mark.parametrize("caller", CASTS)
def test_no_filter_and_no_marker_tells_what_is_foreign(town: City, caller: str) -> None:
    browser = town.callers[caller]
    for kind in KINDS:
        foreign = town.things["third"]
        names = [name for name in COLUMNS[kind] if name.endswith("_id") and name not in ("tenant_id", "project_id")]
        for name in ("id", *names):
            other = {"id": kind, "floating_network_id": "network", "object_id": "network"}.get(
                name, name.removesuffix("_id")
            )
            for id in {foreign.get(other, foreign[kind]), foreign["network"], MISSING}:
                seen = browser.get(f"{path_of(kind)}?{name}={id}")
                assert seen.status in (200, 400), (kind, name, seen.text)
                for one in seen.json.get(plural_of(kind), ()):
                    assert sees_at_all(town, caller, kind, one), (kind, name, one)
        for query in ("limit=1&marker={}", "limit=1&sort_key=id&sort_dir=desc&marker={}", _sorted_by_another(kind)):
            if query and not lets(f"get_{kind}", caller, "third", kind):
                answers = {
                    told(browser.get(f"{path_of(kind)}?{query.format(id)}"), id) for id in (foreign[kind], MISSING)
                }
                statuses = {status for status, _ in answers}
                assert len(statuses) == 1 and statuses <= {200, 404}, (caller, kind, query, answers)


def _sorted_by_another(kind: str) -> str:
    name = next((name for name, one in COLUMNS[kind].items() if one.order and name != "id"), "")
    return f"limit=1&sort_key={name}&sort_dir=asc&marker={{}}" if name else ""


def sees_at_all(town: City, caller: str, kind: str, one: dict[str, Any]) -> bool:
    """Whether what was listed is the caller's, shared, or everybody's."""
    if caller in ("admin", "service") or kind in OWNERLESS:
        return lets(f"get_{kind}", caller, "third", kind)
    mine = town.project(CALLERS[caller][0])
    return one["project_id"] in (mine, town.project("shared"), town.project("operators"))


@pytest.mark.parametrize("caller", CASTS)
def test_what_is_hidden_is_neither_filtered_nor_sorted_by(town: City, caller: str) -> None:
    for name in (name for name in TABLE if name.startswith("get_") and name.count(":") and not name.endswith(":tags")):
        kind, _, attribute = name.removeprefix("get_").partition(":")
        if kind not in KINDS or attribute not in COLUMNS[kind] or lets(name, caller, "own", kind):
            continue
        for query in (f"{attribute}=x", f"sort_key={attribute}&sort_dir=asc"):
            assert town.callers[caller].get(f"{path_of(kind)}?{query}").status == 400, (caller, name)
        shown = town.callers[caller].get(f"{path_of(kind)}?fields={attribute}").json[plural_of(kind)]
        assert all(one == {} for one in shown)
