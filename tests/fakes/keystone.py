"""The stand-in for Keystone with the people of the conformance set-up."""

from __future__ import annotations

from lab.keystone import FakeKeystone
from tests.conformance.people import PASSWORD, PEOPLE

__all__ = ["FakeKeystone", "with_people"]


def with_people() -> FakeKeystone:
    """One that knows them."""
    made = FakeKeystone()
    for name, project, roles in PEOPLE:
        made.person(name, PASSWORD, project, *roles)
    return made
