"""Prints neutron_lib's attribute definitions as JSON: {alias: {collection: {attribute: {"post", "put", "default"?}}}}.

Runs in the environment of the clients: `python definitions.py`. The alias of what every Neutron has is empty. A default made at
run time, or none, is left out.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Mapping
from typing import Any

from neutron_lib.api import attributes, definitions

PLAIN = (str, int, bool, list, dict, type(None))


def told(collections: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, dict[str, dict[str, Any]]]:
    """The definitions of one module."""
    return {name: {one: rule(how) for one, how in attributes.items()} for name, attributes in collections.items()}


def rule(how: Mapping[str, Any]) -> dict[str, Any]:
    """What may be done with one attribute."""
    default = how.get("default", ...)
    plain = {"default": default} if isinstance(default, PLAIN) else {}
    return {"post": bool(how.get("allow_post")), "put": bool(how.get("allow_put")), **plain}


def main() -> None:
    """Print all."""
    found = {"": told({name: attributes.RESOURCES[name] for name in ("networks", "subnets", "ports")})}
    for module in pkgutil.iter_modules(definitions.__path__):
        one = importlib.import_module(f"neutron_lib.api.definitions.{module.name}")
        alias, collections = getattr(one, "ALIAS", ""), getattr(one, "RESOURCE_ATTRIBUTE_MAP", None)
        if alias and collections:
            found[alias] = told(collections)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
