"""GET /v2.0/network-ip-availabilities: how many addresses networks have, and how many of them are held.

Source: neutron.db.network_ip_availability_db and network_ip_availability_details_db: every address that a port holds counts, also
outside of the allocation pools. The database counts what is held, in one statement for all networks of a page.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from libs.errors import bad_request, not_found
from libs.http.message import Reply, Request
from libs.http.router import Route
from libs.model import Actor, AddressRange, is_uuid
from libs.network.addresses import size, span
from libs.policy import Target
from services.api.callers import Callers
from services.api.listing import Listing, parse_listing
from services.api.reads import Query, links_of
from services.api.schemas.fields import shown
from services.api.visibility import visible

RULE = "get_network_ip_availability"
PLURAL = "network_ip_availabilities"
_COLUMNS = {"network_id": "id", "network_name": "name", "tenant_id": "project_id", "project_id": "project_id"}
_PAGING = ("limit", "marker", "page_reverse", "sort_key", "sort_dir")

_COUNTED = """
    with chosen as (select id, name, project_id from network where {where} order by id {direction} {limit}),
    its as materialized (
        select s.id, s.network_id, s.name, s.cidr, s.ip_version, (s.body::json)->'allocation_pools' as pools from subnet s
        where s.network_id = any(array(select id from chosen)) and {version}
    ),
    pool as (
        select its.id, (one->>'start')::inet as low, (one->>'end')::inet as high from its, json_array_elements(its.pools) one
    ),
    held as (
        select f.subnet as id, f.ip::inet as ip from port p, unnest(p.ip_addresses, p.subnet_ids) as f(ip, subnet)
        where p.network_id = any(array(select id from chosen))
    ),
    used as (
        select held.id, count(*) as number, count(pool.id) as inside from held
        left join pool on pool.id = held.id and held.ip between pool.low and pool.high group by held.id
    )
    select c.id, c.name, c.project_id, its.id, its.name, its.cidr, its.ip_version, its.pools, coalesce(used.number, 0),
        coalesce(used.inside, 0)
    from chosen c left join its on its.network_id = c.id left join used on used.id = its.id order by c.id {direction}, its.id"""


@dataclass(frozen=True, slots=True)
class _Asked:
    """Filters {attribute: values}, IP versions (as text, none for all), fields (none for all) and the page."""

    filters: Mapping[str, list[str]]
    versions: list[str]
    fields: list[str]
    page: Listing

    @property
    def ascending(self) -> bool:
        """Whether the database is to go by rising ids."""
        return dict(self.page.sorts).get("id", True) != self.page.reverse


class Availability:
    """The handlers; what networks there are, is seen by the rule get_network_ip_availability."""

    def __init__(self, query: Query, callers: Callers) -> None:
        self._query, self._callers = query, callers

    def routes(self) -> list[Route]:
        """Both."""
        many = "/v2.0/network-ip-availabilities"
        return [("GET", many, self.index), ("GET", f"{many}/{{id}}", self.show)]

    def index(self, request: Request) -> Reply:
        """Those of all networks, or of those that the query asks for. Raises Refusal 400."""
        asked = _asked(request.query)
        found = self._found(asked, self._callers.actor(request))
        if asked.page.reverse:
            found.reverse()
        body: dict[str, Any] = {PLURAL: [_projected(one, asked.fields) for one in found]}
        if asked.page.limit:
            ends = [str(found[index]["network_id"]) for index in (0, -1)] if found else []
            body[f"{PLURAL}_links"] = links_of(asked.page, request.query, request.url, ends, len(found))
        return Reply(200, [json.dumps(body).encode()])

    def show(self, request: Request) -> Reply:
        """That of one network. Raises Refusal 404."""
        id = request.parameters["id"]
        asked = _asked([("network_id", id), *(pair for pair in request.query if pair[0] == "fields")])
        found = self._found(asked, self._callers.actor(request)) if is_uuid(id) else []
        if not found:
            raise not_found("network", id[:255])
        return Reply(200, [json.dumps({"network_ip_availability": _projected(found[0], asked.fields)}).encode()])

    def _found(self, asked: _Asked, actor: Actor) -> list[dict[str, Any]]:
        if not self._callers.policy.allowed(RULE, actor, Target("")):
            return []
        rows = self._query(*_statement(asked, actor))
        return [_network(list(some)) for _, some in groupby(rows, key=lambda row: row[0])]


def _asked(query: Iterable[tuple[str, str]]) -> _Asked:
    """What a query asks for. Raises Refusal 400."""
    given: dict[str, list[str]] = {}
    for name, text in query:
        given.setdefault(name, []).append(text)
    fields, versions = given.pop("fields", []), given.pop("ip_version", [])
    paging = [(name, text) for name in _PAGING for text in given.pop(name, [])]
    unknown = [name for name in given if name not in _COLUMNS]
    if unknown:
        raise bad_request(f"{shown(unknown)} is invalid attribute for filtering")
    sorting = [(name, "id" if (name, text) == ("sort_key", "network_id") else text) for name, text in paging]
    page = parse_listing("network", sorting, ())
    if any(name != "id" for name, _ in page.sorts):
        raise bad_request(f"{shown([name for name, _ in page.sorts])} is invalid attribute for sort_keys")
    return _Asked(given, versions, [one for one in fields if one], page)


def _statement(asked: _Asked, actor: Actor) -> tuple[str, tuple[Any, ...]]:
    seen, bound = visible("network", actor)
    where, values = [seen], list(bound)
    for name, wanted in asked.filters.items():
        where.append(f"{_COLUMNS[name]} = any(%s)")
        values.append(wanted)
    version = "true"
    if asked.versions:
        version = "s.ip_version::text = any(%s)"
        where.append(f"exists (select from subnet s where s.network_id = network.id and {version})")
        values.append(asked.versions)
    if asked.page.marker:
        where.append("id > %s" if asked.ascending else "id < %s")
        values.append(asked.page.marker)
    limit = "limit %s" if asked.page.limit else ""
    values += [asked.page.limit] if limit else []
    values += [asked.versions] if asked.versions else []
    direction = "asc" if asked.ascending else "desc"
    text = _COUNTED.format(where=" and ".join(where), direction=direction, limit=limit, version=version)
    return text, tuple(values)


def _network(rows: list[tuple[Any, ...]]) -> dict[str, Any]:
    """One network of its rows, one for each subnet."""
    id, name, project = rows[0][:3]
    subnets = [_subnet(*row[3:]) for row in rows if row[3]]
    details = [one["ip_availability_details"] for one in subnets]
    return {
        "network_id": id,
        "network_name": name,
        "tenant_id": project,
        "project_id": project,
        "subnet_ip_availability": subnets,
        "used_ips": sum(one["used_ips"] for one in subnets),
        "total_ips": sum(one["total_ips"] for one in subnets),
        "ip_availability_details": {key: sum(one[key] for one in details) for key in _details(0, 0, 0, 0)},
    }


def _subnet(
    id: str, name: str, cidr: str, version: int, shown_pools: list[Any], used: int, inside: int
) -> dict[str, Any]:
    first, last, _ = span(cidr)
    whole, pools = last - first + 1, size(AddressRange(one["start"], one["end"]) for one in shown_pools)
    return {
        "subnet_id": id,
        "ip_version": version,
        "cidr": cidr,
        "subnet_name": name,
        "used_ips": used,
        "total_ips": pools if shown_pools else whole,
        "ip_availability_details": _details(max(0, whole - 2) if version == 4 else whole, pools, used, inside),
    }


def _details(whole: int, pools: int, used: int, inside: int) -> dict[str, int]:
    return {
        "total_ips_in_subnet": whole,
        "total_ips_in_allocation_pool": pools,
        "used_ips_in_subnet": used,
        "used_ips_in_allocation_pool": inside,
    }


def _projected(one: Mapping[str, Any], fields: list[str]) -> dict[str, Any]:
    return {name: value for name, value in one.items() if not fields or name in fields}
