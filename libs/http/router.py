"""Which handler answers a method and path: a fixed tree, so that paths nobody serves leave nothing behind. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from libs.http.errors import method_not_allowed, no_such_path

Handler = Callable[[Any], Any]
Route = tuple[str, str, Handler]
"""(method, path template such as `/v2.0/ports/{id}`, handler)."""


@dataclass(slots=True)
class _Node:
    children: dict[str, _Node] = field(default_factory=dict)
    parameter: str = ""
    below: _Node | None = None
    handlers: dict[str, Handler] = field(default_factory=dict)


class Router:
    """Routes of one application. A trailing slash, and below a version the suffix `.json`, are accepted as Neutron does."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        for method, template, handler in routes:
            self._leaf(template).handlers[method] = handler

    def _leaf(self, template: str) -> _Node:
        node = self._root
        for part in filter(None, template.split("/")):
            if part.startswith("{"):
                node.parameter = part[1:-1]
                node.below = node.below or _Node()
                node = node.below
            else:
                node = node.children.setdefault(part, _Node())
        return node

    def match(self, method: str, path: str) -> tuple[Handler, dict[str, str]]:
        """The handler and {parameter: value}. Raises Refusal 404, or 405 naming the methods that are allowed."""
        node, parameters = self._root, dict[str, str]()
        for part in _parts(path):
            child = node.children.get(part)
            if child is None:
                if node.below is None or not part:
                    raise no_such_path()
                child, parameters[node.parameter] = node.below, _decoded(part)
            node = child
        if not node.handlers:
            raise no_such_path()
        handler = node.handlers.get(method)
        if handler is None:
            raise method_not_allowed(method, tuple(sorted(node.handlers)))
        return handler, parameters


def _parts(path: str) -> list[str]:
    if path.endswith("/"):
        path = path[:-1]
    elif path.endswith(".json") and path.count("/") > 1:
        path = path[:-5]
    return path.split("/")[1:]


def _decoded(part: str) -> str:
    if "%" not in part:
        return part
    try:
        return unquote(part, errors="strict")
    except UnicodeDecodeError:
        raise no_such_path() from None
