"""Refusals of tags. Pure."""

from __future__ import annotations

from libs.errors.refusal import Refusal
from libs.naming import plural_of


def tag_not_found(tag: str) -> Refusal:
    """404: the resource has no such tag."""
    return Refusal(404, "TagNotFound", f"Tag {tag} could not be found.")


def too_many_tags(kind: str, most: int) -> Refusal:
    """400: a resource would have more tags than it may."""
    text = f"Bad {plural_of(kind)} request: The number of tags exceed the per-resource limit of {most}."
    return Refusal(400, "BadRequest", text)


def too_long_tags(kind: str, most: int) -> Refusal:
    """400: the tags of a resource would take more room than they may; 50 of 255 characters of ASCII always fit."""
    text = f"Bad {plural_of(kind)} request: The tags take more than {most} bytes as JSON."
    return Refusal(400, "BadRequest", text)
