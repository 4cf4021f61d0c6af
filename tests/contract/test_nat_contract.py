"""What an L3 agent may rely on of the hands' nftables: what is read is what was written, changes are all or nothing."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.materialise.l3 import nft
from libs.materialise.l3.objects import Nat, Scopes
from tests.contract.router_rigs import GATEWAY, FakeRig, RealRig, Rig, one, router

FLOATING = {"198.51.100.100": "10.4.0.12", "198.51.100.101": "10.4.0.13"}


@pytest.fixture(params=[pytest.param(RealRig, id="kernel", marks=pytest.mark.root), pytest.param(FakeRig, id="fake")])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    rig = request.param(tmp_path)
    yield rig
    rig.close()


def ruleset(rig: Rig, namespace: str) -> nft.Ruleset | None:
    return nft.listed(rig.call("nat.read", namespaces=[namespace])[namespace])


def apply(rig: Rig, namespace: str, wanted: Nat) -> nft.NatChange | None:
    """One step of the agent: compare with what is there, one transaction."""
    change = nft.change(wanted, ruleset(rig, namespace))
    if change is not None:
        assert one(rig, "nat.apply", namespace=namespace, text=change.text)["error"] is None
    return change


def test_what_is_read_of_nftables_is_what_was_written(rig: Rig) -> None:
    namespace = router(rig)["namespace"]
    assert rig.call("nat.read", namespaces=[namespace]) == {}
    one(rig, "links.ensure", **router(rig))
    assert rig.call("nat.read", namespaces=[namespace]) == {namespace: None}
    for wanted in (Nat(), Nat(GATEWAY), Nat(GATEWAY, True), Nat(GATEWAY, True, FLOATING), Nat("", False, FLOATING)):
        change = apply(rig, namespace, wanted)
        assert change is not None
        assert ruleset(rig, namespace) == nft.ruleset(wanted)
        assert apply(rig, namespace, wanted) is None


def test_one_more_floating_ip_is_one_element_of_each_map(rig: Rig) -> None:
    namespace = router(rig)["namespace"]
    one(rig, "links.ensure", **router(rig))
    apply(rig, namespace, Nat(GATEWAY, True, FLOATING))
    more = Nat(GATEWAY, True, FLOATING | {"198.51.100.102": "10.4.0.14"})
    change = apply(rig, namespace, more)
    assert change is not None and change.text.count("add element") == 2 and "table ip netledger {" not in change.text
    assert ruleset(rig, namespace) == nft.ruleset(more)


def test_a_floating_ip_moves_in_one_transaction(rig: Rig) -> None:
    namespace = router(rig)["namespace"]
    one(rig, "links.ensure", **router(rig))
    apply(rig, namespace, Nat(GATEWAY, True, FLOATING))
    exchanged = Nat(GATEWAY, True, dict(zip(FLOATING, reversed(FLOATING.values()), strict=True)))
    apply(rig, namespace, exchanged)
    assert ruleset(rig, namespace) == nft.ruleset(exchanged)


def test_any_way_from_one_state_to_another_ends_there(rig: Rig) -> None:
    namespace = router(rig)["namespace"]
    one(rig, "links.ensure", **router(rig))
    dice = random.Random(4)
    for _ in range(40):
        fixed = [f"10.4.0.{number}" for number in dice.sample(range(2, 14), dice.randrange(7))]
        floating = [f"198.51.100.{number}" for number in dice.sample(range(100, 112), len(fixed))]
        gateway = dice.choice(["", GATEWAY, GATEWAY, GATEWAY, "198.51.100.11"])
        wanted = Nat(gateway, dice.random() < 0.8, dict(zip(floating, fixed, strict=True)))
        apply(rig, namespace, wanted)
        assert ruleset(rig, namespace) == nft.ruleset(wanted)


ONE, TWO, THREE, OUT = "qr-6f1b9c1e-81", "qr-6f1b9c1e-82", "qr-6f1b9c1e-83", "qg-6f1b9c1e-90"


def test_devices_of_several_address_scopes_read_back_as_what_was_written(rig: Rig) -> None:
    namespace = router(rig)["namespace"]
    one(rig, "links.ensure", **router(rig))
    apart = ((OUT, THREE, ONE), (TWO,))
    for scopes in (
        Scopes(((OUT, ONE), (TWO, THREE)), (), (ONE,)),
        Scopes(((OUT, ONE), (TWO, THREE)), ((OUT,), (ONE, TWO, THREE))),
        Scopes((), tuple(tuple(sorted(names)) for names in apart)),
        Scopes(((OUT,), (ONE, TWO, THREE)), ((OUT,), (ONE,), (TWO,), (THREE,)), ()),
        Scopes(((OUT, ONE, TWO), (THREE,)), (), (ONE, TWO)),
        Scopes(),
    ):
        wanted = Nat(GATEWAY, True, FLOATING, scopes)
        assert apply(rig, namespace, wanted) is not None
        assert ruleset(rig, namespace) == nft.ruleset(wanted)
        assert apply(rig, namespace, wanted) is None


def test_each_router_of_a_batch_has_its_own_fate(rig: Rig) -> None:
    names = [router(rig, name)["namespace"] for name in ("r1", "r2", "r3")]
    rig.call("links.ensure", items=[router(rig, "r1"), router(rig, "r3")])
    texts = [nft.text(Nat(GATEWAY, True)), nft.text(Nat(GATEWAY, True)), "flush ruleset\n"]
    items = [{"namespace": name, "text": text} for name, text in zip(names, texts, strict=True)]
    assert [answer["error"] is None for answer in rig.call("nat.apply", items=items)] == [True, False, False]
    tables = rig.call("nat.read", namespaces=names)
    assert {name: table is not None for name, table in tables.items()} == {names[0]: True, names[2]: False}


@pytest.mark.parametrize(
    "last",
    [
        "delete element ip netledger fip_dnat { 192.0.2.1 }",
        "add element ip netledger none { 192.0.2.1 : 192.0.2.2 }",
        "add element ip netledger fip_dnat { 192.0.2.300 : 192.0.2.2 }",
        "flush ruleset",
    ],
)
def test_a_change_is_all_or_nothing(rig: Rig, last: str) -> None:
    namespace = router(rig)["namespace"]
    one(rig, "links.ensure", **router(rig))
    wanted = Nat(GATEWAY, True, FLOATING)
    apply(rig, namespace, wanted)
    text = f"add element ip netledger fip_dnat {{ 198.51.100.200 : 10.4.0.20 }}\n{last}\n"
    answer = one(rig, "nat.apply", namespace=namespace, text=text)
    assert answer["error"] is not None and answer["changes"] == []
    assert ruleset(rig, namespace) == nft.ruleset(wanted)


def test_a_router_goes_with_all_that_it_had(rig: Rig) -> None:
    wanted = router(rig)
    namespace = wanted["namespace"]
    one(rig, "links.ensure", **wanted)
    apply(rig, namespace, Nat(GATEWAY, True, FLOATING))
    assert rig.call("links.list", prefix="qrouter-", suffix=rig.suffix) == [namespace]
    gone = {"namespace": namespace, "peers": [device["peer"] for device in wanted["devices"]]}
    assert one(rig, "links.remove", **gone)["changes"] != []
    assert rig.call("links.list", prefix="qrouter-", suffix=rig.suffix) == []
    assert one(rig, "links.remove", **gone) == {"changes": [], "error": None}
    one(rig, "links.ensure", **wanted)
    assert rig.call("nat.read", namespaces=[namespace]) == {namespace: None}
