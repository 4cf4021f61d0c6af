"""Fills a fresh Keystone: roles, projects, people, the catalogue. Safe to repeat."""

from __future__ import annotations

from tests.conformance.identity import DOMAIN, Identity
from tests.conformance.people import PASSWORD, PEOPLE, PROJECTS, ROLES

SERVICES = ("public", "internal", "admin")


def populate(url: str, network: str) -> None:
    """Make what is missing; the catalogue's `network` is `network` afterwards."""
    identity = Identity(url)
    roles = {name: _made(identity, "role", name) for name in ROLES}
    projects = {name: _made(identity, "project", name, domain_id=DOMAIN["id"]) for name in PROJECTS}
    for user, project, wanted in PEOPLE:
        id = _made(identity, "user", user, domain_id=DOMAIN["id"], password=PASSWORD)
        for role in wanted:
            identity.send("PUT", f"projects/{projects[project]}/users/{id}/roles/{roles[role]}")
    service = _made(identity, "service", "neutron", type="network")
    known = {one["interface"]: one for one in identity.get("endpoints", service_id=service)}
    for interface in SERVICES:
        values = {"service_id": service, "interface": interface, "url": network, "region_id": "RegionOne"}
        if interface not in known:
            identity.send("POST", "endpoints", {"endpoint": values})
        elif known[interface]["url"] != network:
            identity.send("PATCH", f"endpoints/{known[interface]['id']}", {"endpoint": {"url": network}})


def _made(identity: Identity, kind: str, name: str, **values: str) -> str:
    """The id of what has this name."""
    found = identity.get(f"{kind}s", name=name)
    made = found[0] if found else identity.send("POST", f"{kind}s", {kind: {"name": name, **values}})[kind]
    return str(made["id"])
