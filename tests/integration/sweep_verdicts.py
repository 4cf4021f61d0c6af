"""What the policy's sweep expects of an answer: said by the rows of `policy_rows`, never by the policy itself."""

from __future__ import annotations

import re

from tests.fakes.browser import Seen
from tests.integration.sweep_city import CALLERS, MISSING, SHAREABLE, City, letters
from tests.unit.policy_rows import TABLE
from tests.unit.test_keystone_mode import routes_under

PROJECTLESS = "one without a project"
CASTS = [name for name in CALLERS if name != PROJECTLESS]
THINGS = ("own", "third", "shared", "missing")


def lets(rule: str, caller: str, thing: str, kind: str, owner: str = "") -> bool:
    """Whether the row of `rule` has the caller for a thing of a kind."""
    row = TABLE[rule]
    own, besides = row if isinstance(row, tuple) else (row, {})
    is_shared = thing == "shared" and kind in SHAREABLE and caller != "service"
    who = besides.get("shared", own) if is_shared else own
    return bool(set(letters(caller, owner or thing)) & set(who))


def sees(caller: str, thing: str, kind: str) -> bool:
    """Whether the caller may know of it: by the row of get_.., and services of everything."""
    if thing == "missing" or (caller == "one without roles"):
        return False
    return caller == "service" or lets(f"get_{kind}", caller, thing, kind)


def id_of(town: City, thing: str, kind: str) -> str:
    return MISSING if thing == "missing" else town.things[thing][kind]


def told(seen: Seen, id: str) -> tuple[int, bytes]:
    """What an answer says, whatever id it is about."""
    return seen.status, seen.text.replace(id.encode(), b"<id>")


def denied(seen: Seen) -> bool:
    return seen.status == 403 and seen.error == (403, "PolicyNotAuthorized")


def expected_of(rule: str, caller: str, thing: str, kind: str) -> str:
    return "missing" if not sees(caller, thing, kind) else "let" if lets(rule, caller, thing, kind) else "denied"


def check(seen: Seen, expected: str, missing: tuple[int, bytes], id: str, why: object) -> None:
    if expected == "missing":
        assert told(seen, id) == missing and missing[0] == 404, (why, seen.text, missing)
    elif expected == "denied":
        assert denied(seen), (why, seen.status, seen.text)
    else:
        assert seen.status < 500 and seen.status not in (401, 403, 404), (why, seen.status, seen.text)


def routes_of(town: City) -> list[tuple[str, str]]:
    """Every method and path there is, with {} for an id."""
    return [
        (method, re.sub(r"00000000-0000-4000-8000-000000000001", "{}", path))
        for method, path in routes_under(town.app._router._root)
    ]
