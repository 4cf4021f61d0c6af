"""What an L3 agent may rely on when it asks the hands for devices, addresses, routes and advertisements; repeated, nothing moves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.materialise.l3 import nft
from libs.materialise.l3.advert import Advert, Prefix, text_of
from libs.materialise.l3.objects import Nat
from tests.contract.router_rigs import GATEWAY, FakeRig, RealRig, Rig, one, router

ADVERT = Advert("qr-1", 1450, False, False, (Prefix("fd00:4::/64", True),))


@pytest.fixture(params=[pytest.param(RealRig, id="kernel", marks=pytest.mark.root), pytest.param(FakeRig, id="fake")])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    rig = request.param(tmp_path)
    yield rig
    rig.close()


def test_a_router_is_made_and_a_second_time_nothing(rig: Rig) -> None:
    wanted = router(rig)
    first = one(rig, "links.ensure", **wanted)
    assert first["error"] is None and first["changes"] != []
    assert sorted(first["made"]) == sorted([wanted["namespace"], "qr-1", "qg-2"])
    assert sorted(first["addresses"]) == [["qg-2", f"{GATEWAY}/24"], ["qr-1", "10.4.0.1/24"], ["qr-1", "fd00:4::1/64"]]
    assert one(rig, "links.ensure", **wanted) == {"changes": [], "error": None, "addresses": [], "made": []}


def test_only_what_differs_is_changed(rig: Rig) -> None:
    wanted = router(rig)
    one(rig, "links.ensure", **wanted)
    wanted["devices"][1]["addresses"] = ["198.51.100.11/24"]
    wanted["routes"] = [["0.0.0.0/0", "198.51.100.253", "qg-2"]]
    wanted["sysctls"][0][1] = "0"
    answer = one(rig, "links.ensure", **wanted)
    assert answer["addresses"] == [["qg-2", "198.51.100.11/24"]]
    assert not any("veth" in text or "qr-1" in text for text in answer["changes"])
    assert one(rig, "links.ensure", **wanted)["changes"] == []


def test_one_router_that_cannot_be_made_does_not_stop_another(rig: Rig) -> None:
    bad, good = router(rig, "bad"), router(rig, "good")
    bad["routes"] = [["0.0.0.0/0", "192.0.2.1", "qg-2"]]
    answers = rig.call("links.ensure", items=[bad, good])
    assert answers[0]["error"] is not None and answers[1]["error"] is None
    assert one(rig, "links.ensure", **good)["changes"] == []


def test_addresses_come_and_go_by_themselves(rig: Rig) -> None:
    wanted = router(rig)
    one(rig, "links.ensure", **wanted)
    where = {"namespace": wanted["namespace"], "device": "qg-2"}
    cidrs = ["198.51.100.100/32", "198.51.100.101/32"]
    answer = one(rig, "addresses.change", **where, add=cidrs, remove=[])
    assert (answer["error"], answer["addresses"], len(answer["changes"])) == (
        None,
        [["qg-2", cidr] for cidr in cidrs],
        2,
    )
    answer = one(rig, "addresses.change", **where, add=cidrs, remove=["198.51.100.200/32"])
    assert answer == {"changes": [], "error": None, "addresses": []}
    answer = one(rig, "addresses.change", **where, add=[], remove=cidrs[:1])
    assert (len(answer["changes"]), answer["addresses"]) == (1, [])
    wanted["devices"][1]["addresses"].append(cidrs[1])
    assert one(rig, "links.ensure", **wanted)["changes"] == []
    assert one(rig, "addresses.change", **where | {"device": "qg-9"}, add=cidrs, remove=[])["error"] is not None


def test_asking_for_what_is_not_there_is_an_answer_not_a_failure(rig: Rig) -> None:
    namespace = router(rig)["namespace"]
    assert one(rig, "nat.apply", namespace=namespace, text=nft.text(Nat()))["error"] is not None
    assert one(rig, "conntrack.cut", namespace=namespace, addresses=[])["error"] is not None
    one(rig, "links.ensure", **router(rig))
    sides = [["orig-dst", "198.51.100.100"], ["reply-dst", "198.51.100.100"]]
    assert one(rig, "conntrack.cut", namespace=namespace, addresses=sides) == {"changes": [], "error": None}
    told = {"device": "qg-2", "mac": "fa:16:3e:00:00:02", "addresses": [GATEWAY]}
    assert one(rig, "arp.announce", namespace=namespace, **told) == {"changes": [], "error": None}
    assert one(rig, "arp.announce", namespace=namespace, **told | {"device": "qg-9"})["error"] is not None


def test_advertisements_are_made_changed_and_removed(rig: Rig) -> None:
    wanted = router(rig)
    one(rig, "links.ensure", **wanted)
    folder = f"{rig.folder}/{wanted['namespace']}"
    item = {"namespace": wanted["namespace"], "folder": folder, "text": text_of([ADVERT])}
    assert one(rig, "radvd.ensure", **item)["changes"] != []
    assert one(rig, "radvd.ensure", **item) == {"changes": [], "error": None}
    assert rig.call("radvd.list", root=rig.folder) == [wanted["namespace"]]
    assert one(rig, "radvd.ensure", **item, restart=True)["changes"] != []
    assert one(rig, "radvd.ensure", **item | {"text": "interface qr-1 {"})["error"] is not None
    assert one(rig, "radvd.ensure", **item)["changes"] == [], "a text that is refused disturbs nobody"
    stateful = Advert("qr-1", 1450, True, True, (Prefix("fd00:4::/64", False),), ("fd00:4::53",))
    assert one(rig, "radvd.ensure", **item | {"text": text_of([stateful])})["changes"] != []
    assert rig.call("radvd.advertise", folders=[folder, f"{folder}x"]) == [{"changes": [], "error": None}] * 2
    (answer,) = rig.call("radvd.remove", folders=[folder])
    assert answer["error"] is None and answer["changes"] != []
    assert rig.call("radvd.list", root=rig.folder) == []
    assert rig.call("radvd.remove", folders=[folder]) == [{"changes": [], "error": None}]
