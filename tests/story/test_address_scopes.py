"""Address scopes as their users change them, and what the host that runs the router makes of the facts."""

from __future__ import annotations

from libs.commands import (
    CreateAddressScopes,
    CreateNetworks,
    CreateSubnetPools,
    CreateSubnets,
    NewAddressScope,
    NewNetwork,
    NewSubnet,
    NewSubnetPool,
    UpdateSubnetPool,
)
from libs.materialise.l3 import Desired, Nat, Place, serve
from tests.story.cloud import NOVA, OWNER, Cloud
from tests.story.layer3 import a_router, check_layer3, joins, leads, runs

PLACE = Place("net1", "/state/agent_l3")


def pool(cloud: Cloud, prefix: str, scope: str | None) -> str:
    id = cloud.new_id()
    new = NewSubnetPool(id, "operators", "pool", (prefix,), default_prefixlen=24, address_scope_id=scope)
    cloud.does(NOVA, CreateSubnetPools((new,)))
    return id


def network_of(cloud: Cloud, pool_id: str, external: bool = False) -> tuple[str, str]:
    """(network, subnet) with a prefix of the pool."""
    network, subnet = cloud.new_id(), cloud.new_id()
    project = "operators" if external else OWNER
    cloud.does(NOVA, CreateNetworks((NewNetwork(network, project, "n", external=external),)))
    new = NewSubnet(subnet, network, project, 4, None, subnetpool_id=pool_id)
    cloud.does(NOVA, CreateSubnets((new,)))
    return network, subnet


def nat(cloud: Cloud, router: str) -> Nat:
    """How the host translates that has read the whole log."""
    desired = Desired()
    for recorded in cloud.log.read(0, 1_000_000):
        desired.take(recorded)
    view = desired.view(router)
    wanted = serve(view, PLACE) if view else None
    assert wanted is not None
    return wanted.nat


def test_a_tenant_is_routed_while_its_pool_is_in_the_outsides_scope() -> None:
    cloud = Cloud()
    scope = cloud.new_id()
    cloud.does(NOVA, CreateAddressScopes((NewAddressScope(scope, "operators", name="routed", ip_version=4),)))
    outer = pool(cloud, "203.0.113.0/24", scope)
    inner, private = pool(cloud, "198.51.0.0/16", scope), pool(cloud, "10.0.0.0/8", None)
    outside, _ = network_of(cloud, outer, external=True)
    (_, routed), (_, hidden) = network_of(cloud, inner), network_of(cloud, private)
    router = a_router(cloud)
    leads(cloud, router, outside)
    first, second = (f"qr-{joins(cloud, router, subnet)[:11]}" for subnet in (routed, hidden))
    runs(cloud, router)

    now = nat(cloud, router).scopes
    assert now.routed == (first,) and (second,) in now.four and len(now.four) == 2

    cloud.does(NOVA, UpdateSubnetPool(inner, {"address_scope_id": None}))
    now = nat(cloud, router).scopes
    assert now.routed == () and tuple(sorted((first, second))) in now.four

    cloud.does(NOVA, UpdateSubnetPool(outer, {"address_scope_id": None}))
    assert nat(cloud, router).scopes.four == ()

    other, subnet = network_of(cloud, private)
    third = f"qr-{joins(cloud, router, subnet)[:11]}"
    cloud.does(NOVA, UpdateSubnetPool(inner, {"address_scope_id": scope}))
    now = nat(cloud, router).scopes
    assert (first,) in now.four and len(now.four) == 2 and any({second, third} < set(one) for one in now.four)
    assert cloud.facts("network", other).count("NetworkAddressScopeChanged") == 0
    cloud.check()
    check_layer3(cloud)
