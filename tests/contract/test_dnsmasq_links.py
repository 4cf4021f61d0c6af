"""Namespaces, veths, addresses and routes as the real kernel takes them: what is asked for is there, a second time nothing moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from libs.config import Settings
from libs.kernel.hands import Hands
from tests.fakes.dhcp_guests import sh

pytestmark = pytest.mark.root


class Host:
    """A namespace that stands for a host, with hands in it."""

    def __init__(self) -> None:
        self.name = f"nld-{uuid4().hex[:6]}"
        self.inner = f"q-{self.name}"
        sh("ip", "netns", "add", self.name)
        self.hands = Hands(replace(Settings(), netns=self.name), modules=("libs.kernel.links",))

    def item(self, device: str = "ns-0", **changes: Any) -> dict[str, Any]:
        """What a network's namespace should hold."""
        wanted = {"name": device, "peer": f"tap{device[2:]}", "mac": "fa:16:3e:00:00:01", "mtu": 1450}
        addresses = changes.pop("addresses", ["10.5.0.2/24", "fd00:5::2/64"])
        routes = changes.pop("routes", [["0.0.0.0/0", "10.5.0.1"]])
        return {"namespace": self.inner, "devices": [wanted | {"addresses": addresses} | changes], "routes": routes}

    def ensure(self, item: dict[str, Any]) -> list[str]:
        (answer,) = self.hands.call("links.ensure", items=[item])
        assert answer["error"] is None
        return list(answer["changes"])

    def read(self) -> dict[str, Any]:
        return dict(self.hands.call("links.read", namespace=self.inner))

    def close(self) -> None:
        self.hands.call("links.remove", items=[{"namespace": self.inner, "peers": []}])
        self.hands.close()
        sh("ip", "netns", "del", self.name)


@pytest.fixture
def host() -> Iterator[Host]:
    host = Host()
    yield host
    host.close()


def test_everything_is_made_and_a_second_time_nothing(host: Host) -> None:
    assert host.ensure(host.item()) != []
    actual = host.read()
    device = actual["devices"]["ns-0"]
    assert (device["mac"], device["mtu"], device["up"]) == ("fa:16:3e:00:00:01", 1450, True)
    assert sorted(device["addresses"]) == ["10.5.0.2/24", "fd00:5::2/64"]
    assert actual["devices"]["lo"]["up"]
    assert actual["routes"] == [["0.0.0.0/0", "10.5.0.1"]]
    assert host.hands.call("links.list", prefix="q-", suffix=host.name) == [host.inner]
    assert host.ensure(host.item()) == []


def test_offload_is_off_at_both_ends(host: Host) -> None:
    host.ensure(host.item())
    for namespace, device in ((host.inner, "ns-0"), (host.name, "tap-0")):
        features = sh("ip", "netns", "exec", namespace, "ethtool", "-k", device)
        assert "tx-checksumming: off" in features
        assert "tx-tcp-segmentation: off" in features and "generic-segmentation-offload: off" in features


def test_addresses_are_usable_at_once(host: Host) -> None:
    host.ensure(host.item())
    assert "tentative" not in sh("ip", "-n", host.inner, "-6", "addr", "show", "dev", "ns-0", "scope", "global")


@pytest.mark.parametrize(
    "change",
    [
        {"addresses": ["10.5.0.3/24"]},
        {"addresses": ["10.5.0.2/24", "10.5.0.3/24", "10.6.0.2/16"]},
        {"mac": "fa:16:3e:00:00:02"},
        {"mtu": 1400},
        {"routes": [["0.0.0.0/0", "10.5.0.9"]]},
        {"routes": []},
        {"device": "ns-1"},
    ],
)
def test_a_change_touches_what_changed_and_ends_where_it_should(host: Host, change: dict[str, Any]) -> None:
    host.ensure(host.item())
    wanted = host.item(**change)
    assert host.ensure(wanted) != []
    actual, device = host.read(), wanted["devices"][0]
    assert sorted(name for name in actual["devices"] if name.startswith("ns-")) == [device["name"]]
    found = actual["devices"][device["name"]]
    assert (found["mac"], found["mtu"]) == (device["mac"], device["mtu"])
    assert sorted(found["addresses"]) == sorted(device["addresses"])
    assert actual["routes"] == wanted["routes"]
    assert host.ensure(wanted) == []


def test_removing_a_subnets_first_address_keeps_its_second(host: Host) -> None:
    host.ensure(host.item(addresses=["10.5.0.2/24", "10.5.0.3/24"]))
    host.ensure(host.item(addresses=["10.5.0.3/24"]))
    assert host.read()["devices"]["ns-0"]["addresses"] == ["10.5.0.3/24"]


def test_an_address_that_is_there_already_stops_nothing(host: Host) -> None:
    """Link-local addresses are not read back: adding one again must do no harm."""
    wanted = host.item(addresses=["10.5.0.2/24", "fe80::1/64"])
    host.ensure(wanted)
    assert host.ensure(wanted) == []
    assert "fe80::1/64" in sh("ip", "-n", host.inner, "-6", "addr", "show", "dev", "ns-0")
    host.ensure(host.item(addresses=["10.5.0.3/24", "fe80::1/64"]))
    assert host.read()["devices"]["ns-0"]["addresses"] == ["10.5.0.3/24"]


def test_what_somebody_else_did_is_repaired(host: Host) -> None:
    host.ensure(host.item())
    sh("ip", "-n", host.inner, "addr", "flush", "dev", "ns-0")
    sh("ip", "-n", host.inner, "link", "set", "ns-0", "down")
    assert host.ensure(host.item()) != []
    assert sorted(host.read()["devices"]["ns-0"]["addresses"]) == ["10.5.0.2/24", "fd00:5::2/64"]
    assert host.ensure(host.item()) == []


def test_a_name_that_a_crash_left_without_a_namespace_is_used_again(host: Host) -> None:
    open(f"/run/netns/{host.inner}", "w").close()
    assert host.ensure(host.item()) != []
    assert host.ensure(host.item()) == []


def test_one_bad_item_does_not_stop_the_next(host: Host) -> None:
    bad = host.item(device="ns-a-name-that-is-far-too-long")
    bad["namespace"] = f"bad-{host.name}"
    good = host.item()
    answers = host.hands.call("links.ensure", items=[bad, good])
    assert answers[0]["error"] and answers[1]["error"] is None
    host.hands.call("links.remove", items=[{"namespace": bad["namespace"], "peers": []}])


def test_removing_takes_the_switchs_end_along_and_repeats_harmlessly(host: Host) -> None:
    host.ensure(host.item())
    gone = [{"namespace": host.inner, "peers": ["tap-0"]}]
    (answer,) = host.hands.call("links.remove", items=gone)
    assert answer["error"] is None and answer["changes"] != []
    assert "tap-0" not in sh("ip", "-n", host.name, "link")
    assert host.hands.call("links.remove", items=gone) == [{"changes": [], "error": None}]
