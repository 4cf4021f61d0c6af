"""Numbers that become requests of all kinds to layer 3, most of which make sense."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from libs.commands import (
    AddRouterInterface,
    Command,
    CreateFloatingIps,
    CreatePorts,
    CreateRouters,
    CreateSubnets,
    DeleteFloatingIp,
    DeletePort,
    DeleteRouter,
    DeleteSubnet,
    NewFloatingIp,
    NewPort,
    NewRouter,
    NewSubnet,
    RemoveRouterInterface,
    ReportFloatingIp,
    ScheduleRouter,
    UnscheduleRouter,
    UpdateFloatingIp,
    UpdateNetwork,
    UpdatePort,
    UpdateRouter,
    UpdateSubnet,
    WantedAddress,
    WantedGateway,
)
from libs.errors import Refusal
from libs.network.resources import kind_and_id
from tests.story.cloud import NOVA, OWNER, Cloud, a_port, a_tenants_network
from tests.story.layer3 import L3_AGENTS, a_router, joins, leads, the_outside

HOSTS = sorted(L3_AGENTS)


class Play:
    """A cloud with two outsides (one with next to no addresses), two networks, and numbers that become requests."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud, self._seen, self._ids = cloud, 0, set[tuple[str, str]]()
        self.outsides = [the_outside(self.cloud)[0], the_outside(self.cloud, "198.51.100.0/24", SMALL)[0]]
        blue, first = a_tenants_network(self.cloud)
        self.networks = [blue, a_tenants_network(self.cloud, "10.1.0.0/24")[0]]
        for network, cidr in zip(self.networks, ("10.0.1.0/24", "10.0.0.0/24"), strict=True):
            self.cloud.does(NOVA, CreateSubnets((NewSubnet(self.cloud.new_id(), network, OWNER, 4, cidr),)))
        slaac = {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
        six = NewSubnet(self.cloud.new_id(), self.networks[0], OWNER, 6, "2001:db8::/64", **slaac)  # type: ignore[arg-type]
        self.cloud.does(NOVA, CreateSubnets((six,)))

        self.router = a_router(self.cloud)
        leads(self.cloud, self.router, self.outsides[0])
        joins(self.cloud, self.router, first)
        self.plain = [a_port(self.cloud, self.networks[0])["id"] for _ in range(2)]

    def pick(self, kind: str, number: int) -> str:
        """One of what there is, or an id that nothing has."""
        news = {one.stream for one in self.cloud.log.read(self._seen, 10_000)}
        self._seen = self.cloud.log.head()
        for place in map(kind_and_id, sorted(news)):
            (self._ids.add if self.cloud.log.rows([place]) else self._ids.discard)(place)
        ids = sorted(id for each, id in self._ids if each == kind)
        return ids[number % len(ids)] if ids else self.cloud.new_id()

    def target(self, number: int) -> str | None:
        """Nothing, a port that was a user's once, or any port."""
        choices = (None, *self.plain, self.pick("port", number))
        return choices[number % len(choices)]

    def step(self, name: str, a: int, b: int) -> None:
        try:
            self.cloud.does(NOVA, STEPS[name](self, a, b))
        except Refusal as refusal:
            assert refusal.status < 500 and refusal.type != "RetryRequest", f"{name}: {refusal.type} {refusal.message}"


SMALL = ("198.51.100.10", "198.51.100.13")


def _port(play: Play, a: int, b: int) -> Command:
    wishes = tuple(WantedAddress(play.pick("subnet", a + n)) for n in range(b % 3)) or None
    play.plain.append(play.cloud.new_id())
    return CreatePorts((NewPort(play.plain[-1], play.networks[a % 2], OWNER, fixed_ips=wishes),))


def _floating(play: Play, a: int, b: int) -> Command:
    port = play.target(b)
    new = NewFloatingIp(play.cloud.new_id(), play.cloud.new_id(), OWNER, play.outsides[a % 2], port_id=port)
    return CreateFloatingIps((new,))


def _point(play: Play, a: int, b: int) -> Command:
    port = play.target(b)
    changes: dict[str, object] = {"port_id": port}
    rows = play.cloud.log.rows([("port", port or "")]).values()
    held = [one["ip_address"] for row in rows for one in json.loads(row.body)["fixed_ips"]]
    if held and b % 2:
        changes["fixed_ip_address"] = held[b % len(held)]
    return UpdateFloatingIp(play.pick("floatingip", a), changes)


def _gateway(play: Play, a: int, b: int) -> Command:
    wanted = WantedGateway(play.outsides[b % 2], play.cloud.new_id(), bool(a % 2)) if b % 3 else None
    return UpdateRouter(play.pick("router", a), {"gateway": wanted})


def _join(play: Play, a: int, b: int) -> Command:
    router, new = play.pick("router", a), play.cloud.new_id()
    if b % 4 == 0:
        return AddRouterInterface(router, new, port_id=play.pick("port", b // 4))
    return AddRouterInterface(router, new, subnet_id=play.pick("subnet", b))


def _leave(play: Play, a: int, b: int) -> Command:
    router = play.pick("router", a)
    if b % 3 == 0:
        return RemoveRouterInterface(router, port_id=play.pick("port", b // 3))
    return RemoveRouterInterface(router, subnet_id=play.pick("subnet", b))


def _addresses(play: Play, a: int, b: int) -> Command:
    wishes = tuple(WantedAddress(play.pick("subnet", b + n)) for n in range(b % 3))
    return UpdatePort(play.pick("port", a), {"fixed_ips": wishes})


def _run(play: Play, a: int, b: int) -> Command:
    host = HOSTS[b % 2]
    if b % 5 == 0:
        return UnscheduleRouter(play.pick("router", a), L3_AGENTS[host])
    return ScheduleRouter(play.pick("router", a), L3_AGENTS[host], host, "nova")


def _report(play: Play, a: int, b: int) -> Command:
    floating = play.pick("floatingip", a)
    rows = play.cloud.log.rows([("floatingip", floating)])
    columns: Mapping[str, object] = next((row.columns or {} for row in rows.values()), {})
    about = str(columns.get("router_id", "")), str(columns.get("fixed_ip_address", ""))
    return ReportFloatingIp(floating, HOSTS[b % 2], *about, ("ACTIVE", "DOWN", "ERROR")[b % 3])


def _device(play: Play, a: int, b: int) -> Command:
    owner = ("compute:nova", "", "network:router_interface", "network:floatingip")[b % 4]
    return UpdatePort(play.pick("port", a), {"device_owner": owner, "device_id": "vm" if b % 2 else ""})


STEPS: dict[str, Callable[[Play, int, int], Command]] = {
    "port": _port,
    "delete port": lambda play, a, b: DeletePort(play.pick("port", a)),
    "addresses": _addresses,
    "device": _device,
    "router": lambda play, a, b: CreateRouters((NewRouter(play.cloud.new_id(), OWNER),)),
    "gateway": _gateway,
    "join": _join,
    "leave": _leave,
    "run": _run,
    "delete router": lambda play, a, b: DeleteRouter(play.pick("router", a)),
    "floating": _floating,
    "point": _point,
    "report": _report,
    "delete floating": lambda play, a, b: DeleteFloatingIp(play.pick("floatingip", a)),
    "external": lambda play, a, b: UpdateNetwork(play.outsides[a % 2], {"external": bool(b % 4)}),
    "delete subnet": lambda play, a, b: DeleteSubnet(play.pick("subnet", a)),
    "pools": lambda play, a, b: UpdateSubnet(play.pick("subnet", a), {"gateway_ip": None}),
}

_OFTEN = 4 * ("port", "router", "gateway", "join", "floating", "point", "run")
NAMES = (*_OFTEN, *STEPS)
"""Names of steps, each as often as it is to be played."""
