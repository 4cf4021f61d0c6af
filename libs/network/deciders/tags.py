"""Tags of every kind of resource, decided in one way. What stays the same is no fact.

Rules: Neutron 29's services/tag/tag_plugin.py and extensions/tagging.py; the limit holds for what the resource has, not only for
what one request names.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from libs.commands import AddTags, RemoveTag, ReplaceTags
from libs.errors.tags import tag_not_found, too_long_tags, too_many_tags
from libs.network.deciders.reading import changing, check_revision, existing
from libs.network.resources import stream_of
from libs.network.tags import MAX_TAGS, MAX_TAGS_BYTES, TagsChanged, tags_changed
from libs.network.world import Decision, Resource, World

Command = ReplaceTags | AddTags | RemoveTag


def needs(command: Command, world: World) -> tuple[str, ...]:
    """What has the tags."""
    return (stream_of(command.kind, command.id),)


def replace(command: ReplaceTags, world: World) -> Decision:
    """These and no others; none is all of them deleted. Raises 404, 412, 400 for too many."""
    return _having(existing(world, command.kind, command.id), command, command.tags)


def add(command: AddTags, world: World) -> Decision:
    """Further ones. Raises 404, 412, 400 for too many."""
    resource = existing(world, command.kind, command.id)
    return _having(resource, command, (*resource.state.tags, *command.tags))


def remove(command: RemoveTag, world: World) -> Decision:
    """One less. Raises 404 (also for the tag), 412."""
    resource = existing(world, command.kind, command.id)
    if command.tag not in resource.state.tags:
        raise tag_not_found(command.tag)
    return _having(resource, command, (tag for tag in resource.state.tags if tag != command.tag))


def first_tags(kind: str, id: str, tags: tuple[str, ...]) -> tuple[TagsChanged, ...]:
    """The fact that something new has these tags. Raises 400 for too many or too long ones."""
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
    given = {*tags}
    if len(given) > MAX_TAGS:
        raise too_many_tags(kind, MAX_TAGS)
    if len(json.dumps([*given])) > MAX_TAGS_BYTES:
        raise too_long_tags(kind, MAX_TAGS_BYTES)
