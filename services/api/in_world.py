"""What policy must know of that which a decision reads anyway: seen with its eyes, so that it costs no statement, and what was judged
by is unchanged when the decision is committed. Pure."""

from __future__ import annotations

from libs.model import Actor
from libs.network.network import Network
from libs.network.resources import stream_of
from libs.network.security_group import SecurityGroup
from libs.network.subnet import Subnet
from libs.network.world import World
from libs.policy import Target, is_operator, may_read
from services.api.facts import Key


def target_in(world: World, key: Key, actor: Actor) -> Target | None:
    """What policy must know of a resource that the caller sees; None when that cannot be told from here."""
    kind, id = key
    resource = world.resources.get(stream_of(kind, id))
    if resource is None or not may_read(actor):
        return None
    match resource.state:
        case Network() as network:
            return _network(network, actor)
        case Subnet() as subnet:
            return _subnet(subnet, world, actor)
        case SecurityGroup() as group:
            return Target(group.project_id) if is_operator(actor) or group.project_id == actor.project else None
    return None


def _network(network: Network, actor: Actor) -> Target | None:
    if not _sees(network, actor):
        return None
    shared = network.is_shared_with(actor.project)
    return Target(network.project_id, network.project_id, shared, external=network.external)


def _subnet(subnet: Subnet, world: World, actor: Actor) -> Target | None:
    resource = world.resources.get(stream_of("network", subnet.network_id))
    if resource is None or not (subnet.project_id == actor.project or _sees(resource.state, actor)):
        return None
    network: Network = resource.state
    shared = network.is_shared_with(actor.project)
    return Target(subnet.project_id, network.project_id, shared, external=network.external)


def _sees(network: Network, actor: Actor) -> bool:
    return is_operator(actor) or network.project_id == actor.project or network.is_open_to(actor.project)
