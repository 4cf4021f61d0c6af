"""The relay's memory in PostgreSQL, on the session that holds the leader's lock: who loses the session can store nothing more."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from libs.eventlog.pool import Connection
from libs.eventlog.protocol import LogIdentity, Recorded
from libs.model import host_token
from services.topology import facts, feeds, members
from services.topology.remembered import LeadershipLost
from services.topology.scopes import Plan

# One statement, so one transaction and one round trip; without the fence's row nothing of it is done.
_SAVE = """
    with fence as (update relay set position = %(position)s where position = %(before)s returning position),
    parted as (
        delete from feed_member m using fence, unnest(%(gone)s::text[], %(gone_hosts)s::text[]) as gone(member, host)
        where m.member = gone.member and m.host = gone.host),
    joined as (
        insert into feed_member (member, host, network_id)
        select come.* from fence, unnest(%(come)s::text[], %(come_hosts)s::text[], %(networks)s::text[]) as come
        on conflict (member, host) do nothing),
    went as (
        delete from feed_group m
        using fence, unnest(%(went)s::text[], %(went_hosts)s::text[], %(went_scopes)s::text[]) as gone(member, host, scope)
        where m.member = gone.member and m.host = gone.host and m.scope = gone.scope),
    came as (
        insert into feed_group (member, host, scope)
        select come.* from fence, unnest(%(came)s::text[], %(came_hosts)s::text[], %(came_scopes)s::text[]) as come
        on conflict (member, host, scope) do nothing),
    sent as (
        insert into host_feed (token, host, last_position)
        select f.token, f.host, fence.position from fence, unnest(%(tokens)s::text[], %(hosts)s::text[]) as f(token, host)
        on conflict (token) do update set last_position = excluded.last_position)
    select position from fence"""


class PgFeedStore:
    """A `remembered.FeedStore`. One caller at a time. Raises psycopg2's errors: the leader ends with its session."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def start(self) -> tuple[int, LogIdentity]:
        """As `FeedStore.start`."""
        return facts.relayed(self._connection), facts.identity(self._connection)

    def networks_of(self, streams: Collection[str]) -> dict[str, str]:
        """As `FeedStore.networks_of`."""
        rows = facts.query(
            self._connection, "select stream, network_id from stream_head where stream = any (%s)", (list(streams),)
        )
        return dict(rows)

    def places(self, members: Collection[str]) -> dict[str, frozenset[str]]:
        """As `FeedStore.places`."""
        found: dict[str, set[str]] = {}
        for member, host in facts.query(
            self._connection, "select member, host from feed_member where member = any (%s)", (list(members),)
        ):
            found.setdefault(member, set()).add(host)
        return {member: frozenset(hosts) for member, hosts in found.items()}

    def hosts_of(self, networks: Collection[str]) -> dict[str, dict[str, int]]:
        """As `FeedStore.hosts_of`."""
        statement = (
            "select network_id, host, count(*) from feed_member where network_id = any (%s) group by network_id, host"
        )
        return self._counts(statement, networks)

    def group_hosts(self, scopes: Collection[str]) -> dict[str, dict[str, int]]:
        """As `FeedStore.group_hosts`."""
        statement = "select scope, host, count(*) from feed_group where scope = any (%s) group by scope, host"
        return self._counts(statement, scopes)

    def groups_of(self, streams: Collection[str], upto: int) -> dict[str, tuple[str, ...]]:
        """As `FeedStore.groups_of`."""
        return members.groups_of(self._connection, streams, upto)

    def rules_of(self, groups: Collection[str], upto: int) -> dict[str, dict[str, str]]:
        """As `FeedStore.rules_of`."""
        return members.rules_of(self._connection, groups, upto)

    def networks_on(self, hosts: Collection[str]) -> set[str]:
        """As `FeedStore.networks_on`."""
        statement = "select distinct network_id from feed_member where host = any (%s)"
        return {network for (network,) in facts.query(self._connection, statement, (list(hosts),))}

    def network_facts(self, networks: Collection[str], upto: int) -> dict[str, list[Recorded]]:
        """As `FeedStore.network_facts`."""
        return facts.of_networks(self._connection, networks, upto, feeds.MAX_FACTS + 1)

    def member_facts(self, scopes: Collection[str], upto: int) -> dict[str, list[Recorded]]:
        """As `FeedStore.member_facts`."""
        return members.of_members(self._connection, scopes, upto, feeds.MAX_FACTS + 1)

    def port_facts(self, streams: Collection[str], upto: int) -> dict[str, list[Recorded]]:
        """As `FeedStore.port_facts`."""
        return members.of_ports(self._connection, streams, upto)

    def agent_facts(self, hosts: Collection[str], upto: int) -> dict[str, list[Recorded]]:
        """As `FeedStore.agent_facts`."""
        return facts.of_agents(self._connection, hosts, upto)

    def last_sent(self, hosts: Collection[str]) -> dict[str, int]:
        """As `FeedStore.last_sent`."""
        if not hosts:
            return {}
        statement = "select host, last_position from host_feed where token = any (%s)"
        return dict(facts.query(self._connection, statement, ([host_token(host) for host in hosts],)))

    def save(self, before: int, position: int, plan: Plan, sent: Iterable[str]) -> None:
        """As `FeedStore.save`."""
        hosts, gone = list(sent), list(plan.parted)
        went, came = list(plan.went), list(plan.came)
        params = {
            "before": before,
            "position": position,
            "gone": [member for member, _ in gone],
            "gone_hosts": [host for _, host in gone],
            "come": [member for member, _ in plan.joined],
            "come_hosts": [host for _, host in plan.joined],
            "networks": list(plan.joined.values()),
            "went": [member for member, _, _ in went],
            "went_hosts": [host for _, host, _ in went],
            "went_scopes": [scope for _, _, scope in went],
            "came": [member for member, _, _ in came],
            "came_hosts": [host for _, host, _ in came],
            "came_scopes": [scope for _, _, scope in came],
            "tokens": [host_token(host) for host in hosts],
            "hosts": hosts,
        }
        if not facts.query(self._connection, _SAVE, params):
            raise LeadershipLost(f"the relay is not at position {before} any more")

    def _counts(self, statement: str, scopes: Collection[str]) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {scope: {} for scope in scopes}
        for scope, host, number in facts.query(self._connection, statement, (list(scopes),)):
            found[scope][host] = number
        return found
