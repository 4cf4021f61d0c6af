"""Tags of every kind of resource, decided in one way. What stays the same is no fact.

Rules: Neutron 29's services/tag/tag_plugin.py and extensions/tagging.py; the limit holds for what the resource has, not only for
what one request names.
"""

from __future__ import annotations

from collections.abc import Iterable

from libs.commands import AddTags, RemoveTag, ReplaceTags
from libs.errors.tags import tag_not_found, too_many_tags
from libs.network.deciders.access import own_floatingip, own_network, own_port, own_router, own_subnet, owns
from libs.network.deciders.reading import changing, check_revision, found
from libs.network.resources import stream_of
from libs.network.tags import MAX_TAGS, TagsChanged, tags_changed
from libs.network.world import Decision, Resource, World

Command = ReplaceTags | AddTags | RemoveTag


def needs(command: Command, world: World) -> tuple[str, ...]:
    """What has the tags; the network of another's subnet or port, whose owner may see it."""
    stream = stream_of(command.kind, command.id)
    resource = found(world, command.kind, command.id)
    if resource is None or command.kind not in ("subnet", "port"):
        return (stream,)
    if owns(world.context.actor, resource.state.project_id):
        return (stream,)
    return stream, stream_of("network", resource.state.network_id)


def replace(command: ReplaceTags, world: World) -> Decision:
    """These and no others; none is all of them deleted. Raises 404, 403, 412, 400 for too many."""
    return _having(_own(command, "update" if command.tags else "delete", world), command, command.tags)


def add(command: AddTags, world: World) -> Decision:
    """Further ones. Raises 404, 403, 412, 400 for too many."""
    resource = _own(command, "update", world)
    return _having(resource, command, (*resource.state.tags, *command.tags))


def remove(command: RemoveTag, world: World) -> Decision:
    """One less. Raises 404 (also for the tag), 403, 412."""
    resource = _own(command, "delete", world)
    if command.tag not in resource.state.tags:
        raise tag_not_found(command.tag)
    return _having(resource, command, (tag for tag in resource.state.tags if tag != command.tag))


def first_tags(kind: str, id: str, tags: tuple[str, ...]) -> tuple[TagsChanged, ...]:
    """The fact that something new has these tags. Raises 400 for too many."""
    if not tags:
        return ()
    _check_number(kind, tags)
    return tags_changed(kind, id, (), tags)


def _having(resource: Resource, command: Command, tags: Iterable[str]) -> Decision:
    check_revision(resource, command.if_revision)
    after = frozenset(tags)
    _check_number(command.kind, after)
    return changing(resource, tags_changed(command.kind, command.id, resource.state.tags, after))


def _check_number(kind: str, tags: Iterable[str]) -> None:
    if len({*tags}) > MAX_TAGS:
        raise too_many_tags(kind, MAX_TAGS)


def _own(command: Command, action: str, world: World) -> Resource:
    """The resource, when the caller may change its tags; a port's go with its network's owner too. Raises 404, 403."""
    rule = f"{action}_{command.kind}:tags"
    match command.kind:
        case "network":
            return own_network(world, command.id, rule)
        case "subnet":
            return own_subnet(world, command.id, rule)
        case "port":
            return own_port(world, command.id, rule, network_owner=action == "delete")
        case "router":
            return own_router(world, command.id)
    return own_floatingip(world, command.id)
