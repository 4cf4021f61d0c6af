"""What makes a router's subnets and routes acceptable: Neutron 29's db/{l3_db,extraroute_db}.py, in their words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from libs.errors.router import bad_router, cidrs_overlap, invalid_routes
from libs.model import HostRoute, canonical_cidr, canonical_ip
from libs.network import addresses
from libs.network.deciders.reading import found, network_at, subnets_of
from libs.network.resources import stream_of
from libs.network.router import Router
from libs.network.subnet import Subnet
from libs.network.world import World


def gateway_subnet_streams(router: Router) -> tuple[str, ...]:
    """The subnets that the gateway has addresses on."""
    held = router.gateway.fixed_ips if router.gateway else ()
    return tuple(dict.fromkeys(stream_of("subnet", one.subnet_id) for one in held))


def _attached(router: Router, world: World) -> Iterator[tuple[str, str]]:
    """(subnet, CIDR) of everything that the router has an address on."""
    for one in router.interfaces:
        yield one.subnet_id, one.cidr
    for held in router.gateway.fixed_ips if router.gateway else ():
        resource = found(world, "subnet", held.subnet_id)
        if resource is not None:
            yield held.subnet_id, resource.state.cidr


def outer_streams(router: Router, world: World) -> tuple[str, ...]:
    """The external network that the router leads to, and all its subnets."""
    if router.gateway is None:
        return ()
    network = network_at(world, router.gateway.network_id)
    ids = network.subnet_ids if network else ()
    return (stream_of("network", router.gateway.network_id), *(stream_of("subnet", id) for id in ids))


def _outer(router: Router, world: World) -> Iterator[tuple[str, str]]:
    network = network_at(world, router.gateway.network_id) if router.gateway else None
    if network:
        yield from ((one.id, one.cidr) for one in subnets_of(world, network))


def check_apart(router: Router, subnets: Iterable[Subnet], world: World) -> None:
    """Raises 400 when the router is on one of the subnets already, or on one that shares addresses with it; all of its external
    network's count (`outer_streams`)."""
    there = tuple(dict.fromkeys((*_attached(router, world), *_outer(router, world))))
    for subnet in subnets:
        for other_id, other_cidr in there:
            if other_id == subnet.id:
                raise bad_router(f"Router already has a port on subnet {subnet.id}")
            if addresses.overlap(subnet.cidr, other_cidr):
                raise cidrs_overlap(subnet.cidr, subnet.id, other_cidr, other_id)


def canonical_routes(routes: Iterable[HostRoute]) -> tuple[HostRoute, ...]:
    """Routes in their one form, host bits cleared, each once. Raises 400."""
    given = tuple(routes)
    try:
        made = (HostRoute(canonical_cidr(one.destination), canonical_ip(one.nexthop)) for one in given)
        return tuple(dict.fromkeys(made))
    except ValueError as error:
        raise invalid_routes(given, str(error)) from None


def check_routes(router: Router, routes: tuple[HostRoute, ...], world: World) -> None:
    """Raises 400 for routes of two IP versions, and next hops that the router does not reach or is itself."""
    cidrs = [cidr for _, cidr in _attached(router, world)]
    own = {one.ip_address for one in router.interfaces}
    own.update(one.ip_address for one in (router.gateway.fixed_ips if router.gateway else ()))
    for one in routes:
        if addresses.version_of(one.destination) != addresses.version_of(one.nexthop):
            raise invalid_routes(routes, "destination and nexthop are of different IP versions")
        if not addresses.reaches(cidrs, one.nexthop):
            raise invalid_routes(routes, "the nexthop is not connected with router")
        if one.nexthop in own:
            raise invalid_routes(routes, "the nexthop is used by router")
