"""Who may do what to whose networks: what one cannot see is 404, what one can see but not touch is 403.

Rules: Neutron 29's neutron/conf/policies/{network,subnet,port}.py, as far as they need the network. Attributes that only
administrators may name (provider:*, binding:*, shared, ..) are the gateway's policy, before a command is made.
"""

from __future__ import annotations

from libs.errors import forbidden, not_found
from libs.model import Actor
from libs.network.deciders.reading import existing, found
from libs.network.network import Network
from libs.network.port import Port
from libs.network.subnet import Subnet
from libs.network.world import Resource, World


def is_privileged(actor: Actor) -> bool:
    """Administrators and services see and change everything."""
    return actor.is_admin or "service" in actor.roles


def owns(actor: Actor, project_id: str) -> bool:
    """Whether the caller may act as the owner of that project's things."""
    return is_privileged(actor) or actor.project == project_id


def sees_network(actor: Actor, network: Network) -> bool:
    """Own networks are visible, and those that are shared with one's project, or external for it."""
    return network.is_open_to(actor.project) or owns(actor, network.project_id)


def visible_network(world: World, id: str) -> Resource:
    """A network that the caller may see. Raises 404."""
    resource = existing(world, "network", id)
    if not sees_network(world.context.actor, resource.state):
        raise not_found("network", id)
    return resource


def own_network(world: World, id: str, rule: str) -> Resource:
    """A network that the caller may change. Raises 404 when it cannot be seen, 403 when it is another project's."""
    resource = visible_network(world, id)
    if not owns(world.context.actor, resource.state.project_id):
        raise forbidden(f"rule:{rule}")
    return resource


def owns_network_of(world: World, network_id: str) -> bool:
    """Whether the caller owns the network that something is on."""
    resource = found(world, "network", network_id)
    return resource is not None and owns(world.context.actor, resource.state.project_id)


def own_subnet(world: World, id: str, rule: str) -> Resource:
    """A subnet that the caller may change: own, or on an own network. Raises 404, 403."""
    resource = existing(world, "subnet", id)
    subnet: Subnet = resource.state
    if owns(world.context.actor, subnet.project_id) or owns_network_of(world, subnet.network_id):
        return resource
    network = found(world, "network", subnet.network_id)
    if network is not None and sees_network(world.context.actor, network.state):
        raise forbidden(f"rule:{rule}")
    raise not_found("subnet", id)


def own_port(world: World, id: str, rule: str, network_owner: bool) -> Resource:
    """A port that the caller may change: own, or (network_owner) on an own network. Raises 404, 403."""
    resource = existing(world, "port", id)
    port: Port = resource.state
    if owns(world.context.actor, port.project_id):
        return resource
    if not owns_network_of(world, port.network_id):
        raise not_found("port", id)
    if not network_owner:
        raise forbidden(f"rule:{rule}")
    return resource


def own_router(world: World, id: str) -> Resource:
    """A router of the caller's project; others' cannot be seen. Raises 404."""
    resource = existing(world, "router", id)
    if not owns(world.context.actor, resource.state.project_id):
        raise not_found("router", id)
    return resource


def own_floatingip(world: World, id: str) -> Resource:
    """A floating IP of the caller's project; others' cannot be seen. Raises 404."""
    resource = existing(world, "floatingip", id)
    if not owns(world.context.actor, resource.state.project_id):
        raise not_found("floatingip", id)
    return resource


def may_name_addresses(world: World, network: Network | None) -> bool:
    """Whether the caller may change a port's MAC and addresses: only administrators and the network's owner."""
    actor = world.context.actor
    return is_privileged(actor) or (network is not None and owns(actor, network.project_id))
