"""Which groups are in use on this host, which sets of addresses their rules name, and the flows that come of it. Pure.

Owners: ("group", id): a group's rules. ("set", id): what happens when a rule that names the set and an address in it come together.
("member", CIDR): an address; one flow for each kind of rule that names a set with it, whatever the number of rules and ports.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from libs.eventlog.protocol import Recorded
from libs.materialise.ovs.book import Owner
from libs.materialise.ovs.facts import Facts
from libs.materialise.ovs.flow import Flow
from libs.materialise.ovs.security.allowed import member, rule_flows, together
from libs.materialise.ovs.security.guard import Asked
from libs.materialise.ovs.security.members import Members, Rule, Touched
from libs.materialise.ovs.security.rules import Kind, kind_of
from libs.materialise.ovs.security.tokens import Tokens
from libs.materialise.ovs.things import Port

Named = Mapping[tuple[str, Kind], int]


class Security:
    """The security groups of one host's ports. `settle`, then `flows` of what is dirty."""

    def __init__(self, host: str, facts: Facts) -> None:
        self._host, self._facts = host, facts
        self.members, self._tokens = Members(), Tokens()
        self._users: dict[str, set[str]] = {}  # {group: ports here}
        self._asks: dict[str, frozenset[str]] = {}  # {port: groups}
        self._names: dict[str, Named] = {}  # {group: {(set, kind): position of the latest rule}}
        self._named: dict[str, dict[Kind, dict[str, int]]] = {}  # {set: {kind: {group: position}}}

    def take(self, recorded: Recorded) -> set[Owner]:
        """One event of the feed; what is dirty by it."""
        return self._dirty(self.members.take(recorded))

    def held(self, scopes: frozenset[str]) -> set[Owner]:
        """The scopes that the host is in from now on; what is dirty by it."""
        return self._dirty(self.members.held(scopes))

    def forget(self, scopes: Iterable[str] | None) -> set[Owner]:
        """Drop what is held by these scopes, None: all; what is dirty by it."""
        return self._dirty(self.members.forget(scopes))

    def everything(self) -> set[Owner]:
        """Every owner that has flows, or may have."""
        groups, sets = self._users.keys() | self._names.keys(), set(self._named)
        members = {address for id in sets for address in self.members.addresses.of(id)}
        return {("group", id) for id in groups} | {("set", id) for id in sets} | {("member", one) for one in members}

    def settle(self, dirty: set[Owner]) -> set[Owner]:
        """See what is in use after these changed; what is dirty beside them."""
        more: set[Owner] = set()
        renumbered = any([self._settle_port(id, more) for kind, id in dirty if kind == "port"])
        groups = {id for kind, id in dirty | more if kind == "group"}
        renumbered = any([self._settle_group(id, more) for id in sorted(groups)]) or renumbered
        if renumbered:
            more |= self.everything() | {("port", id) for id in self._asks}
        return more

    def asked(self, port: Port) -> Asked:
        """Who decides what passes a port: its groups, as far as they are known; who is unknown lets nothing pass."""
        known = [self.members.groups[id] for id in sorted(set(port.groups)) if id in self.members.groups]
        tokens = [(self._tokens.of(group.id), group.stateful) for group in known]
        return Asked(
            tuple(token for token, stateful in tokens if token and stateful),
            tuple(token for token, stateful in tokens if token and not stateful),
        )

    def flows(self, owner: Owner) -> list[Flow]:
        """All flows of one owner."""
        kind, id = owner
        if kind == "group":
            return self._group_flows(id)
        return self._set_flows(id) if kind == "set" else self._member_flows(id)

    def _dirty(self, touched: Iterable[Touched]) -> set[Owner]:
        """Of a group that came, went or changed its ways also the ports that ask it."""
        out: set[Owner] = set()
        for kind, id in touched:
            out.add(("group" if kind == "rules" else kind, id))
            if kind == "group":
                out |= {("port", port) for port in self._users.get(id, ())}
        return out

    def _settle_port(self, id: str, more: set[Owner]) -> bool:
        """Whether others got new numbers."""
        port = self._facts.ports.get(id)
        here = port is not None and port.secured and self._host in port.hosts
        before, after = self._asks.pop(id, frozenset()), frozenset(port.groups if port is not None and here else ())
        if after:
            self._asks[id] = after
        renumbered = False
        for group in before ^ after:
            users = self._users.setdefault(group, set())
            (users.add if group in after else users.discard)(id)
            if users == ({id} if group in after else set()):
                more.add(("group", group))
                renumbered |= self._number(group)
        return renumbered

    def _settle_group(self, id: str, more: set[Owner]) -> bool:
        """Whether others got new numbers."""
        before, after = self._names.pop(id, {}), self._naming(id)
        if after:
            self._names[id] = after
        renumbered = False
        for key in before.keys() | after.keys():
            if before.get(key) != after.get(key):
                renumbered |= self._name(id, *key, after.get(key), more)
        return renumbered

    def _naming(self, id: str) -> Named:
        """The sets that a group in use names."""
        group = self.members.groups.get(id)
        if group is None or not self._users.get(id):
            return {}
        out: dict[tuple[str, Kind], int] = {}
        for rule in self._rules(id):
            if rule.remote:
                key = rule.remote, kind_of(rule.told, group.stateful)
                out[key] = max(out.get(key, 0), rule.position)
        return out

    def _name(self, group: str, set_id: str, kind: Kind, at: int | None, more: set[Owner]) -> bool:
        """Note that a group names a set (at: None: no longer); when it is the first or the last one, the addresses are concerned."""
        kinds = self._named.setdefault(set_id, {})
        by = kinds.setdefault(kind, {})
        was = bool(by)
        if at is None:
            by.pop(group, None)
        else:
            by[group] = at
        if not by:
            del kinds[kind]
        if not kinds:
            del self._named[set_id]
        more.add(("set", set_id))
        if was != bool(by):
            more |= {("member", address) for address in self.members.addresses.of(set_id)}
        return self._number(set_id)

    def _number(self, id: str) -> bool:
        """Have a number for what is in use, and none for what is not; whether others got new ones by it."""
        if not self._users.get(id):
            self._users.pop(id, None)
        needed = id in self._users or id in self._named
        return self._tokens.put(id) if needed else self._tokens.drop(id)

    def _rules(self, group: str) -> list[Rule]:
        return sorted(self.members.rules_of.get(group, {}).values(), key=lambda rule: rule.position)

    def _conjunction(self, set_id: str, kind: Kind) -> int:
        return self._tokens.of(set_id) * 2 + (not kind.stateful)

    def _group_flows(self, id: str) -> list[Flow]:
        group, token = self.members.groups.get(id), self._tokens.of(id)
        if group is None or not token or not self._users.get(id):
            return []
        return rule_flows(self._rules(id), group.stateful, token, self._conjunction)

    def _set_flows(self, id: str) -> list[Flow]:
        latest: dict[tuple[int, int], int] = {}
        for kind, by in self._named.get(id, {}).items():
            key = kind.table, self._conjunction(id, kind)
            latest[key] = max(latest.get(key, 0), *by.values())
        return [together(table, number, at) for (table, number), at in latest.items()]

    def _member_flows(self, address: str) -> list[Flow]:
        found: dict[Kind, dict[int, int]] = {}
        version = 6 if ":" in address else 4
        for set_id, at in self.members.addresses.sets_of(address).items():
            for kind in self._named.get(set_id, ()):
                if kind.version == version:
                    found.setdefault(kind, {})[self._conjunction(set_id, kind)] = at
        return [member(kind, address, numbers) for kind, numbers in found.items()]
