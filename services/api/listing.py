"""A list request's query as a value: filters, fields, order, page. Pure; every name is checked against the closed tables.

Source: neutron.api.api_common (get_filters, get_sorts, get_limit_and_marker).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError

from libs.errors import Refusal, bad_request, invalid_input
from libs.network.tags import TAGGED
from services.api.columns import COLUMNS, UNFILTERED
from services.api.schemas.fields import shown, to_address, to_text

FILTERS, SORT_KEYS, FIELDS = 20, 10, 50
"""How many of each a request may name; a filter may be repeated as often as the URL's length allows."""

_CONTROLS = ("fields", "sort_key", "sort_dir", "limit", "marker", "page_reverse")
_TAGS = ("tags", "tags-any", "not-tags", "not-tags-any")
_FIXED_IPS = ("ip_address", "subnet_id", "ip_address_substr")


@dataclass(frozen=True, slots=True)
class Listing:
    """filters: {attribute: values}, any of the values of every attribute. fixed_ips: {ip_address, subnet_id, ip_address_substr:
    texts}. tags: {tags, tags-any, not-tags, not-tags-any: tags}. fields: empty for all. sorts: ((attribute, ascending), ..).
    limit 0: no paging. since: only what changed then or later."""

    filters: Mapping[str, tuple[Any, ...]]
    fixed_ips: Mapping[str, tuple[str, ...]]
    tags: Mapping[str, tuple[str, ...]]
    fields: tuple[str, ...] = ()
    sorts: tuple[tuple[str, bool], ...] = ()
    limit: int = 0
    marker: str = ""
    reverse: bool = False
    since: str = ""


def parse_listing(kind: str, query: Iterable[tuple[str, str]], hidden: tuple[str, ...]) -> Listing:
    """The listing that `query` asks for; attributes in `hidden` can be neither filtered nor sorted by. Raises Refusal 400."""
    given: dict[str, list[str]] = {}
    for name, text in query:
        given.setdefault(name, []).append(text)
    controls = {name: given.pop(name, []) for name in _CONTROLS}
    fixed_ips = _fixed_ips(given.pop("fixed_ips", [])) if kind == "port" else {}
    tags = {name: _tags(name, given.pop(name)) for name in _TAGS if name in given} if kind in TAGGED else {}
    since = _since(given.pop("changed_since", [])) if kind not in ("agent", "rbac_policy") else ""
    limit = _limit(controls["limit"])
    return Listing(
        filters=_filters(kind, given, hidden),
        fixed_ips=fixed_ips,
        tags=tags,
        fields=_fields(kind, controls["fields"]),
        sorts=_sorts(kind, controls, hidden),
        limit=limit,
        marker=_last(controls["marker"]) if limit else "",
        reverse=_last(controls["page_reverse"]).lower() == "true",
        since=since,
    )


def _last(texts: list[str]) -> str:
    return texts[-1] if texts else ""


def _filters(kind: str, given: Mapping[str, list[str]], hidden: tuple[str, ...]) -> dict[str, tuple[Any, ...]]:
    unknown = [name for name in given if name not in COLUMNS[kind] or name in hidden]
    if unknown:
        raise bad_request(f"{shown(unknown)} is invalid attribute for filtering")
    if len(given) > FILTERS:
        raise bad_request(f"A request may name at most {FILTERS} filters")
    return {name: tuple(_value(kind, name, text) for text in texts) for name, texts in given.items()}


def _value(kind: str, name: str, text: str) -> Any:
    try:
        return COLUMNS[kind][name].parse(to_text(text))
    except ValidationError as error:
        raise bad_request(f"Invalid input for {name}. Reason: {error.messages[0]}.") from None


def _fixed_ips(texts: list[str]) -> dict[str, tuple[str, ...]]:
    out: dict[str, tuple[str, ...]] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        key, value = key.strip(), value.strip()
        if not equals or not key:
            raise invalid_input(f"'{shown(text)}' is not of the form <key>=[value]")
        if key not in _FIXED_IPS:
            raise bad_request(f"{shown([key])} is invalid attribute for filtering")
        out[key] = (*out.get(key, ()), _address_text(value) if key == "ip_address" else _clean("fixed_ips", value))
    return out


def _tags(name: str, texts: list[str]) -> tuple[str, ...]:
    """Tags, also several in one text with commas between, as in Neutron."""
    return tuple(dict.fromkeys(_clean(name, tag) for text in texts for tag in text.split(",")))


def _clean(name: str, text: str) -> str:
    try:
        return to_text(text)
    except ValidationError as error:
        raise bad_request(f"Invalid input for {name}. Reason: {error.messages[0]}.") from None


def _address_text(text: str) -> str:
    """An address in its canonical form; what is none stays as it is and matches nothing."""
    try:
        return to_address(text)
    except ValidationError:
        return _clean("fixed_ips", text)


def _since(texts: list[str]) -> str:
    text = _clean("changed_since", _last(texts)).removesuffix("Z")
    if text and (len(text) < 19 or text[10] != "T" or not text[:10].replace("-", "").isdigit()):
        raise invalid_input(f"{shown(text)} is not in ISO 8601 format, e.g. 2026-11-22T15:30:00")
    return f"{text[:19]}Z" if text else ""


def _fields(kind: str, names: list[str]) -> tuple[str, ...]:
    """The attributes to show; those that do not exist are left out silently, as in Neutron."""
    if len(names) > FIELDS:
        raise bad_request(f"A request may name at most {FIELDS} fields")
    wanted = tuple(dict.fromkeys(name for name in names if name))
    if not wanted:
        return ()
    return tuple(name for name in wanted if name in COLUMNS[kind] or name in UNFILTERED[kind]) or ("",)


def _sorts(kind: str, controls: Mapping[str, list[str]], hidden: tuple[str, ...]) -> tuple[tuple[str, bool], ...]:
    keys, dirs = ([text for text in controls[name] if text] for name in ("sort_key", "sort_dir"))
    if len(keys) != len(dirs):
        raise bad_request("The number of sort_keys and sort_dirs must be same")
    if len(keys) > SORT_KEYS:
        raise bad_request(f"A request may name at most {SORT_KEYS} sort keys")
    columns = COLUMNS[kind]
    absent = [name for name in keys if name not in columns or not columns[name].order or name in hidden]
    if absent:
        raise bad_request(f"{shown(absent)} is invalid attribute for sort_keys")
    invalid = [text for text in dirs if text not in ("asc", "desc")]
    if invalid:
        raise bad_request(f"{shown(invalid)} is invalid value for sort_dirs, valid value is 'asc' and 'desc'")
    pairs: dict[str, bool] = {}
    for key, text in zip(keys, dirs, strict=True):
        pairs.setdefault(key, text == "asc")
    return tuple(pairs.items())


def _limit(texts: list[str]) -> int:
    text = _last(texts) or "0"
    if not (text.isascii() and text.isdigit() and len(text) <= 20):
        reason = f"Limit must be an integer 0 or greater and not '{shown(text)}'"
        raise Refusal(400, "BadRequest", f"Bad limit request: {reason}.")
    return min(int(text), 2**31 - 1)
