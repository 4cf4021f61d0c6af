"""Reading from PostgreSQL which ports are in which security groups, and what of them matters to others.

Who is in a group now stands in the read model, which is at the log's end; the relay may be behind it. What turned since, ports that
changed their groups or were deleted, is looked for among the events after the relay's position, so far as `facts` goes, too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from libs.codec import type_name
from libs.eventlog.pool import Connection
from libs.eventlog.protocol import Recorded
from libs.events import PortCreated, PortDeleted, PortSecurityGroupsChanged, SecurityGroupRuleDeleted
from libs.feed import MEMBERS, members_of
from services.topology.facts import EVENT, query, recorded
from services.topology.groups import MEMBER_FACTS

TOLD = [type_name(cls) for cls in MEMBER_FACTS]
_TURNS = [type_name(cls) for cls in (PortSecurityGroupsChanged, PortDeleted)]
_SETTERS = [type_name(PortCreated), *_TURNS]
_GROUPS = "coalesce(s.data->'after', s.data->'security_groups', '[]'::json)"

_GROUPS_OF = f"""
    select distinct on (s.stream) s.stream, {_GROUPS} from event s
    where s.stream = any (%(streams)s) and s.type = any (%(setters)s) and s.position <= %(upto)s
    order by s.stream, s.version desc"""
_RULES_OF = """
    select h.network_id, h.stream, c.data->>'remote_group_id', c.data->>'remote_address_group_id'
    from stream_head h join event c on c.stream = h.stream and c.version = 1
    where h.network_id = any (%(groups)s) and h.stream like 'security_group_rule-%%' and c.position <= %(upto)s
        and coalesce(c.data->>'remote_group_id', c.data->>'remote_address_group_id') is not null
        and (h.alive or exists (
            select 1 from event d where d.stream = h.stream and d.type = %(deleted)s and d.position > %(upto)s))"""
_TURNED = f"""
    with turned as materialized (
        select distinct stream from event
        where position > %(since)s and position <= %(upto)s + 2000 and type = any (%(turns)s))
    select s.stream, s.position, {_GROUPS} from turned join event s using (stream)
    where s.type = any (%(setters)s) and s.position <= %(upto)s
    order by s.position"""
OF_MEMBERS = """
    select e.* from (select 'port-' || id as stream from port where security_groups && %(members)s) w join event e using (stream)
    where e.position <= %(upto)s and e.type = any (%(told)s) and e.stream <> all (%(apart)s)"""
OF_TURNED = """
    select e.* from event e where e.stream = any (%(turned)s) and e.position <= %(upto)s and e.type = any (%(told)s)"""
NEWS_OF_MEMBERS = """
    select e.* from event e join port p on p.id = substr(e.stream, 6)
    where e.position > %(after)s and e.position <= %(last)s and e.type = any (%(told)s)
        and p.security_groups && %(kept_members)s and e.stream <> all (%(apart)s)"""
_ALL = f"select {EVENT} from (({OF_MEMBERS}) union all ({OF_TURNED})) e order by e.position limit %(limit)s"
_CROWD = f"""
    select {EVENT} from (select 'port-' || id as stream from port where security_groups && %(members)s limit %(limit)s) w
    join event e on e.stream = w.stream and e.version = 1"""
_OF_PORTS = f"select {EVENT} from ({OF_TURNED}) e order by e.position"


@dataclass(frozen=True, slots=True)
class Turned:
    """Ports about which the read model may be wrong (streams), and those of them that were in one of the groups."""

    apart: frozenset[str] = frozenset()
    members: frozenset[str] = frozenset()


def turned(connection: Connection, kept: Collection[str], entered: Collection[str], after: int, upto: int) -> Turned:
    """Of ports that changed their groups, or ended, after `after` (without `kept`: after `upto`): which were in a group of `kept` at
    any moment from `after` to `upto`, or in one of `entered` at `upto`."""
    named = {"since": after if kept else upto, "upto": upto, "turns": _TURNS, "setters": _SETTERS}
    return judged(query(connection, _TURNED, named), set(kept), set(entered), after)


def judged(rows: Iterable[tuple[str, int, Sequence[str]]], kept: set[str], entered: set[str], after: int) -> Turned:
    """As `turned`; rows: (stream, position, groups from then on) by position."""
    last: dict[str, Sequence[str]] = {}
    members: set[str] = set()
    for stream, position, groups in rows:
        if position > after and kept.intersection((*last.get(stream, ()), *groups)):
            members.add(stream)
        last[stream] = groups
    members.update(stream for stream, groups in last.items() if (kept | entered).intersection(groups))
    return Turned(frozenset(last), frozenset(members))


def groups_of(connection: Connection, streams: Collection[str], upto: int) -> dict[str, tuple[str, ...]]:
    """{stream: ids of the groups that the port had at `upto`} for all of `streams`."""
    named = {"streams": list(streams), "setters": _SETTERS, "upto": upto}
    found = {stream: tuple(groups) for stream, groups in query(connection, _GROUPS_OF, named)}
    return {stream: found.get(stream, ()) for stream in streams}


def rules_of(connection: Connection, groups: Collection[str], upto: int) -> dict[str, dict[str, str]]:
    """{group: {stream of a rule that it had at `upto`: the scope that it names}} for all of `groups`."""
    found: dict[str, dict[str, str]] = {group: {} for group in groups}
    named = {"groups": list(groups), "upto": upto, "deleted": type_name(SecurityGroupRuleDeleted)}
    for group, stream, remote, addresses in query(connection, _RULES_OF, named):
        found[group][stream] = members_of(remote) if remote else addresses
    return found


def of_members(connection: Connection, scopes: Collection[str], upto: int, limit: int) -> dict[str, list[Recorded]]:
    """{scope of members: facts with position <= upto of its ports that matter to others}, by position, the first `limit`; of a
    group of that many ports some `limit` facts."""
    found = {}
    for scope in scopes:
        group = scope.removeprefix(MEMBERS)
        named = {"members": [group], "limit": limit, "upto": upto, "told": TOLD}
        rows = query(connection, _CROWD, named)
        if len(rows) < limit:
            since = turned(connection, (), [group], upto, upto)
            named |= {"turned": list(since.members), "apart": list(since.apart)}
            rows = query(connection, _ALL, named)
        found[scope] = list(map(recorded, rows))
    return found


def of_ports(connection: Connection, streams: Collection[str], upto: int) -> dict[str, list[Recorded]]:
    """{stream: the port's facts with position <= upto that matter to others}, by position."""
    found: dict[str, list[Recorded]] = {stream: [] for stream in streams}
    if streams:
        for row in query(connection, _OF_PORTS, {"turned": list(streams), "upto": upto, "told": TOLD}):
            one = recorded(row)
            found[one.stream].append(one)
    return found
