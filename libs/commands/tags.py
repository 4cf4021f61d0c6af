"""What can be asked of tags: kind is `network`, `subnet`, `port`, `router` or `floatingip`; tags are case-sensitive, each once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReplaceTags:
    """Let it have these tags and no others."""

    kind: str
    id: str
    tags: tuple[str, ...]
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class AddTags:
    """Add tags to those it has; those that it has already change nothing."""

    kind: str
    id: str
    tags: tuple[str, ...]
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class RemoveTag:
    """Remove one tag; refused when it has it not."""

    kind: str
    id: str
    tag: str
    if_revision: int | None = None
