"""Subnets: core attributes and the standard attributes."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema

from libs.commands import NewSubnet
from libs.errors.subnetpool import bad_subnet
from services.api.schemas.fields import (
    ReadOnly,
    Value,
    one_of,
    to_address_or_none,
    to_bool,
    to_cidr_or_none,
    to_ip_version,
    to_name,
    to_natural,
    to_text,
    to_uuid,
    to_uuid_or_none,
)
from services.api.schemas.form import Form
from services.api.schemas.lists import to_name_servers, to_pools, to_routes
from services.api.schemas.service_types import to_service_types

_MODES = ("slaac", "dhcpv6-stateful", "dhcpv6-stateless", None)


class SubnetSchema(Schema):
    """Every attribute of a subnet; read-only ones can never be sent."""

    id = ReadOnly()
    name = Value(to_name)
    ip_version = Value(to_ip_version, required=True, put=False)
    network_id = Value(to_uuid, required=True, put=False)
    subnetpool_id = Value(to_uuid_or_none, put=False)
    use_default_subnetpool = Value(to_bool, put=False)
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
    service_types = Value(to_service_types)
    description = Value(to_text)
    created_at = ReadOnly()
    updated_at = ReadOnly()
    revision_number = ReadOnly()
    tags = ReadOnly()


FORM = Form("subnet", SubnetSchema)


def new_subnet(id: str, project_id: str, sent: dict[str, Any]) -> NewSubnet:
    """One subnet to make; which pool is the default one was found out before. Raises Refusal 400 when nothing, or too much, says
    what its CIDR is to be."""
    if sent.get("cidr") is not None and "prefixlen" in sent:
        raise bad_subnet("cidr and prefixlen must not be supplied together")
    if sent.get("cidr") is None and sent.get("subnetpool_id") is None:
        raise bad_subnet("a subnetpool must be specified in the absence of a cidr")
    rest = {name: value for name, value in sent.items() if name not in ("tenant_id", "project_id")}
    return NewSubnet(subnet_id=id, project_id=project_id, **{"cidr": None, **rest})
