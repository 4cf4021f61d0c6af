"""Two commands at once about one router: the one that comes second sees what the first did, and no half of anything is left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from libs.commands import (
    AddRouterInterface,
    Command,
    CreateFloatingIps,
    CreateNetworks,
    CreatePorts,
    CreateRouters,
    CreateSubnets,
    DeletePort,
    DeleteRouter,
    NewFloatingIp,
    NewNetwork,
    NewPort,
    NewRouter,
    NewSubnet,
    RemoveRouterInterface,
    ScheduleRouter,
    UpdateFloatingIp,
    UpdateNetwork,
    UpdateRouter,
    UpdateSubnet,
    WantedGateway,
)
from libs.errors import Refusal
from libs.eventlog.commit import Committed, Ledger
from libs.network.kinds import resource_of
from tests.fakes.choosers import Choosers
from tests.fakes.rows import all_rows
from tests.unit.commit_cases import US, BusyElsewhere, by
from tests.unit.people import uuid_of

PUBLIC, BLUE, RED = uuid_of(1), uuid_of(2), uuid_of(3)
PUBLIC_SUBNET, SUBNET, OVERLAPPING = uuid_of(11), uuid_of(12), uuid_of(13)
PORT, ROUTER, GATEWAY, INTERFACE = uuid_of(21), uuid_of(31), uuid_of(41), uuid_of(42)
FLOATING, FLOATING2 = uuid_of(51), uuid_of(52)
WAY_OUT = WantedGateway(PUBLIC, GATEWAY)


class Cloud:
    """One log, a replica of the API that we use and one that others use."""

    def __init__(self) -> None:
        self.log = BusyElsewhere()
        self.choosers = Choosers(self.log)
        self.ours, self.theirs = Ledger(self.log, self.choosers.ask), Ledger(self.log, self.choosers.ask)
        self.does(
            CreateNetworks((NewNetwork(PUBLIC, US, external=True), NewNetwork(BLUE, US), NewNetwork(RED, US))),
            CreateSubnets((NewSubnet(PUBLIC_SUBNET, PUBLIC, US, 4, "203.0.113.0/29"),)),
            CreateSubnets((NewSubnet(SUBNET, BLUE, US, 4, "10.0.0.0/24"),)),
            CreateSubnets((NewSubnet(OVERLAPPING, RED, US, 4, "10.0.0.0/25"),)),
            CreatePorts((NewPort(PORT, BLUE, US),)),
        )

    def does(self, *commands: Command) -> Committed:
        for command in commands:
            done = self.ours.commit(command, by())
        return done

    def meanwhile(self, *commands: Command) -> Cloud:
        """Others do this between our decision and our append."""
        self.log.before += [lambda command=command: self.theirs.commit(command, by()) for command in reversed(commands)]
        return self

    def refuses(self, command: Command, status: int, type: str) -> None:
        with pytest.raises(Refusal) as refused:
            self.ours.commit(command, by())
        assert (refused.value.status, refused.value.type) == (status, type)

    def state(self, kind: str, id: str) -> Any:
        return resource_of(self.log.rows([(kind, id)])[(kind, id)]).state


def an_edge(led: bool = True, joined: bool = True) -> Cloud:
    cloud = Cloud()
    cloud.does(CreateRouters((NewRouter(ROUTER, US, gateway=WAY_OUT if led else None),)))
    if joined:
        cloud.does(join())
    return cloud


def join(subnet: str = SUBNET, port: str = INTERFACE) -> AddRouterInterface:
    return AddRouterInterface(ROUTER, port, subnet_id=subnet)


def float_(id: str = FLOATING, port: str | None = PORT) -> CreateFloatingIps:
    return CreateFloatingIps((NewFloatingIp(id, id.replace("5", "6"), US, PUBLIC, port_id=port),))


def run(host: str) -> ScheduleRouter:
    return ScheduleRouter(ROUTER, uuid_of(71 if host == "net1" else 72), host, "nova")


def test_a_floating_ip_that_comes_while_its_port_is_deleted_is_let_go() -> None:
    cloud = an_edge().meanwhile(float_())
    cloud.does(DeletePort(PORT))
    assert cloud.state("floatingip", FLOATING).target is None
    assert not any(key.startswith("floating/") for key in cloud.log.claims())


def test_a_port_that_goes_while_a_floating_ip_comes_is_not_found() -> None:
    an_edge().meanwhile(DeletePort(PORT)).refuses(float_(), 404, "PortNotFound")


def test_an_interface_is_kept_by_the_floating_ip_that_comes() -> None:
    cloud = an_edge().meanwhile(float_())
    cloud.refuses(RemoveRouterInterface(ROUTER, SUBNET), 409, "RouterInterfaceInUseByFloatingIP")


def test_a_floating_ip_does_not_get_a_way_that_goes() -> None:
    cloud = an_edge().meanwhile(RemoveRouterInterface(ROUTER, SUBNET))
    cloud.refuses(float_(), 404, "ExternalGatewayForFloatingIPNotFound")


@pytest.mark.parametrize("led_elsewhere", [False, True])
def test_a_way_out_is_kept_by_the_floating_ip_that_comes(led_elsewhere: bool) -> None:
    cloud = an_edge()
    other = uuid_of(4)
    cloud.does(CreateNetworks((NewNetwork(other, US, external=True),)))
    cloud.does(CreateSubnets((NewSubnet(uuid_of(14), other, US, 4, "198.51.100.0/29"),)))
    wish = WantedGateway(other, uuid_of(43)) if led_elsewhere else None
    cloud.meanwhile(float_()).refuses(
        UpdateRouter(ROUTER, {"gateway": wish}), 409, "RouterExternalGatewayInUseByFloatingIp"
    )


def test_a_floating_ip_does_not_get_a_way_out_that_goes() -> None:
    cloud = an_edge().meanwhile(UpdateRouter(ROUTER, {"gateway": None}))
    cloud.refuses(float_(), 404, "ExternalGatewayForFloatingIPNotFound")


def test_one_address_of_a_port_has_one_floating_ip() -> None:
    cloud = an_edge().meanwhile(float_(FLOATING2))
    cloud.refuses(float_(), 409, "FloatingIPPortAlreadyAssociated")
    cloud.does(float_(port=None))
    cloud.refuses(UpdateFloatingIp(FLOATING, {"port_id": PORT}), 409, "FloatingIPPortAlreadyAssociated")
    assert len(all_rows(cloud.log, "floatingip")) == 2


def test_a_network_that_becomes_private_leads_no_router_out() -> None:
    private = UpdateNetwork(PUBLIC, {"external": False})
    an_edge(led=False).meanwhile(private).refuses(UpdateRouter(ROUTER, {"gateway": WAY_OUT}), 400, "BadRequest")
    cloud = an_edge(led=False).meanwhile(UpdateRouter(ROUTER, {"gateway": WAY_OUT}))
    cloud.refuses(private, 409, "ExternalNetworkInUse")


def test_two_overlapping_subnets_do_not_both_get_in() -> None:
    cloud = an_edge(joined=False).meanwhile(join(OVERLAPPING))
    cloud.refuses(join(port=uuid_of(44)), 400, "BadRequest")
    assert [one.subnet_id for one in cloud.state("router", ROUTER).interfaces] == [OVERLAPPING]
    assert len(all_rows(cloud.log, "port")) == 3, "the refused interface left no port"


def test_a_port_is_bound_where_its_router_came_to_run_meanwhile() -> None:
    cloud = an_edge(joined=False).meanwhile(run("net1"))
    cloud.does(join())
    assert cloud.state("port", INTERFACE).host == "net1"


def test_a_router_moves_with_the_interface_that_it_got_meanwhile() -> None:
    cloud = an_edge(joined=False)
    cloud.does(run("net1"))
    cloud.meanwhile(join()).does(run("compute1"))
    router = cloud.state("router", ROUTER)
    assert len(router.port_ids) == 2
    assert {cloud.state("port", id).host for id in router.port_ids} == {"compute1"}


def test_a_router_that_got_an_interface_is_not_deleted() -> None:
    an_edge(joined=False).meanwhile(join()).refuses(DeleteRouter(ROUTER), 409, "RouterInUse")


def test_a_router_that_was_deleted_gets_no_interface() -> None:
    cloud = an_edge(joined=False).meanwhile(DeleteRouter(ROUTER))
    cloud.refuses(join(), 404, "RouterNotFound")
    assert [row.id for row in all_rows(cloud.log, "port")] == [PORT]


def test_a_router_takes_the_gateway_address_that_the_subnet_has_now() -> None:
    elsewhere = UpdateSubnet(SUBNET, {"gateway_ip": "10.0.0.254", "allocation_pools": ()})
    cloud = an_edge(joined=False).meanwhile(elsewhere)
    cloud.does(join())
    assert cloud.state("router", ROUTER).interfaces[0].ip_address == "10.0.0.254"
    late = an_edge(joined=False).meanwhile(join())
    late.refuses(elsewhere, 409, "GatewayIpInUse")


def test_a_gateway_address_that_another_holds_is_refused() -> None:
    cloud = an_edge(joined=False)
    free = UpdateSubnet(SUBNET, {"gateway_ip": "10.0.0.2", "allocation_pools": ()})
    cloud.does(free)
    cloud.refuses(join(), 409, "IpAddressAlreadyAllocated")


def test_who_makes_or_ends_a_port_looks_nothing_up() -> None:
    cloud = an_edge()
    asked = asked_of(cloud)
    cloud.does(CreatePorts((NewPort(uuid_of(22), BLUE, US, host="compute1"),)))
    cloud.does(DeletePort(uuid_of(22)))
    assert asked == []


def test_the_end_of_a_port_looks_for_its_floating_ip_once_the_log_says_that_there_is_one() -> None:
    cloud = an_edge()
    cloud.does(float_())
    asked = asked_of(cloud)
    cloud.does(DeletePort(PORT))
    assert asked == [[("floatingip", "port_id", PORT)]]
    assert cloud.state("floatingip", FLOATING).target is None


def asked_of(cloud: Cloud) -> list[Sequence[Any]]:
    """What is looked up from now on."""
    asked: list[Sequence[Any]] = []
    find = cloud.log.find
    cloud.log.find = lambda wanted: (asked.append(wanted), find(wanted))[1]  # type: ignore[method-assign]
    return asked
