"""Who is in which group, as a host hears of it by the scopes that it is in."""

from __future__ import annotations

import pytest

from libs.feed import members_of
from libs.materialise.ovs.facts import Facts as NetworkFacts
from libs.materialise.ovs.security.members import Members
from tests.fakes.ovs_facts import APort, Facts
from tests.fakes.ovs_groups import Groups


@pytest.fixture
def facts() -> Facts:
    return Facts()


@pytest.fixture
def groups(facts: Facts) -> Groups:
    return Groups(facts)


def _told(members: Members, facts: Facts, *streams: str, after: int = 0) -> None:
    for recorded in facts.log:
        if recorded.position > after and (not streams or recorded.stream in streams):
            members.take(recorded)


def _in(members: Members, group: str) -> set[str]:
    return {address.partition("/")[0] for address in members.addresses.of(group)}


def _stream(port: APort) -> str:
    return f"port-{port.id}"


def test_addresses_and_pairs_of_a_groups_ports_are_in_it_as_long_as_they_are(facts: Facts, groups: Groups) -> None:
    web = groups.group()
    port = facts.port("n", "", "10.0.0.1", groups=(web,), more=("2001:db8::1",))
    members = Members()
    _told(members, facts)
    assert _in(members, web) == {"10.0.0.1", "2001:db8::1"}
    at = len(facts.log)
    groups.pair(port, ("10.0.0.77/24", port.mac))
    facts.readdress(port, "10.0.0.2")
    _told(members, facts, after=at)
    assert _in(members, web) == {"10.0.0.0", "10.0.0.2", "2001:db8::1"}
    at = len(facts.log)
    facts.delete(port)
    _told(members, facts, after=at)
    assert _in(members, web) == set()
    _told(members, facts)
    assert _in(members, web) == set(), "repeats do not bring it back"


def test_only_the_ports_of_held_groups_are_kept(facts: Facts, groups: Groups) -> None:
    web, app = groups.group(), groups.group()
    facts.port("n", "", "10.0.0.1", groups=(web,))
    facts.port("n", "", "10.0.0.2", groups=(app,))
    members = Members()
    members.held(frozenset({members_of(web), members_of(app)}))
    _told(members, facts)
    both = (_in(members, web), _in(members, app))
    members.forget([members_of(app)])
    members.held(frozenset({members_of(web)}))
    assert both == ({"10.0.0.1"}, {"10.0.0.2"})
    assert (_in(members, web), _in(members, app)) == ({"10.0.0.1"}, set())
    members.forget([members_of(app)])
    members.held(frozenset({members_of(web), members_of(app)}))
    _told(members, facts)
    assert (_in(members, web), _in(members, app)) == both, "entered again, and told from the start"


def test_a_port_that_leaves_and_comes_again_is_told_from_its_first_fact(facts: Facts, groups: Groups) -> None:
    web, other = groups.group(), groups.group()
    port = facts.port("n", "", "10.0.0.1", groups=(web,))
    members = Members()
    members.held(frozenset({members_of(web)}))
    _told(members, facts)
    at = len(facts.log)
    groups.regroup(port, other)
    _told(members, facts, after=at)
    assert _in(members, web) == set()
    facts.readdress(port, "10.0.0.9")  # nobody tells us: it is not ours
    groups.regroup(port, web)
    _told(members, facts, _stream(port))
    assert _in(members, web) == {"10.0.0.9"}


def test_a_fact_of_a_port_that_is_not_known_is_not_even_noted(facts: Facts, groups: Groups) -> None:
    web = groups.group()
    port = facts.port("n", "", "10.0.0.1", groups=(web,))
    groups.pair(port, ("10.0.0.2", port.mac))
    members = Members()
    _told(members, facts, after=len(facts.log) - 1)
    assert _in(members, web) == set()
    _told(members, facts)
    assert _in(members, web) == {"10.0.0.1", "10.0.0.2"}


def test_groups_and_rules_that_are_left_are_forgotten_and_may_come_again(facts: Facts, groups: Groups) -> None:
    web, listed = groups.group(), groups.listed("192.0.2.0/24")
    members = Members()
    _told(members, facts)
    rules = members.rules_of[web]
    assert members.forget([web, listed]) == {("group", web), ("member", "192.0.2.0/24")}
    assert not members.groups and not members.rules_of and _in(members, listed) == set()
    _told(members, facts)
    assert members.rules_of[web] == rules and _in(members, listed) == {"192.0.2.0"}
    members.forget(None)
    assert not members.groups and not members.rules_of and _in(members, listed) == set()


def test_networks_take_no_notice_of_ports_that_come_by_a_group(facts: Facts, groups: Groups) -> None:
    ours, theirs = facts.network(), facts.network()
    near, far = facts.port(ours, "h1", "10.0.0.1"), facts.port(theirs, "h2", "10.0.0.2", groups=(groups.group(),))
    view = NetworkFacts()
    view.scopes = frozenset({ours})
    for recorded in facts.log:
        view.take(recorded)
    assert set(view.ports) == {near.id}
    view.scopes = frozenset({ours, theirs})
    for recorded in facts.log:
        view.take(recorded)
    assert view.ports[far.id].host == "h2", "its network is entered: all of it is told, and taken in"
