"""SQL of the reads: identifiers from the closed tables only, values bound, visibility inside every statement. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from libs.model import Actor
from services.api.bodies import BODY, body_for
from services.api.column import Column
from services.api.columns import COLUMNS
from services.api.listing import Listing
from services.api.visibility import SHOWING, shared, visible


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement and its bound values."""

    text: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """What a page is ordered by: SQL expressions, each ascending or not; the last one is the id, so that no two rows are equal."""

    by: tuple[tuple[str, bool], ...]

    @property
    def expressions(self) -> str:
        """The expressions for a select list."""
        return ", ".join(sql for sql, _ in self.by)

    @property
    def clause(self) -> str:
        """The expressions for `order by`."""
        return ", ".join(f"{sql} {'asc' if ascending else 'desc'}" for sql, ascending in self.by)


def show(kind: str, id: str, actor: Actor, fields: tuple[str, ...]) -> Statement:
    """The text of one resource."""
    seen, values = visible(kind, actor)
    condition = "" if seen == "true" else f" and {seen}"
    shown, bound = _shown(kind, fields, actor)
    return Statement(f"select {shown} from {kind} where id = %s{condition}", (*bound, id, *values))


def tags(kind: str, id: str, actor: Actor) -> Statement:
    """The tags of one resource, an array."""
    seen, values = visible(kind, actor)
    return Statement(f"select coalesce(tags, '{{}}') from {kind} where id = %s and {seen}", (id, *values))


def order_of(kind: str, listing: Listing) -> Order:
    """The whole order of a page, reversed when the page is."""
    by = [(COLUMNS[kind][name].order, up) for name, up in listing.sorts]
    if "id" not in dict(listing.sorts):
        by.append(("id", True))
    return Order(tuple((sql, up != listing.reverse) for sql, up in by))


def marker_keys(kind: str, id: str, order: Order, actor: Actor) -> Statement:
    """The marker's place in the order."""
    seen, values = visible(kind, actor)
    return Statement(f"select {order.expressions} from {kind} where id = %s and {seen}", (id, *values))


def everything(kind: str, listing: Listing, actor: Actor, most: int) -> Statement:
    """The texts of all that match, in no order unless one was asked for."""
    where, values = _where(kind, listing, actor)
    order = f" order by {order_of(kind, listing).clause}" if listing.sorts else ""
    shown, bound = _shown(kind, listing.fields, actor)
    return Statement(f"select {shown} from {kind} where {where}{order} limit %s", (*bound, *values, most))


def page(kind: str, listing: Listing, actor: Actor, order: Order, after: Sequence[Any], most: int) -> Statement:
    """(text, the order's keys..) of the next `most` that match and come after the keys `after` (none: from the start)."""
    where, values = _where(kind, listing, actor)
    if after:
        further, bound = _after(order, after)
        where, values = f"{where} and {further}", (*values, *bound)
    shown, first = _shown(kind, listing.fields, actor)
    select = f"select {shown}, {order.expressions} from {kind}"
    return Statement(f"{select} where {where} order by {order.clause} limit %s", (*first, *values, most))


def bodies(kind: str, condition: str) -> str:
    """The texts of all rows of `kind` under a condition of the caller's making, in the order of their ids."""
    return f"select {BODY.get(kind, 'body')} from {kind} where {condition} order by id"


def _shown(kind: str, fields: tuple[str, ...], actor: Actor) -> tuple[str, tuple[Any, ...]]:
    """(the text to select, values): the body, or of it these attributes."""
    if not fields:
        return body_for(kind, actor)
    pairs = [(name, *_json_of(kind, name, actor)) for name in fields if name]
    built = ", ".join(f"'{name}', {sql}" for name, sql, _ in pairs)
    return f"json_build_object({built})::text", tuple(value for _, _, values in pairs for value in values)


def _json_of(kind: str, name: str, actor: Actor) -> tuple[str, tuple[Any, ...]]:
    if name == "shared" and kind in SHOWING:
        return shared(kind, actor)
    column = COLUMNS[kind].get(name)
    if column is not None and column.plain:
        return column.sql, ()
    return f"({BODY.get(kind, 'body')})::json->'{name}'", ()


def _where(kind: str, listing: Listing, actor: Actor) -> tuple[str, tuple[Any, ...]]:
    seen, bound = visible(kind, actor)
    parts, values = [seen], list(bound)
    for name, wanted in listing.filters.items():
        column = COLUMNS[kind][name]
        if name == "shared":
            parts.append(_is_shared(kind, actor, wanted, values))
            continue
        single = len(wanted) == 1 and not column.type.endswith("[]")
        parts.append(f"{column.sql} = %s" if single else _any_of(column))
        values.append(wanted[0] if single else list(wanted))
    if listing.since:
        parts.append("(body::json)->>'updated_at' >= %s")
        values.append(listing.since)
    for name, wished in listing.tags.items():
        parts.append(_TAGS[name])
        values.append(list(wished))
    further, more = _addresses(listing)
    return " and ".join(parts + further), (*values, *more)


def _any_of(column: Column) -> str:
    if column.type.endswith("[]"):
        return f"{column.sql} && %s::{column.type}"
    return f"{column.sql} = any(%s::{column.type}[])"


def _is_shared(kind: str, actor: Actor, wanted: tuple[Any, ...], values: list[Any]) -> str:
    """Shared with the caller, or not; adds to `values`."""
    condition, bound = shared(kind, actor)
    values += [*bound, list(wanted)]
    return f"{condition} = any(%s::boolean[])"


# What has no tags has null there: positive conditions let the partial index serve them, negative ones hold for it.
_TAGS = {
    "tags": "tags @> %s::text[]",
    "tags-any": "tags && %s::text[]",
    "not-tags": "(tags @> %s::text[]) is not true",
    "not-tags-any": "(tags && %s::text[]) is not true",
}


def _addresses(listing: Listing) -> tuple[list[str], list[Any]]:
    """Conditions on a port's addresses: one and the same address fulfils all that is asked of it."""
    wanted = listing.fixed_ips
    parts: list[str] = []
    inner: list[str] = []
    values: list[Any] = []
    for name, column, one in (("ip_address", "ip_addresses", "ip"), ("subnet_id", "subnet_ids", "subnet")):
        if name in wanted:
            parts.append(f"{column} && %s::text[]")
            values.append(list(wanted[name]))
            inner.append(f"{one} = any(%s::text[])")
    bound: list[Any] = [*values]
    if "ip_address_substr" in wanted:
        texts = wanted["ip_address_substr"]
        inner.append("(" + " or ".join(["position(%s in ip) > 0"] * len(texts)) + ")")
        bound += texts
    if len(inner) > 1 or "ip_address_substr" in wanted:
        parts.append(
            f"exists (select from unnest(ip_addresses, subnet_ids) as f(ip, subnet) where {' and '.join(inner)})"
        )
        values += bound
    return parts, values


def _after(order: Order, keys: Sequence[Any]) -> tuple[str, list[Any]]:
    """Keyset paging: the rows behind `keys`. One row comparison where all directions agree, so that an index can serve it."""
    ups = {up for _, up in order.by}
    if len(ups) == 1:
        marks = ", ".join(["%s"] * len(order.by))
        return f"({order.expressions}) {'>' if ups == {True} else '<'} ({marks})", list(keys)
    parts: list[str] = []
    values: list[Any] = []
    for count, (sql, up) in enumerate(order.by):
        equal = [f"{before} = %s" for before, _ in order.by[:count]]
        parts.append("(" + " and ".join([*equal, f"{sql} {'>' if up else '<'} %s"]) + ")")
        values += keys[: count + 1]
    return "(" + " or ".join(parts) + ")", values
