"""Tags of a resource: how facts fold into them, and which facts they are. A tag is any text; their order says nothing. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from libs.events import (
    FloatingIpTagsChanged,
    NetworkTagsChanged,
    PortTagsChanged,
    RouterTagsChanged,
    SecurityGroupTagsChanged,
    SubnetPoolTagsChanged,
    SubnetTagsChanged,
)

TagsChanged = (
    NetworkTagsChanged
    | SubnetTagsChanged
    | PortTagsChanged
    | RouterTagsChanged
    | FloatingIpTagsChanged
    | SecurityGroupTagsChanged
    | SubnetPoolTagsChanged
)

MAX_TAGS = 50
"""Tags that one resource may have, as in Neutron."""

MAX_TAGS_BYTES = 32_000
"""How long they may be together, as JSON that escapes everything but ASCII: then one fact can hold that all were replaced."""

_FACTS: Mapping[str, Callable[[str, tuple[str, ...], tuple[str, ...]], TagsChanged]] = {
    "network": NetworkTagsChanged,
    "subnet": SubnetTagsChanged,
    "port": PortTagsChanged,
    "router": RouterTagsChanged,
    "floatingip": FloatingIpTagsChanged,
    "security_group": SecurityGroupTagsChanged,
    "subnetpool": SubnetPoolTagsChanged,
}

TAGGED = tuple(_FACTS)
"""The kinds of resources that have tags."""


def retagged(tags: tuple[str, ...], event: TagsChanged) -> tuple[str, ...]:
    """The tags after `event`, sorted."""
    return tuple(sorted({*tags, *event.added} - {*event.removed}))


def tags_changed(kind: str, id: str, before: Iterable[str], after: Iterable[str]) -> tuple[TagsChanged, ...]:
    """The fact that takes these tags to those, none when they are the same."""
    old, new = {*before}, {*after}
    if old == new:
        return ()
    return (_FACTS[kind](id, tuple(sorted(new - old)), tuple(sorted(old - new))),)
