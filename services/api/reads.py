"""Reads of the inline model: ready JSON text goes from the database to the client, and nobody parses it on the way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from libs.errors import not_found
from libs.model import Actor, is_uuid
from libs.naming import plural_of
from libs.policy import Policy
from services.api import statements
from services.api.listing import Listing, parse_listing
from services.api.statements import Order, Statement

Query = Callable[[str, Sequence[Any]], list[tuple[Any, ...]]]

AT_ONCE, PIECE, _ROWS = 20_000, 5_000, 150
"""A list of at most AT_ONCE resources is answered in one piece; a longer one is streamed in pieces, so that its length costs
neither memory nor a connection to the database while a slow client reads."""

_CUTS = {
    "network": (
        frozenset(("provider:network_type", "provider:physical_network", "provider:segmentation_id")),
        '"provider:network_type":',
        '"router:external":',
    ),
    "port": (
        frozenset(("binding:host_id", "binding:profile", "binding:vif_type", "binding:vif_details")),
        '"binding:host_id":',
        '"ip_allocation":',
    ),
}
"""{kind: (attributes that may be hidden, key of the first, first key behind them)}: in a body they stand together, behind and before
texts only."""


class Reads:
    """Answers GETs over `query(sql, values) -> rows`, as far as `policy` lets."""

    def __init__(self, query: Query, policy: Policy, at_once: int = AT_ONCE, piece: int = PIECE) -> None:
        self._query, self._policy, self._at_once, self._piece = query, policy, at_once, piece

    def show(self, kind: str, id: str, actor: Actor, query: Iterable[tuple[str, str]]) -> str:
        """One resource's JSON text. Raises Refusal 404 when it is not there or not the caller's to see."""
        secret, actor = self._policy.hidden(kind, actor), self._policy.reader(kind, actor)
        fields = _without(parse_listing(kind, [pair for pair in query if pair[0] == "fields"], secret).fields, secret)
        rows = self._run(statements.show(kind, id, actor, fields)) if is_uuid(id) else []
        if not rows:
            raise not_found(kind, id[:255])
        return strip(kind, rows[0][0], secret if not fields else ())

    def index(self, kind: str, actor: Actor, query: list[tuple[str, str]], url: str) -> Iterable[bytes]:
        """`{"<plural>": [..], "<plural>_links": [..]}` in one or more pieces. Raises Refusal 400, 404 (marker)."""
        secret, actor = self._policy.hidden(kind, actor), self._policy.reader(kind, actor)
        listing = parse_listing(kind, query, secret)
        if listing.fields:
            listing, secret = replace(listing, fields=_without(listing.fields, secret)), ()
        if listing.limit:
            return [self._page(kind, listing, actor, secret, query, url)]
        rows = self._run(statements.everything(kind, listing, actor, self._at_once + 1))
        if len(rows) > self._at_once:
            return self._pieces(kind, listing, actor, secret)
        return [f'{{"{plural_of(kind)}": ['.encode(), *_encoded(kind, rows, secret), b"]}"]

    def _page(
        self, kind: str, listing: Listing, actor: Actor, secret: tuple[str, ...], query: list[tuple[str, str]], url: str
    ) -> bytes:
        order = statements.order_of(kind, listing)
        after = self._marker(kind, listing, actor, order)
        rows = self._run(statements.page(kind, listing, actor, order, after, listing.limit))
        if listing.reverse:
            rows.reverse()
        place = next(index for index, (sql, _) in enumerate(order.by) if sql == "id") + 1
        links = links_of(listing, query, url, [str(rows[index][place]) for index in (0, -1)] if rows else [], len(rows))
        many = plural_of(kind)
        return f'{{"{many}": [{_joined(kind, rows, secret)}], "{many}_links": {json.dumps(links)}}}'.encode()

    def _marker(self, kind: str, listing: Listing, actor: Actor, order: Order) -> Sequence[Any]:
        """The marker's keys; by id alone it need not be there any more."""
        if not listing.marker:
            return ()
        if not is_uuid(listing.marker):
            raise not_found(kind, listing.marker[:255])
        return (
            (listing.marker,) if len(order.by) == 1 and not listing.sorts else self._place(kind, listing, actor, order)
        )

    def _place(self, kind: str, listing: Listing, actor: Actor, order: Order) -> Sequence[Any]:
        rows = self._run(statements.marker_keys(kind, listing.marker, order, actor))
        if not rows:
            raise not_found(kind, listing.marker)
        return tuple(rows[0])

    def _pieces(self, kind: str, listing: Listing, actor: Actor, secret: tuple[str, ...]) -> Iterator[bytes]:
        order, after, start = statements.order_of(kind, listing), (), f'{{"{plural_of(kind)}": ['
        while rows := self._run(statements.page(kind, listing, actor, order, after, self._piece)):
            yield (start + _joined(kind, rows, secret)).encode()
            start, after = ",", rows[-1][1:]
        yield b"]}"

    def _run(self, statement: Statement) -> list[tuple[Any, ...]]:
        return self._query(statement.text, statement.values)


def strip(kind: str, text: str, secret: tuple[str, ...]) -> str:
    """A body's text without the attributes `secret`. Those of the default policy are cut out, not parsed: the keys before the cut
    belong to texts and addresses alone, those behind it to texts, so that no value can look like them."""
    if not secret:
        return text
    usual, first, behind = _CUTS.get(kind, (frozenset[str](), "", ""))
    if usual and usual.issubset(secret):
        text = text[: text.index(first)] + text[text.rindex(behind) :]
        secret = tuple(name for name in secret if name not in usual)
    if not any(f'"{name}":' in text for name in secret):
        return text
    return json.dumps({name: value for name, value in json.loads(text).items() if name not in secret})


def links_of(
    listing: Listing, query: list[tuple[str, str]], url: str, ends: list[str], count: int
) -> list[dict[str, str]]:
    """The links `next` and `previous` of a page as Neutron gives them; `ends`: ids of its first and last item, empty for none."""
    rest = [pair for pair in query if pair[0] not in ("marker", "page_reverse")]
    links = []
    if count >= listing.limit or listing.reverse:
        after = [("marker", ends[-1])] if ends else []
        links.append({"rel": "next", "href": f"{url}?{urlencode(rest + after)}"})
    if count >= listing.limit or not listing.reverse:
        before = [("marker", ends[0])] if ends else []
        links.append({"rel": "previous", "href": f"{url}?{urlencode([*rest, *before, ('page_reverse', 'True')])}"})
    return links


def _encoded(kind: str, rows: list[tuple[Any, ...]], secret: tuple[str, ...]) -> Iterator[bytes]:
    """As `_joined`, in pieces of some 100 kB: memory of that size is used again, larger ones come from the kernel each time."""
    for start in range(0, len(rows), _ROWS):
        comma = "," if start else ""
        yield (comma + _joined(kind, rows[start : start + _ROWS], secret)).encode()


def _joined(kind: str, rows: list[tuple[Any, ...]], secret: tuple[str, ...]) -> str:
    if secret:
        return ",".join([strip(kind, row[0], secret) for row in rows])
    return ",".join([row[0] for row in rows])


def _without(fields: tuple[str, ...], secret: tuple[str, ...]) -> tuple[str, ...]:
    """The fields that may be shown; if none is left, a field that does not exist stands for nothing."""
    return (tuple(name for name in fields if name not in secret) or ("",)) if fields else ()
