"""What policy must know of existing resources, and which of them a request's body names: closed tables, one statement for all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from libs.model import Actor
from libs.network.kinds import KINDS
from libs.policy import Target
from services.api.visibility import OUTER_SUBNET, shared, visible

_NETWORK_OF = {"subnet": "network_id", "port": "network_id"}
_NAMED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "subnet": (("network_id", "network"), ("subnetpool_id", "subnetpool")),
    "port": (("network_id", "network"), ("fixed_ips.subnet_id", "subnet"), ("security_groups", "security_group")),
    "router": (
        ("external_gateway_info.network_id", "network"),
        ("external_gateway_info.external_fixed_ips.subnet_id", OUTER_SUBNET),
        ("flavor_id", "flavor"),
    ),
    "floatingip": (("floating_network_id", "network"), ("subnet_id", OUTER_SUBNET), ("port_id", "port")),
    "security_group_rule": (
        ("security_group_id", "security_group"),
        ("remote_group_id", "security_group"),
        ("remote_address_group_id", "address_group"),
    ),
    "subnetpool": (("address_scope_id", "address_scope"),),
    "flavor": (("service_profiles", "service_profile"),),
}
"""{kind: ((attribute, and what of it, kind of what it names), ..)}; an RBAC policy says itself of what kind its object is"""


def kind_of(named: str) -> str:
    """The kind of what is named, however it is looked at."""
    return "subnet" if named == OUTER_SUBNET else named


NAMED: Mapping[str, Mapping[str, str]] = {
    **{kind: {path: kind_of(other) for path, other in paths} for kind, paths in _NAMED.items()},
    "rbac_policy": {"object_id": "network"},
}
"""{kind: {attribute, and what of it: kind of what it names, or one such}}"""

Key = tuple[str, str]
"""(kind, id)"""


def named_in(kind: str, sent: Mapping[str, Any]) -> Iterator[Key]:
    """What the attributes of `sent` (API names) name."""
    if kind == "rbac_policy" and sent.get("object_id"):
        yield str(sent["object_type"]), str(sent["object_id"])
    for path, other in _NAMED.get(kind, ()):
        for id in _ids(sent, path.split(".")):
            yield other, id


def _ids(value: Any, path: list[str]) -> Iterator[str]:
    if value is None or value == "":
        return
    if isinstance(value, list | tuple):
        for one in value:
            yield from _ids(one, path)
    elif not path:
        yield str(value)
    else:
        part = value.get(path[0]) if isinstance(value, Mapping) else getattr(value, path[0], None)
        yield from _ids(part, path[1:])


def statement(wanted: Iterable[Key], actor: Actor) -> tuple[str, tuple[Any, ...]]:
    """(text, values) that give (kind, id, owner, network's owner, external, device owner, group's owner, shared with the caller) of
    those of `wanted` that he sees."""
    ids: dict[str, list[str]] = {}
    for kind, id in wanted:
        ids.setdefault(kind, []).append(id)
    texts, values = [], []
    for kind, some in ids.items():
        (seen, bound), (is_shared, first) = visible(kind, actor), shared(kind, actor)
        told = f"{_columns(kind_of(kind))}, {is_shared}"
        texts.append(f"select '{kind}', id, {told} from {kind_of(kind)} where id = any(%s) and {seen}")
        values += [*first, some, *bound]
    return " union all ".join(texts), tuple(values)


def target_from(row: tuple[Any, ...]) -> tuple[Key, Target]:
    """A row of that statement."""
    kind, id, owner, network_owner, external, device_owner, group_owner, is_shared = row
    return (kind, id), Target(
        owner=owner or "",
        network_owner=network_owner or "",
        shared=bool(is_shared),
        device_owner=device_owner or "",
        external=bool(external),
        group_owner=group_owner or "",
    )


def _columns(kind: str) -> str:
    owner, network, external = ("project_id" if "project_id" in KINDS[kind].columns else "''"), "''", "false"
    if kind == "network":
        network, external = "project_id", "external"
    elif kind in _NETWORK_OF:
        found = f"from network n where n.id = {_NETWORK_OF[kind]}"
        network, external = f"(select n.project_id {found})", f"(select n.external {found})"
    device = "device_owner" if kind == "port" else "''"
    group = "''"
    if kind == "security_group_rule":
        group = "(select g.project_id from security_group g where g.id = security_group_id)"
    return ", ".join((owner, network, external, device, group))
