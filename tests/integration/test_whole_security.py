"""Security groups of the whole system: by the API, to the hosts, with real packets, through a router and to a DHCP server."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from cli.metadata import port as nova_port
from lab import nova, tcp
from lab.guests import Guest
from lab.namespaces import links, with_suffix
from tests.city import WORLD, City, kill_agents, operations, recompute
from tests.dataplane.frames import Wire, udp4
from tests.dataplane.security_matrix import CASES, Place, Station, play
from tests.tenant import TENANT
from tests.whole import Whole, eventually

pytestmark = [pytest.mark.root, pytest.mark.postgres, pytest.mark.broker, pytest.mark.timeout(180)]
PAIR = ("192.168.77.200", "fa:16:3e:aa:00:01")
SIX = "2001:db8::11"
_FORCE = 1.0  # seconds after the API's answer in which a change is in force


class Ward(City):
    """A city whose people look after their groups."""

    def new_group(self, *rules: dict[str, Any]) -> tuple[str, list[str]]:
        """A new group's id, and those of its ingress rules."""
        body = self.api.send("POST", "security-groups", {"security_group": {"name": "ward"}})["security_group"]
        return body["id"], [self.rule(body["id"], **rule) for rule in rules]

    def rule(self, group: str, **more: Any) -> str:
        rule = {"security_group_id": group, "direction": "ingress", **more}
        made = self.api.send("POST", "security-group-rules", {"security_group_rule": rule})["security_group_rule"]
        return str(made["id"])

    def drop(self, rule: str) -> None:
        self.api.send("DELETE", f"security-group-rules/{rule}")

    def put(self, server: Guest, **changes: Any) -> None:
        self.api.send("PUT", f"ports/{server.port['id']}", {"port": changes})

    def default(self) -> str:
        (group,) = self.api.get(f"security-groups?name=default&project_id={TENANT}")["security_groups"]
        return str(group["id"])


@pytest.fixture
def ward(lab: Whole) -> Iterator[Ward]:
    one = Ward(lab)
    one.attach()
    try:
        yield one
        recompute(lab, tuple({one.host(), *(server.host.name for server in one.guests)}))
    finally:
        one.leave()
        for group in one.api.get("security-groups?name=ward")["security_groups"]:
            one.api.send("DELETE", f"security-groups/{group['id']}")


def ends(link: socket.socket, since: float) -> float:
    """Seconds until a live connection carried nothing more."""
    link.settimeout(0.2)
    while tcp.echoes(link):
        assert time.monotonic() - since < 5, "it lives on"
    return time.monotonic() - since - 0.2


def test_a_default_group_is_a_circle_of_friends_and_what_opens_it_can_be_taken_back(lab: Whole, ward: Ward) -> None:
    one, other, eve = ward.boot("compute1"), ward.boot("compute2"), ward.boot("compute2")
    address = ward.floating(one)
    mine, _ = ward.new_group()
    for server, groups in ((one, [ward.default()]), (other, [ward.default()]), (eve, [mine])):
        ward.put(server, security_groups=groups)
    eventually("outside is let in no more", lambda: ward.asked(address) == "")
    assert tcp.answer(other.netns, one.address, 2.0) and one.reaches(other.address), "friends"
    assert not tcp.answer(eve.netns, one.address) and not tcp.answer(one.netns, eve.address)
    assert one.reaches(WORLD) and eve.reaches(WORLD), "everybody goes out"
    assert one.ask_address()["ip"] == one.address
    with nova.running(nova_port(lab.places), lab.places.password("metadata")) as here:
        here.servers = {one.port["device_id"]: (TENANT, "one")}
        assert tcp.fetch(one.netns, "169.254.169.254", nova.PATH) == (200, "one")

    rule = ward.rule(ward.default(), protocol="tcp", port_range_min=tcp.PORT, port_range_max=tcp.PORT)
    begun = time.monotonic()
    eventually("outside is let in", lambda: ward.asked(address) == one.name)
    opened = time.monotonic() - begun
    guest, friend = tcp.dial(ward.outside.netns, address)[0], tcp.dial(other.netns, one.address)[0]
    with guest, friend:
        assert tcp.echoes(guest) and tcp.echoes(friend)
        ward.drop(rule)
        closed = ends(guest, time.monotonic())
        assert tcp.echoes(friend), "who is allowed by another rule does not notice"
        ward.put(other, security_groups=[mine])
        parted = ends(friend, time.monotonic())
    times = f"cut after DELETE {closed * 1000:.0f} ms, after leaving {parted * 1000:.0f} ms"
    print(f"a rule is in force {opened * 1000:.0f} ms after its POST; {times}")
    assert closed < _FORCE and parted < _FORCE


def test_port_security_off_and_on_and_address_groups(ward: Ward) -> None:
    one, other = ward.boot("compute1"), ward.boot("compute3")
    listed = {"address_group": {"name": "friends", "addresses": [f"{other.address}/32"]}}
    friends = ward.api.send("POST", "address-groups", listed)["address_group"]["id"]
    group, _ = ward.new_group({"protocol": "tcp", "remote_address_group_id": friends})
    ward.put(one, security_groups=[group])
    eventually("friends are let in", lambda: bool(tcp.answer(other.netns, one.address)))
    link = tcp.dial(other.netns, one.address)[0]
    with link:
        removed = {"addresses": [f"{other.address}/32"]}
        ward.api.send("PUT", f"address-groups/{friends}/remove_addresses", removed)
        assert ends(link, time.monotonic()) < _FORCE
    ward.put(one, security_groups=[], port_security_enabled=False)
    eventually("everybody is let in", lambda: bool(tcp.answer(other.netns, one.address)))
    link = tcp.dial(other.netns, one.address)[0]
    with link:
        ward.put(one, port_security_enabled=True)
        assert ends(link, time.monotonic()) < _FORCE, "secured and in no group"
    assert one.ask_address()["ip"] == one.address
    for rule in ward.api.get(f"security-group-rules?security_group_id={group}")["security_group_rules"]:
        ward.drop(rule["id"])
    ward.api.send("DELETE", f"address-groups/{friends}")


def test_what_a_guest_forges_reaches_neither_dhcp_server_nor_router_nor_the_world(lab: Whole, ward: Ward) -> None:
    a, b = ward.boot("compute1"), ward.boot("compute2")
    pairs = [{"ip_address": PAIR[0], "mac_address": PAIR[1]}, {"ip_address": SIX}]
    ward.put(a, allowed_address_pairs=pairs)
    ears = {"DHCP server": dhcp_ear(lab, ward), "router": router_ear(lab, ward)}
    mouth = Wire(a.netns)
    eventually("the pairs are in force", lambda: not matrix(a, b, ears, mouth))
    agent = f"agent_ovs@{a.host.name}"
    killer = threading.Thread(target=kill_agents, args=(lab, (a.host.name,), ("agent_ovs",)))
    killer.start()
    while killer.is_alive():
        assert matrix(a, b, ears, mouth) == []
    killer.join()
    assert set(operations(lab, "agent_ovs", a.host.name)) == {"pid"}, agent
    done = threading.Event()
    churn = threading.Thread(target=_churn, args=(ward, done))
    churn.start()
    try:
        assert matrix(a, b, ears, mouth) == []
    finally:
        done.set()
        churn.join()
    _nothing_forged_goes_out(a, b, ward, ears["router"][0], mouth)


def _churn(ward: Ward, done: threading.Event) -> None:
    while not done.wait(0.05):
        ward.drop(ward.rule(ward.group, protocol="udp", port_range_min=9, port_range_max=9))


def matrix(a: Guest, b: Guest, ears: dict[str, tuple[Station, Wire]], mouth: Wire) -> list[str]:
    """All cases to each ear; what went wrong."""
    wrong = []
    for name, (station, ear) in ears.items():
        me = Station(a.port["mac_address"], a.address, SIX)
        other = Station(b.port["mac_address"], b.address, "2001:db8::12")
        place = Place(me, other, station, "192.168.77.1", PAIR)
        wrong += [f"{name} {case}: {one}" for case, make in CASES.items() for one in play(make(place), mouth, ear)]
    return wrong


def dhcp_ear(lab: Whole, ward: Ward) -> tuple[Station, Wire]:
    """The DHCP server of the network, wherever it is."""
    (port,) = ward.admin.get(f"ports?network_id={ward.network['id']}&device_owner=network:dhcp")["ports"]
    return _ear(lab, port, f"qdhcp-{ward.network['id']}")


def router_ear(lab: Whole, ward: Ward) -> tuple[Station, Wire]:
    """The router's end on the network."""
    owned = f"ports?network_id={ward.network['id']}&device_owner=network:router_interface"
    (port,) = ward.admin.get(owned)["ports"]
    return _ear(lab, port, f"qrouter-{ward.router}")


def _ear(lab: Whole, port: dict[str, Any], namespace: str) -> tuple[Station, Wire]:
    suffix = lab.lab.host(port["binding:host_id"]).suffix
    eventually(f"{namespace} is there", lambda: namespace + suffix in with_suffix(suffix))
    device = next(name for name in links(namespace + suffix) if name.endswith(port["id"][:11]))
    station = Station(port["mac_address"], port["fixed_ips"][0]["ip_address"], "2001:db8::13")
    return station, Wire(namespace + suffix, device)


def _nothing_forged_goes_out(a: Guest, b: Guest, ward: Ward, router: Station, mouth: Wire) -> None:
    """Through the router: what leaves it carries the words of who may speak."""
    world = Wire(ward.outside.netns)
    mac = a.port["mac_address"]
    for src, word in ((b.address, b"as b"), ("203.0.113.7", b"as a stranger"), ("169.254.169.254", b"as metadata")):
        mouth.send(udp4(mac, router.mac, src, WORLD, 5000, 5001, word))
    deadline, heard = time.monotonic() + 5, b""
    while b"as myself" not in heard and time.monotonic() < deadline:
        mouth.send(udp4(mac, router.mac, a.address, WORLD, 5000, 5001, b"as myself"))
        heard += b"".join(world.heard())
    world.close()
    assert b"as myself" in heard
    assert not any(word in heard for word in (b"as b", b"as a stranger", b"as metadata"))
