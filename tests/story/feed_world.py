"""A cloud's log under construction, a relay over it, and hosts that follow: what stories of feeds are told with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from libs.eventlog.protocol import Recorded
from libs.events import (
    AddressAllocated,
    AgentRegistered,
    Event,
    FloatingIpAllocated,
    FloatingIpAssociated,
    NetworkCreated,
    PortBound,
    PortCreated,
    PortDeleted,
    PortSecurityGroupsChanged,
    RouterCreated,
    RouterGatewaySet,
    RouterInterfaceAttached,
    RouterScheduled,
    RouterUnscheduled,
    SecurityGroupCreated,
    SecurityGroupRuleCreated,
    SecurityGroupRuleDeleted,
)
from libs.feed import MEMBERS, Feed
from libs.model import OVS_AGENT
from services.topology.groups import named_by
from services.topology.moves import Placed, move_of
from services.topology.relay import Relay
from tests.fakes.feed_store import MemoryFeedStore, groups_after
from tests.fakes.following import Following, Post

HOSTS = ("compute1", "compute2", "compute3")


class World:
    """A log under construction, with what a story needs to say it shortly."""

    def __init__(self) -> None:
        self.log: list[Recorded] = []
        self.versions: dict[str, int] = {}
        self.store = MemoryFeedStore(self.log)
        self.hosts = {name: Following(name) for name in HOSTS}
        self.post = Post(self.hosts.values())

    def happens(self, *facts: tuple[str, Event]) -> None:
        """Append facts."""
        for stream, event in facts:
            self.versions[stream] = self.versions.get(stream, 0) + 1
            meta = {"request_id": "req"}
            self.log.append(Recorded(len(self.log) + 1, stream, self.versions[stream], event, meta, "2026-11-22"))

    def relay(self, sizes: Iterator[int] | None = None) -> None:
        """A relay (a fresh one: it remembers nothing but what is stored) brings everything to the hosts."""
        relay = Relay(self.store, self.post)
        while relay.position < len(self.log):
            size = next(sizes) if sizes else len(self.log)
            relay.take(self.log[relay.position : relay.position + size])
        relay.rest()

    def messages(self, host: str) -> list[Feed]:
        return [feed for name, feed in self.post.sent if name == host]

    def truth(self, host: str) -> set[int]:
        """What the host must hold, recomputed from position 0; without what it must know of members of groups."""
        scopes = self.store.networks_on([host]) | {
            one for one in group_scopes(self.log, host) if not one.startswith(MEMBERS)
        }
        found = self.store.network_facts(scopes, len(self.log)).values()
        return {fact.position for facts in found for fact in facts}

    def known(self, host: str) -> set[int]:
        """What the host must know of members of groups, recomputed from position 0."""
        scopes = {one for one in group_scopes(self.log, host) if one.startswith(MEMBERS)}
        return {one.position for facts in self.store.member_facts(scopes, len(self.log)).values() for one in facts}

    def ports_of(self, networks: Collection[str]) -> set[str]:
        """Streams of the ports that live on these networks."""
        facts = self.store.network_facts(networks, len(self.log)).values()
        return {one.stream for some in facts for one in some if isinstance(one.event, PortCreated)}

    def check(self) -> None:
        """Every host holds exactly what it must, and never had to ask."""
        for name, host in self.hosts.items():
            assert host.networks == self.store.networks_on([name]) | group_scopes(self.log, name)
            assert host.holds() == self.truth(name)
            assert host.knows() == self.known(name)
            assert host.gaps == 0


def group_scopes(log: Sequence[Recorded], host: str) -> set[str]:
    """The scopes of groups that a host is in, by the rule and nothing else."""
    places: dict[str, set[str]] = defaultdict(set)
    groups: dict[str, tuple[str, ...]] = {}
    rules: dict[str, tuple[str, str]] = {}
    for one in log:
        move = move_of(Placed(one, ""))
        if move is not None:
            places[move.member] = set() if move.leaves is None else places[move.member] - {move.leaves}
            places[move.member] |= {move.joins} - {""}
        groups[one.stream] = groups_after(one, groups.get(one.stream, ()))
        if isinstance(one.event, SecurityGroupRuleCreated):
            rules[one.stream] = (one.event.security_group_id, named_by(one.event))
        elif isinstance(one.event, SecurityGroupRuleDeleted):
            del rules[one.stream]
    mine = {group for port, names in groups.items() if host in places.get(port, ()) for group in names}
    return mine | {scope for group, scope in rules.values() if scope and group in mine}


def network(name: str) -> tuple[str, Event]:
    return f"network-{name}", NetworkCreated(name, "p", name, "", True, False, False, 1450, "vxlan", None, 7)


def port(name: str, net: str, *groups: str) -> list[tuple[str, Event]]:
    stream, mac = f"port-{name}", "fa:16:3e:00:00:01"
    security = {"port_security": bool(groups), "security_groups": groups}
    made = PortCreated(name, net, "p", name, "", mac, True, "vm", "compute:nova", **security)  # type: ignore[arg-type]
    return [(stream, made), (stream, AddressAllocated(name, "subnet", "10.0.0.3"))]


def bound(name: str, net: str, host: str, before: str = "", generation: int = 1) -> tuple[str, Event]:
    return f"port-{name}", PortBound(name, net, host, before, generation, "ovs", {})


def deleted(name: str, net: str, host: str) -> tuple[str, Event]:
    return f"port-{name}", PortDeleted(name, net, "p", "fa:16:3e:00:00:01", host, "vm", "compute:nova")


def agent(host: str) -> tuple[str, Event]:
    return f"agent-{host}", AgentRegistered(f"id-{host}", host, OVS_AGENT, "ovs", "nova", {"tunneling_ip": host})


def router(name: str, *networks: str) -> list[tuple[str, Event]]:
    """A router with an interface on each network; the first is external, and there is its gateway."""
    gateway = RouterGatewaySet(name, networks[0], f"gw-{name}", (), True)
    attached: list[Event] = [
        RouterInterfaceAttached(name, f"if-{name}", net, "subnet", "10.0.0.1", "10.0.0.0/24") for net in networks[1:]
    ]
    return [(f"router-{name}", one) for one in (RouterCreated(name, "p", name, "", True), gateway, *attached)]


def runs(name: str, host: str) -> tuple[str, Event]:
    return f"router-{name}", RouterScheduled(name, f"l3-{host}", host, "nova")


def stops(name: str, host: str, reason: str = "agent down") -> tuple[str, Event]:
    return f"router-{name}", RouterUnscheduled(name, f"l3-{host}", host, reason)


def floating(name: str, net: str, router: str) -> list[tuple[str, Event]]:
    made = FloatingIpAllocated(name, "p", net, "subnet", "203.0.113.7", f"own-{name}", "")
    stands = FloatingIpAssociated(name, "203.0.113.7", router, "a", "10.0.0.3", "subnet")
    return [(f"floatingip-{name}", one) for one in (made, stands)]


def group(name: str) -> tuple[str, Event]:
    return f"security_group-{name}", SecurityGroupCreated(name, "p", name)


def rule(name: str, of: str, remote: str = "", addresses: str = "") -> tuple[str, Event]:
    """A rule of group `of` that lets a group or an address group pass, or a CIDR."""
    prefix = None if remote or addresses else "192.0.2.0/24"
    made = SecurityGroupRuleCreated(
        name, of, "p", "ingress", "IPv4", None, None, None, prefix, remote or None, addresses or None
    )
    return f"security_group_rule-{name}", made


def no_rule(name: str, of: str) -> tuple[str, Event]:
    return f"security_group_rule-{name}", SecurityGroupRuleDeleted(name, of, "p")


def regrouped(name: str, net: str, before: tuple[str, ...], *after: str) -> tuple[str, Event]:
    return f"port-{name}", PortSecurityGroupsChanged(name, net, before, after)
