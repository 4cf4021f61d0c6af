"""What address scopes come to for one router: who is kept apart from whom, and who leaves untranslated."""

from __future__ import annotations

from libs import events
from libs.materialise.l3 import Nat, nft
from libs.materialise.l3.objects import Scopes
from tests.fakes.dhcp_facts import an_id
from tests.fakes.l3_facts import L3Facts, Town
from tests.unit.test_l3_render import served

ONE, TWO, POOL, POOL2 = (an_id(0x5C00 + number) for number in range(4))


class Scoped(Town):
    """A town with a second inside network."""

    def __init__(self, facts: L3Facts) -> None:
        super().__init__(facts)
        self.other = facts.network()
        subnet = facts.subnet(self.other, "10.5.0.0/24", "10.5.0.1")
        self.second = facts.interface(self.router, self.other, subnet, "10.5.0.1", "10.5.0.0/24")
        self.outer, self.first, self.second = (
            f"qg-{self.gateway[:11]}",
            f"qr-{self.interface[:11]}",
            f"qr-{self.second[:11]}",
        )

    def within(self, network: str, scope: str | None, cidr: str = "10.0.0.0/24", pool: str = POOL) -> None:
        """The network has a subnet in that scope."""
        self.facts.say(f"network-{network}", events.NetworkSubnetAdded(network, an_id(9), cidr, pool, scope))

    def moved(self, network: str, before: str | None, after: str | None, pool: str = POOL) -> None:
        self.facts.say(f"network-{network}", events.NetworkAddressScopeChanged(network, pool, before, after))

    def nat(self) -> Nat:
        return served(self.facts.said, self.router).nat


def apart(*groups: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(sorted(tuple(sorted(one)) for one in groups))


def test_without_any_scope_nothing_is_kept_apart() -> None:
    town = Scoped(L3Facts())
    before = nft.text(town.nat())
    for network in (town.public, town.private, town.other):
        town.within(network, None)
    assert town.nat().scopes == Scopes() and nft.text(town.nat()) == before
    assert "scopes" not in before and "ip6" not in before


def test_no_scope_is_a_scope_of_its_own() -> None:
    town = Scoped(L3Facts())
    town.within(town.private, ONE)
    assert town.nat().scopes == Scopes(apart((town.outer, town.second), (town.first,)))


def test_guests_in_the_outsides_scope_leave_untranslated() -> None:
    town = Scoped(L3Facts())
    town.within(town.private, ONE)
    town.within(town.public, ONE)
    town.within(town.other, TWO)
    nat = town.nat()
    assert nat.scopes == Scopes(apart((town.outer, town.first), (town.second,)), (), (town.first,))
    rows = nft.text(nat).splitlines()
    routed = f'    iifname "{town.first}" oifname "qg-*" accept'
    assert rows.index(routed) < rows.index(f'    oifname "qg-*" snat to {town.OWN}')


def test_all_in_one_scope_are_routed_and_nothing_is_kept_apart() -> None:
    town = Scoped(L3Facts())
    for network in (town.public, town.private, town.other):
        town.within(network, ONE)
    assert town.nat().scopes == Scopes((), (), tuple(sorted((town.first, town.second))))


def test_each_ip_version_has_its_scopes() -> None:
    town = Scoped(L3Facts())
    town.within(town.private, ONE, "fd00:4::/64")
    nat = town.nat()
    assert nat.scopes == Scopes((), apart((town.outer, town.second), (town.first,)))
    ours, six = nft.text(nat).split("add table ip6 netledger\n")
    assert "scopes" not in ours and f'iifname "{town.first}" oifname != "{town.first}" drop' in six


def test_only_the_subnets_of_a_pool_go_with_it() -> None:
    town = Scoped(L3Facts())
    town.within(town.private, ONE)
    town.within(town.other, ONE, pool=POOL2)
    town.moved(town.private, ONE, TWO)
    town.moved(town.other, ONE, TWO)
    assert town.nat().scopes == Scopes(apart((town.outer,), (town.first,), (town.second,)))


def test_a_router_without_a_way_out_keeps_its_networks_apart() -> None:
    town = Scoped(L3Facts())
    town.within(town.private, ONE)
    town.facts.about(town.router, events.RouterGatewayCleared(town.router, town.public, town.gateway))
    nat = town.nat()
    assert nat.scopes == Scopes(apart((town.first,), (town.second,)))
    assert 'oifname "qg-*" accept' not in nft.text(nat)


def test_without_snat_the_way_out_is_judged_like_any_other() -> None:
    town = Scoped(L3Facts())
    town.within(town.private, ONE)
    assert '    oifname "qg-*" accept\n    ct status dnat accept' in nft.text(town.nat())
    town.facts.about(town.router, events.RouterSnatChanged(town.router, False))
    assert 'oifname "qg-*" accept' not in nft.text(town.nat())


def test_a_network_that_changes_its_ipv6_scope_leaves_the_ipv4_table_alone() -> None:
    town = Scoped(L3Facts())
    before = town.nat()
    town.within(town.private, ONE, "fd00:4::/64")
    change = nft.change(town.nat(), nft.ruleset(before))
    assert (
        change is not None and change.operations == ("table ip6 netledger",) and "table ip netledger" not in change.text
    )
    back = nft.change(before, nft.ruleset(town.nat()))
    assert back is not None and back.text == "add table ip6 netledger\ndelete table ip6 netledger\n"
