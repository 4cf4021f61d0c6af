"""What a host lacks: only what is asked for is looked for, and every way to end is known."""

from __future__ import annotations

from libs.codec import EVENT_TYPES
from services.topology.lacks import ENDS, Scope


def test_every_kind_that_lives_in_a_scope_ends_in_a_known_way() -> None:
    deleted = {name for name in EVENT_TYPES if name.partition(".")[0].endswith(("Deleted", "Released"))}
    nobodys = ("AddressScope", "Agent", "Flavor", "RbacPolicy", "ServiceProfile", "SubnetPool", "Topology")
    assert set(ENDS) == {name for name in deleted if not name.startswith(nobodys)} - {"AddressReleased.v1"}


def test_who_lacks_nothing_is_answered_without_a_look_at_the_log() -> None:
    assert Scope(9, (), ()).statement() == ""
    assert Scope(9, (), (), kept=("n",), neighbours=("h",), after=7, last=7).statement() == ""


def test_what_is_asked_for_is_looked_for() -> None:
    kept = Scope(9, (), (), kept=("n",), after=3, last=7).statement()
    assert "%(kept)s" in kept and "%(networks)s" not in kept and "%(neighbours)s" not in kept
    assert "%(networks)s" in Scope(9, ("n",), ()).statement()
    assert "%(hosts)s" in Scope(9, (), ("h",)).statement()
    ended = Scope(9, (), (), ended=("port-p",), farewells=(5,), after=3, last=7).statement()
    assert "%(ended)s" in ended and "%(farewells)s" in ended
