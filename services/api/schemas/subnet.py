"""Subnets: core attributes and the standard attributes."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema

from libs.commands import NewSubnet
from libs.errors import Refusal
from services.api.schemas.fields import (
    ReadOnly,
    Value,
    as_it_is,
    one_of,
    to_address_or_none,
    to_bool,
    to_cidr_or_none,
    to_ip_version,
    to_name,
    to_natural,
    to_text,
    to_uuid,
)
from services.api.schemas.form import Form
from services.api.schemas.lists import to_name_servers, to_pools, to_routes

_MODES = ("slaac", "dhcpv6-stateful", "dhcpv6-stateless", None)


class SubnetSchema(Schema):
    """Every attribute of a subnet; read-only ones can never be sent."""

    id = ReadOnly()
    name = Value(to_name)
    ip_version = Value(to_ip_version, required=True, put=False)
    network_id = Value(to_uuid, required=True, put=False)
    subnetpool_id = Value(as_it_is, put=False)
    prefixlen = Value(to_natural, put=False)
    cidr = Value(to_cidr_or_none, put=False)
    gateway_ip = Value(to_address_or_none)
    allocation_pools = Value(to_pools)
    dns_nameservers = Value(to_name_servers)
    host_routes = Value(to_routes)
    tenant_id = Value(to_text, put=False)
    project_id = Value(to_text, put=False)
    enable_dhcp = Value(to_bool)
    ipv6_ra_mode = Value(one_of(*_MODES), put=False)
    ipv6_address_mode = Value(one_of(*_MODES), put=False)
    description = Value(to_text)
    created_at = ReadOnly()
    updated_at = ReadOnly()
    revision_number = ReadOnly()
    tags = ReadOnly()


FORM = Form("subnet", SubnetSchema)


def new_subnet(id: str, project_id: str, sent: dict[str, Any]) -> NewSubnet:
    """One subnet to make. Raises Refusal 400 without a cidr, 404 for a subnet pool: there are none yet."""
    if sent.get("subnetpool_id") is not None:
        pool = str(sent["subnetpool_id"])[:255]
        raise Refusal(404, "SubnetPoolNotFound", f"Subnet pool {pool} could not be found.")
    if sent.get("cidr") is None:
        raise _bad("a subnetpool must be specified in the absence of a cidr")
    if "prefixlen" in sent:
        raise _bad("cidr and prefixlen must not be supplied together")
    rest = {name: value for name, value in sent.items() if name not in ("tenant_id", "project_id", "subnetpool_id")}
    return NewSubnet(subnet_id=id, project_id=project_id, **rest)


def _bad(message: str) -> Refusal:
    return Refusal(400, "BadRequest", f"Bad subnets request: {message}.")
