"""What the log says about groups, their rules, and who is in a group: the facts of this host's groups' scopes. Pure.

A view of its own beside `Facts`: a port's facts come by its network and by its groups, of a group not all of them (no bindings),
so each view notes by itself which versions it has seen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from libs.eventlog.protocol import Recorded
from libs.events import (
    AddressGroupAddressesChanged,
    AddressGroupCreated,
    AddressGroupDeleted,
    PortCreated,
    SecurityGroupCreated,
    SecurityGroupDeleted,
    SecurityGroupRuleCreated,
    SecurityGroupRuleDeleted,
    SecurityGroupStatefulChanged,
)
from libs.feed import MEMBERS, members_of
from libs.materialise.ovs.security.addresses import Addresses, Entry, canonical
from libs.materialise.ovs.things import Port, port_after, port_created

_TOMBSTONES = 4096  # deleted ports that are remembered, so that a repeat of their facts does not bring them back
Touched = tuple[str, str]  # ("rules", group), ("group", group), ("member", address)


@dataclass(frozen=True, slots=True)
class Group:
    """A security group; position: of the fact that made it or said whether it is stateful."""

    id: str
    stateful: bool
    position: int


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it was made, and the position of that fact."""

    told: SecurityGroupRuleCreated
    position: int

    @property
    def remote(self) -> str:
        """The set of addresses that it names, empty for none."""
        return self.told.remote_group_id or self.told.remote_address_group_id or ""


class Members:
    """Groups by id, rules by group, addresses by set. `scopes`: what is held; None until `held` says so: everything."""

    def __init__(self) -> None:
        self.groups: dict[str, Group] = {}
        self.rules_of: dict[str, dict[str, Rule]] = {}
        self.addresses = Addresses()
        self.scopes: frozenset[str] | None = None
        self._ports: dict[str, Port] = {}
        self._listed: dict[str, dict[str, int]] = {}  # {address group: {CIDR: position}}
        self._versions: dict[str, int] = {}
        self._ended: deque[str] = deque()
        self._streams: dict[str, set[str]] = {}  # {group or address group: streams of its facts}

    def take(self, recorded: Recorded) -> set[Touched]:
        """Take one event in; what is touched by it."""
        kind, _, id = recorded.stream.partition("-")
        takes = {
            "port": self._take_port,
            "security_group": self._take_group,
            "security_group_rule": self._take_rule,
            "address_group": self._take_listed,
        }
        if kind not in takes or recorded.version <= self._versions.get(recorded.stream, 0):
            return set()
        if kind == "port" and id not in self._ports and not isinstance(recorded.event, PortCreated):
            return (
                set()
            )  # its version is not noted either: should it get a group of ours, all of it comes from the start
        self._versions[recorded.stream] = recorded.version
        return takes[kind](id, recorded.event, recorded.position)

    def held(self, scopes: frozenset[str]) -> set[Touched]:
        """The scopes that the host is in from now on; ports that are in none of them are dropped."""
        self.scopes = scopes
        gone = [id for id, port in self._ports.items() if not self._is_held(port)]
        return {touched for id in gone for touched in self._put_port(id, None)}

    def forget(self, scopes: Iterable[str] | None) -> set[Touched]:
        """Drop what is held by these scopes, None: everything; what is touched by it."""
        if scopes is None:
            touched = {touch for scope in list(self._streams) for touch in self._forget(scope)}
            touched |= {touch for id in list(self._ports) for touch in self._put_port(id, None)}
            self._versions.clear()
            return touched
        left = frozenset(scopes)
        touched = {touch for scope in left for touch in self._forget(scope)}
        groups = {scope.removeprefix(MEMBERS) for scope in left if scope.startswith(MEMBERS)}
        kept = (self.scopes or frozenset()) - left
        for id, port in list(self._ports.items()):
            if not groups.isdisjoint(port.groups) and not any(members_of(group) in kept for group in port.groups):
                touched |= self._put_port(id, None)
        return touched

    def _is_held(self, port: Port) -> bool:
        return self.scopes is None or any(members_of(group) in self.scopes for group in port.groups)

    def _forget(self, id: str) -> set[Touched]:
        """Drop a group with its rules, or an address group."""
        for stream in self._streams.pop(id, set()):
            self._versions.pop(stream, None)
        self._listed.pop(id, None)
        self.rules_of.pop(id, None)
        known = self.groups.pop(id, None) is not None
        return self._list(id) | ({("group", id)} if known else set())

    def _take_group(self, id: str, event: Any, at: int) -> set[Touched]:
        self._streams.setdefault(id, set()).add(f"security_group-{id}")
        match event:
            case SecurityGroupCreated():
                self.groups[id] = Group(id, event.stateful, at)
            case SecurityGroupStatefulChanged() if id in self.groups:
                self.groups[id] = replace(self.groups[id], stateful=event.stateful, position=at)
            case SecurityGroupDeleted():
                self.groups.pop(id, None)
            case _:
                return set()
        return {("group", id)}

    def _take_rule(self, id: str, event: Any, at: int) -> set[Touched]:
        match event:
            case SecurityGroupRuleCreated():
                self._streams.setdefault(event.security_group_id, set()).add(f"security_group_rule-{id}")
                self.rules_of.setdefault(event.security_group_id, {})[id] = Rule(event, at)
            case SecurityGroupRuleDeleted():
                self.rules_of.get(event.security_group_id, {}).pop(id, None)
            case _:
                return set()
        return {("rules", event.security_group_id)}

    def _take_listed(self, id: str, event: Any, at: int) -> set[Touched]:
        self._streams.setdefault(id, set()).add(f"address_group-{id}")
        match event:
            case AddressGroupCreated():
                self._listed[id] = dict.fromkeys(event.addresses, at)
            case AddressGroupAddressesChanged() if id in self._listed:
                left = {one: since for one, since in self._listed[id].items() if one not in event.removed}
                self._listed[id] = left | {one: at for one in event.added if one not in left}
            case AddressGroupDeleted():
                self._listed.pop(id, None)
            case _:
                return set()
        return self._list(id)

    def _list(self, id: str) -> set[Touched]:
        entries = {(id, canonical(one)): at for one, at in self._listed.get(id, {}).items()}
        return {("member", address) for address in self.addresses.put(f"address_group-{id}", entries)}

    def _take_port(self, id: str, event: Any, at: int) -> set[Touched]:
        if isinstance(event, PortCreated):
            return self._put_port(id, port_created(event, at))
        after = port_after(self._ports[id], event, at)
        version = self._versions[f"port-{id}"]
        touched = self._put_port(id, after)
        if after is None:
            self._bury(f"port-{id}", version)
        return touched

    def _bury(self, stream: str, version: int) -> None:
        self._versions[stream] = version
        self._ended.append(stream)
        if len(self._ended) > _TOMBSTONES:
            self._versions.pop(self._ended.popleft(), None)

    def _put_port(self, id: str, port: Port | None) -> set[Touched]:
        if port is not None:
            self._ports[id] = port
        else:
            self._ports.pop(id, None)
            self._versions.pop(f"port-{id}", None)
        entries = {} if port is None else _entries(port)
        return {("member", address) for address in self.addresses.put(id, entries)}


def _entries(port: Port) -> dict[Entry, int]:
    """What a port puts into the sets of its groups: its addresses and those that it may use beside them."""
    since = {canonical(pair.ip_address): port.paired_at for pair in port.pairs}
    since |= {canonical(address): at for address, at in port.addresses.items()}
    return {(group, one): max(at, port.grouped_at) for group in port.groups for one, at in since.items()}
