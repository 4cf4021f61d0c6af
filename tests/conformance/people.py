"""Who is in the Keystone that conformance is tested with, real or fake: (user, project, roles)."""

from __future__ import annotations

PASSWORD = "secret"
PEOPLE: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("admin", "admin", ("admin", "member", "reader")),
    ("admin", "demo", ("admin",)),
    ("demo", "demo", ("member", "reader")),
    ("alt_demo", "alt_demo", ("member", "reader")),
    ("demo_reader", "demo", ("reader",)),
    ("neutron", "service", ("admin", "service")),
    ("nova", "service", ("admin", "service")),
)
ROLES = ("admin", "manager", "member", "reader", "service")
PROJECTS = ("admin", "demo", "alt_demo", "service")
