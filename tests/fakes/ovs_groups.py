"""Facts of security groups in the words of a story: `web = groups.group(); groups.rule(web, "ingress", "tcp", 80)`."""

from __future__ import annotations

from typing import Any

from libs.events import (
    AddressGroupAddressesChanged,
    AddressGroupCreated,
    PortAddressPairsChanged,
    PortSecurityChanged,
    PortSecurityGroupsChanged,
    SecurityGroupCreated,
    SecurityGroupDeleted,
    SecurityGroupRuleCreated,
    SecurityGroupRuleDeleted,
    SecurityGroupStatefulChanged,
)
from libs.model import AddressPair
from tests.fakes.ovs_facts import APort, Facts


class Groups:
    """Speaks for the project that has the groups."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._of: dict[str, tuple[str, ...]] = {}
        self._rules: dict[str, str] = {}

    def group(self, stateful: bool = True, egress: bool = True) -> str:
        """A group was made; egress: it lets everything out, as new ones do."""
        id = self._facts.new_id("group")
        self._facts.add(f"security_group-{id}", SecurityGroupCreated(id, "p", "g", stateful=stateful))
        for ethertype in ("IPv4", "IPv6") if egress else ():
            self.rule(id, "egress", ethertype=ethertype)
        return id

    def rule(
        self, group: str, direction: str = "ingress", protocol: str | None = None, low: int | None = None, **more: Any
    ) -> str:
        """A rule was made; `high` is `low` unless given; cidr, remote, listed name the other side."""
        id = self._facts.new_id("rule")
        remote = {"remote_ip_prefix": "cidr", "remote_group_id": "remote", "remote_address_group_id": "listed"}
        sides = {name: more.get(word) for name, word in remote.items()}
        ports = {"port_range_min": low, "port_range_max": more.get("high", low)}
        told: Any = {"ethertype": more.get("ethertype", "IPv4"), "protocol": protocol, **ports, **sides}
        self._facts.add(f"security_group_rule-{id}", SecurityGroupRuleCreated(id, group, "p", direction, **told))
        self._rules[id] = group
        return id

    def drop(self, rule: str) -> None:
        """A rule was deleted."""
        self._facts.add(f"security_group_rule-{rule}", SecurityGroupRuleDeleted(rule, self._rules[rule], "p"))

    def delete(self, group: str) -> None:
        """A group is gone, its rules first."""
        for rule in [rule for rule, of in self._rules.items() if of == group]:
            self.drop(rule)
            del self._rules[rule]
        self._facts.add(f"security_group-{group}", SecurityGroupDeleted(group, "p", "g"))

    def turn(self, group: str, stateful: bool) -> None:
        """It became stateful or stateless."""
        self._facts.add(f"security_group-{group}", SecurityGroupStatefulChanged(group, stateful))

    def regroup(self, port: APort, *after: str) -> None:
        """The port's groups are these now."""
        before, self._of[port.id] = self._of.get(port.id, ()), after
        self._facts.add(f"port-{port.id}", PortSecurityGroupsChanged(port.id, port.network, before, after))

    def secure(self, port: APort, enabled: bool) -> None:
        """Port security was switched; off: it has no groups then."""
        if not enabled:
            self.regroup(port)
        self._facts.add(f"port-{port.id}", PortSecurityChanged(port.id, port.network, enabled))

    def pair(self, port: APort, *after: tuple[str, str]) -> None:
        """(address, MAC) that the port may use beside its own."""
        pairs = tuple(AddressPair(*one) for one in after)
        self._facts.add(f"port-{port.id}", PortAddressPairsChanged(port.id, port.network, (), pairs))

    def listed(self, *addresses: str) -> str:
        """An address group was made."""
        id = self._facts.new_id("listed")
        self._facts.add(f"address_group-{id}", AddressGroupCreated(id, "p", "a", addresses=addresses))
        return id

    def relist(self, id: str, added: tuple[str, ...] = (), removed: tuple[str, ...] = ()) -> None:
        """CIDRs came to an address group, or went."""
        self._facts.add(f"address_group-{id}", AddressGroupAddressesChanged(id, added, removed))
