"""Laws of layer 3 over random histories: what routers and floating IPs say of the world is so, after every command."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import given, settings

from libs.model import FLOATING_IP_OWNER, ROUTER_GATEWAY_OWNER, ROUTER_INTERFACE_OWNER, FixedIp
from libs.network.addresses import overlap, reaches
from libs.network.floatingip import FloatingIp
from libs.network.port import Port
from libs.network.resources import fold_recorded
from libs.network.router import Router
from tests.unit.histories import START, Life, histories


class Seen:
    """Everything that lives, by kind and id."""

    def __init__(self, life: Life) -> None:
        resources: Mapping[str, Any] = fold_recorded(life.log.read(0, 10_000))
        self._states = {stream: one.state for stream, one in resources.items() if one is not None}

    def all(self, kind: str) -> Iterator[Any]:
        return (state for stream, state in self._states.items() if stream.startswith(f"{kind}-"))

    def one(self, kind: str, id: str) -> Any:
        assert f"{kind}-{id}" in self._states, f"{kind} {id} is spoken of, but not there"
        return self._states[f"{kind}-{id}"]


def law_of_addresses(router: Router, seen: Seen) -> None:
    """What a router says of its ports is what the ports say of themselves."""
    for port_id in router.port_ids:
        port: Port = seen.one("port", port_id)
        assert port.device_id == router.id
        said = {FixedIp(one.subnet_id, one.ip_address) for one in router.interfaces if one.port_id == port_id}
        if router.gateway and router.gateway.port_id == port_id:
            assert port.device_owner == ROUTER_GATEWAY_OWNER
            said = set(router.gateway.fixed_ips)
        else:
            assert port.device_owner == ROUTER_INTERFACE_OWNER
        assert set(port.fixed_ips) == said


def law_of_places(router: Router, seen: Seen) -> None:
    """A router that runs somewhere has every port there; one that runs nowhere was given none by us."""
    for port in (seen.one("port", id) for id in router.port_ids):
        if router.host:
            assert (port.host, port.is_bound) == (router.host, router.host != "broken")


def law_of_apartness(router: Router, seen: Seen) -> None:
    """No two subnets of a router overlap, and routes lead to neighbours."""
    outside = router.gateway.fixed_ips if router.gateway else ()
    cidrs = {one.subnet_id: one.cidr for one in router.interfaces}
    assert len(cidrs) == len(router.interfaces)
    cidrs |= {one.subnet_id: seen.one("subnet", one.subnet_id).cidr for one in outside}
    for one, other in itertools.combinations(cidrs.values(), 2):
        assert not overlap(one, other)
    assert all(reaches(cidrs.values(), route.nexthop) for route in router.routes)
    assert all(seen.one("subnet", id).cidr == cidr for id, cidr in cidrs.items())


def law_of_the_outside(router: Router, seen: Seen) -> None:
    if router.gateway:
        assert seen.one("network", router.gateway.network_id).external


def law_of_floating_ips(floating: FloatingIp, seen: Seen) -> None:
    """A floating IP has its address by its own port, and stands for an address that its router reaches and leads out."""
    holder: Port = seen.one("port", floating.own_port_id)
    assert (holder.device_owner, holder.device_id) == (FLOATING_IP_OWNER, floating.id)
    assert holder.fixed_ips == (FixedIp(floating.floating_subnet_id, floating.floating_ip_address),)
    assert seen.one("network", floating.floating_network_id).external
    target = floating.target
    if target is None:
        assert floating.status == "DOWN"
        return
    assert FixedIp(target.subnet_id, target.ip_address) in seen.one("port", target.port_id).fixed_ips
    router: Router = seen.one("router", target.router_id)
    assert target.subnet_id in {one.subnet_id for one in router.interfaces}
    assert router.gateway
    assert router.gateway.network_id == floating.floating_network_id


def law_of_held_ports(seen: Seen) -> None:
    """No port of a router or floating IP is left over."""
    held = {id for router in seen.all("router") for id in router.port_ids}
    held |= {one.own_port_id for one in seen.all("floatingip")}
    for port in seen.all("port"):
        assert not port.device_owner.startswith("network:router") or port.id in held
        assert port.device_owner != FLOATING_IP_OWNER or port.id in held


@given(histories)
@settings(max_examples=120, deadline=None)
def test_routers_and_floating_ips_tell_the_truth_after_every_command(history):
    life = Life()
    for command in (*START, *history):
        if life.does(command) is None:
            continue
        seen = Seen(life)
        for router in seen.all("router"):
            for law in (law_of_addresses, law_of_places, law_of_apartness, law_of_the_outside):
                law(router, seen)
        for floating in seen.all("floatingip"):
            law_of_floating_ips(floating, seen)
        law_of_held_ports(seen)


def test_the_story_begins_with_a_way_out_and_a_floating_ip():
    life = Life().lives([])
    seen = Seen(life)
    assert life.refused == []
    [router], [floating] = seen.all("router"), seen.all("floatingip")
    assert (router.host, len(router.interfaces), bool(router.gateway)) == ("net1", 1, True)
    assert floating.target.router_id == router.id
