"""What the L3 agent writes for nft and radvd re-parses to exactly what was meant, whatever the facts hold."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from libs.materialise.l3 import Nat, Place, Wanted, nft, serve
from libs.materialise.l3.advert import Advert, Prefix, text_of
from libs.materialise.l3.desired import View
from libs.materialise.l3.nft import Ruleset
from libs.materialise.l3.objects import Scopes
from libs.model import FixedIp, HostRoute, Segment
from libs.network.floatingip import FloatingIp, FloatingTarget
from libs.network.network import Network
from libs.network.port import Port
from libs.network.router import Gateway, Interface, L3Server, Router
from libs.network.sharing import first_access
from libs.network.subnet import Subnet
from tests.fakes import nft as fake
from tests.fakes.dhcp_facts import an_id
from tests.fakes.radvd_conf import parse

V4, V6 = st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map(str)
DEVICES = [*(f"qr-6f1b9c1e-8{number}" for number in range(6)), "qg-6f1b9c1e-90"]


@st.composite
def apart(draw: st.DrawFn) -> tuple[tuple[str, ...], ...]:
    """Devices by the scope that they are in."""
    found: dict[int, list[str]] = {}
    for name in sorted(DEVICES):
        found.setdefault(draw(st.integers(0, 3)), []).append(name)
    return tuple(sorted(tuple(one) for one in found.values())) if len(found) > 1 else ()


SCOPES = st.builds(Scopes, apart(), apart(), st.sets(st.sampled_from(DEVICES[:-1])).map(lambda one: tuple(sorted(one))))
NATS = st.builds(
    Nat,
    st.one_of(st.just(""), V4),
    st.booleans(),
    st.dictionaries(V4, V4, max_size=6),
    st.one_of(st.just(Scopes()), SCOPES),
)
PREFIXES = st.builds(Prefix, st.ip_addresses(v=6).map(lambda one: f"{one}/64"), st.booleans())
ADVERTS = st.builds(
    Advert,
    st.integers(0, 9).map(lambda one: f"qr-6f1b9c1e-8{one}"),
    st.integers(1280, 9000),
    st.booleans(),
    st.booleans(),
    st.lists(PREFIXES, min_size=1, max_size=3, unique=True).map(tuple),
    st.lists(V6, max_size=3).map(tuple),
)

OUTSIDE = first_access(False, True)


def read_back(text: str, before: fake.Table | None = None) -> Ruleset | None:
    """What is listed after this text."""
    table = fake.run(text, before)
    return nft.listed(json.loads(json.dumps(table.listed()))) if table else None


@given(NATS)
def test_a_whole_table_reads_back_as_what_was_meant(wanted: Nat) -> None:
    assert read_back(nft.text(wanted)) == nft.ruleset(wanted)
    assert nft.change(wanted, read_back(nft.text(wanted))) is None


@given(NATS, NATS)
def test_any_change_leads_from_what_is_to_what_should_be(before: Nat, after: Nat) -> None:
    change = nft.change(after, nft.ruleset(before))
    if change is None:
        assert nft.ruleset(before) == nft.ruleset(after)
        return
    assert read_back(change.text, fake.run(nft.text(before), None)) == nft.ruleset(after)


@given(NATS, st.dictionaries(V4, V4, max_size=6))
def test_a_change_of_floating_ips_never_rewrites_a_rule_and_names_each_difference_once(
    before: Nat, now: dict[str, str]
) -> None:
    after = replace(before, floating=now)
    change = nft.change(after, nft.ruleset(before))
    if change is None:
        return
    assert "table ip netledger {" not in change.text and "chain" not in change.text
    old, new = nft.ruleset(before).maps, nft.ruleset(after).maps
    differing = [
        (name, key) for name in old for key in {*old[name], *new[name]} if old[name].get(key) != new[name].get(key)
    ]
    assert len(change.operations) == len(differing)


@given(NATS, NATS)
def test_connections_are_cut_for_every_address_that_stands_for_something_else(before: Nat, after: Nat) -> None:
    change = nft.change(after, nft.ruleset(before))
    cuts = set(change.cuts) if change else set()
    for floating, fixed in before.floating.items():
        moved = after.floating.get(floating) != fixed
        assert (("orig-dst", floating) in cuts) == moved
        assert not moved or ("reply-dst", floating) in cuts
    kept = {one for one, fixed in after.floating.items() if before.floating.get(one) == fixed}
    doubled = len(set(before.floating.values())) < len(before.floating) or len(set(after.floating.values())) < len(
        after.floating
    )
    assert doubled or not kept & {address for _, address in cuts if address != before.gateway}


@given(NATS)
def test_a_listing_that_holds_more_than_ours_is_written_anew(wanted: Nat) -> None:
    table = fake.run(nft.text(wanted), None)
    assert table is not None
    strange = [*table.listed(), {"set": {"family": "ip", "table": "netledger", "name": "x", "type": "ipv4_addr"}}]
    change = nft.change(wanted, nft.listed(strange))
    assert change is not None and change.text == nft.text(wanted)


@given(st.lists(ADVERTS, max_size=3))
def test_radvds_configuration_reads_back_as_what_was_meant(adverts: list[Advert]) -> None:
    flag = {True: "on", False: "off"}
    for one, read in zip(adverts, parse(text_of(adverts)), strict=True):
        assert (read["name"], read["AdvLinkMTU"], read["AdvSendAdvert"]) == (one.device, str(one.mtu), "on")
        assert (read["AdvManagedFlag"], read["AdvOtherConfigFlag"]) == (flag[one.managed], flag[one.other])
        told = [(prefix.cidr, {"AdvOnLink": "on", "AdvAutonomous": flag[prefix.autonomous]}) for prefix in one.prefixes]
        assert (read["prefixes"], read["RDNSS"]) == (told, list(one.rdnss))


HOSTILE = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "10.0.0.1 }\nflush ruleset",
            "10.0.0.1;",
            "fd00::1; };",
            "",
            "10.4.0.0/24",
            "::1%lo",
            "10.1",
            "٣.0.0.1",
            "../x",
        ]
    ),
    V4,
    V6,
    V4.map(lambda one: f"{one}/24"),
)
IDS = st.one_of(st.just(an_id(7 << 96)), st.just(an_id(8 << 96)), HOSTILE)
PLACE = Place("h", "/state")


@st.composite
def views(draw: st.DrawFn) -> View:
    """A router whose every attribute may be anything."""

    def text() -> str:
        return draw(HOSTILE)

    ports, nets, subs = ([draw(IDS) for _ in range(2)] for _ in range(3))
    network = [
        Network(one, "p", text(), "", True, draw(st.integers(-5, 10**6)), Segment("flat"), access=OUTSIDE)
        for one in nets
    ]
    servers = (text(), text())
    subnets = [
        Subnet(
            one, nets[0], "p", text(), "", draw(st.sampled_from([4, 6])), text(), text(), (), servers, (), True, "slaac"
        )
        for one in subs
    ]
    gateway = Gateway(nets[0], ports[0], (FixedIp(subs[0], text()), FixedIp(text(), text())), draw(st.booleans()))
    interfaces = (
        Interface(ports[1], nets[1], subs[1], text(), text()),
        Interface(ports[1], nets[1], subs[0], text(), text()),
    )
    routes = (HostRoute(text(), text()), HostRoute(text(), text()))
    router = Router(an_id(1), "p", text(), "", True, (), gateway, interfaces, routes, L3Server("a", "h", ""))
    mac = draw(st.one_of(st.just("fa:16:3e:00:00:01"), HOSTILE))
    held = {one: Port(one, nets[0], "p", text(), "", mac, True, text(), text()) for one in ports}
    floating = FloatingIp(
        text(), "p", nets[0], subs[0], text(), text(), target=FloatingTarget(an_id(1), text(), text(), text())
    )
    return View(router, held, {one.id: one for one in network}, {one.id: one for one in subnets}, (floating,))


@given(views())
def test_hostile_values_are_left_out_and_what_remains_is_of_its_type(view: View) -> None:
    wanted = serve(view, PLACE)
    assert wanted is not None
    assert read_back(nft.text(wanted.nat)) == nft.ruleset(wanted.nat)
    assert [one["name"] for one in parse(text_of(wanted.adverts))] == [one.device for one in wanted.adverts]
    for word in _words(wanted):
        assert re.fullmatch(r"[0-9a-z:./-]*", word), word


def _words(wanted: Wanted) -> list[str]:
    """Every text that reaches a verb, but for the router's own namespace and folder."""
    devices = [(one.port_id, one.tap, one.name, one.mac, *one.addresses) for one in wanted.devices]
    routes = [(one.destination, one.gateway, one.device) for one in wanted.routes]
    return [word for row in (*devices, *routes, *wanted.nat.floating.items()) for word in row]
