"""How the namespaces (and folders) of networks and routers are named on a host, and known again after a restart. Pure."""

from __future__ import annotations

from libs.model import is_uuid


def namespace_name(prefix: str, id: str, suffix: str) -> str:
    """`qdhcp-<network_id><suffix>`, `qrouter-<router_id><suffix>`; suffix: of a host that shares a machine with others."""
    return f"{prefix}{id}{suffix}"


def owner_of(name: str, prefix: str, suffix: str) -> str | None:
    """The id in a name of that prefix and suffix; None for a name that is nobody's here."""
    id = name[len(prefix) : len(name) - len(suffix)]
    return id if is_uuid(id) and name == namespace_name(prefix, id, suffix) else None
