"""A city for the policy's sweep: one of everything in two projects, of which one shares what can be shared; callers of every kind
with real tokens of a Keystone in its place."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from libs.eventlog.commit import Ledger
from libs.eventlog.postgres import PostgresLog
from libs.http.app import App
from libs.http.limits import Limits
from libs.model import DHCP_AGENT, L3_AGENT
from libs.naming import path_of
from libs.network.quota import RESOURCES
from services.api.gateway import make_app
from services.api.quotas import defaults_of
from tests.conformance.people import PASSWORD
from tests.fakes.browser import Browser
from tests.fakes.choosers import Choosers
from tests.fakes.keystone import FakeKeystone, with_people
from tests.fakes.keystone_door import settings_of
from tests.integration.api_world import World
from tests.integration.layer3_world import agent_on

MISSING = "00000000-0000-4000-8000-000000000000"
CALLERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "admin": ("operators", ("admin", "member", "reader")),
    "service": ("services", ("service",)),
    "manager": ("own", ("manager", "member", "reader")),
    "member": ("own", ("member", "reader")),
    "reader": ("own", ("reader",)),
    "another member": ("other", ("member", "reader")),
    "another reader": ("other", ("reader",)),
    "one without roles": ("own", ()),
    "one without a project": ("own", ("member", "reader")),
}
"""{caller: (project, roles)}; the last one's token is unscoped"""

_OWN = {"manager": "MGPK", "member": "mgpk", "reader": "rhqj", "one without roles": "n"}
_OTHERS = {"manager": "X", "member": "x", "reader": "y", "one without roles": ""}
SHAREABLE = ("network", "subnet", "security_group", "address_group", "address_scope", "subnetpool")
OWNERLESS = ("flavor", "service_profile", "agent")


def letters(caller: str, owner: str) -> str:
    """Who a caller is in the rows of `policy_rows` to a thing of the project `owner`."""
    if caller in ("admin", "service"):
        return caller[0].upper()
    role = caller.removeprefix("another ")
    return _OWN[role] if CALLERS[caller][0] == owner else _OTHERS[role]


class City:
    """`app`, `log`; `callers`: {name: its Browser}; `things`: {project: {kind: id}} of `own`, `third`, `shared` and `other`."""

    def __init__(self, log: PostgresLog, keystone: FakeKeystone) -> None:
        settings = settings_of(keystone, **{f"quota_{name}": -1 for name in RESOURCES})
        ledger = Ledger(log, Choosers(log).ask, limits=defaults_of(settings))
        self.log, self.keystone = log, keystone
        self.app = make_app(log.pool.query, ledger.commit, settings, Limits(), lambda: datetime.now(UTC))
        self._octets = itertools.count(1)
        for name, (project, roles) in CALLERS.items():
            keystone.person(name, PASSWORD, project, *roles)
        for project in ("third", "shared"):
            keystone.person(project, PASSWORD, project, "member")
        self.callers = {name: self._browser(name, project) for name, (project, _) in CALLERS.items()}
        self.admin = self.callers["admin"]
        world = World(log, ledger, self.app, settings, self.admin)
        self.agents = {type: agent_on(world, "compute1", type) for type in (DHCP_AGENT, L3_AGENT)}
        self.public = self.make("network", "operators", **{"router:external": True})
        self.public_subnet = self.make("subnet", "operators", network_id=self.public, cidr="203.0.0.0/16", ip_version=4)
        self.things = {project: self.thing_of_each_kind(project) for project in ("own", "third", "shared", "other")}
        self._share(self.things["shared"])

    def _browser(self, name: str, project: str) -> Browser:
        scope = ("unscoped", "") if name == "one without a project" else ("project", project)
        return Browser(self.app, {"X-Auth-Token": self.keystone.token(name, *scope)})

    def project(self, name: str) -> str:
        """The project's id."""
        return self.keystone.projects[name]

    def make(self, kind: str, project: str, **values: Any) -> str:
        """One more of a kind, by an admin; its id."""
        owned = {} if kind in OWNERLESS else {"project_id": self.project(project)}
        seen = self.admin.post(path_of(kind), {kind: {**owned, **values}})
        assert seen.status == 201, (kind, values, seen.text)
        id: str = seen.json[kind]["id"]
        return id

    def thing_of_each_kind(self, project: str) -> dict[str, str]:
        """{kind: id} of new ones."""
        found: dict[str, str] = {}
        for kind in KINDS:
            found[kind] = self.agents[DHCP_AGENT] if kind == "agent" else self.fresh(kind, project, found)
        return found

    def fresh(self, kind: str, project: str, among: Mapping[str, str] | None = None) -> str:
        """A new one, on what is `among` (default: the project's)."""
        return self.make(kind, project, **self.body(kind, project, among))

    def body(self, kind: str, project: str, among: Mapping[str, str] | None = None) -> dict[str, Any]:
        """What makes one of a kind, in the project's own land."""
        there = self.things[project] if among is None else among
        number = next(self._octets)
        make: Mapping[str, Callable[[], dict[str, Any]]] = {
            "network": lambda: {},
            "subnet": lambda: {"network_id": there["network"], "cidr": _cidr(number), "ip_version": 4},
            "port": lambda: {"network_id": there["network"]},
            "router": lambda: {},
            "floatingip": lambda: {"floating_network_id": self.public},
            "rbac_policy": lambda: {
                **{"object_type": "network", "object_id": there["network"], "action": "access_as_shared"},
                "target_tenant": f"{number:032x}",
            },
            "security_group": lambda: {"name": "group"},
            "security_group_rule": lambda: {
                **{"security_group_id": there["security_group"], "direction": "ingress", "protocol": "tcp"},
                **{"port_range_min": number, "port_range_max": number},
            },
            "address_group": lambda: {},
            "subnetpool": lambda: {"name": "pool", "prefixes": [_cidr(number)]},
            "address_scope": lambda: {"name": "scope", "ip_version": 4},
            "flavor": lambda: {"name": f"flavor-{number}", "service_type": "L3_ROUTER_NAT"},
            "service_profile": lambda: {"driver": "", "metainfo": f"{number}"},
        }
        return make[kind]()

    def _share(self, things: Mapping[str, str]) -> None:
        for kind in ("network", "security_group", "address_group", "address_scope", "subnetpool"):
            said = {"object_type": kind, "object_id": things[kind], "action": "access_as_shared", "target_tenant": "*"}
            self.make("rbac_policy", "shared", **said)


def _cidr(number: int) -> str:
    return f"10.{number // 250}.{number % 250}.0/24"


KINDS = (
    *("network", "subnet", "port", "router", "floatingip", "rbac_policy", "security_group", "security_group_rule"),
    *("address_group", "address_scope", "subnetpool", "service_profile", "flavor", "agent"),
)


@contextmanager
def _keystone() -> Iterator[FakeKeystone]:
    server = with_people()
    yield server
    server.stop()


def city(database: Any) -> Iterator[City]:
    """A City over the fixture `database`, emptied."""
    with _keystone() as keystone:
        yield City(PostgresLog(database.fresh().url), keystone)


__all__ = ["App", "City", "city"]
