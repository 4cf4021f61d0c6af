"""Random lives of networks, subnets, ports, routers and floating IPs: commands on a few ids, so that they meet, refused ones
included."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

from hypothesis import strategies as st

from libs.commands import (
    AddTags,
    Command,
    CreateNetworks,
    CreatePorts,
    CreateSubnets,
    DeleteNetwork,
    DeletePort,
    DeleteSubnet,
    NewNetwork,
    NewPort,
    NewSubnet,
    RemoveTag,
    ReplaceTags,
    ReportWired,
    ScheduleDhcp,
    UnscheduleDhcp,
    UpdateNetwork,
    UpdatePort,
    UpdateSubnet,
    WantedAddress,
)
from libs.errors import Refusal
from libs.eventlog.commit import Committed, Ledger
from libs.eventlog.memory import MemoryLog
from libs.model import Actor, Context, HostRoute
from tests.fakes.choosers import Choosers
from tests.unit import histories_bindings, histories_layer3, histories_rbac, histories_security
from tests.unit.people import THEM, US, pool, uuid_of

_networks = st.integers(0, 1).map(lambda n: uuid_of(100 + n))
_subnets = st.integers(0, 2).map(lambda n: uuid_of(200 + n))
_ports = st.integers(0, 2).map(lambda n: uuid_of(300 + n))
_hosts = st.sampled_from(["", "compute1", "compute2", "broken"])
_names = st.sampled_from(["", "a", "b"])
_macs = st.sampled_from([None, None, "fa:16:3e:ff:00:01", "fa:16:3e:ff:00:02"])
_addresses = st.sampled_from(["10.0.0.2", "10.0.0.3", "10.0.0.250", "10.0.1.2", "2001:db8::7", "192.0.2.1"])
_cidrs = st.sampled_from([("10.0.0.0/29", 4), ("10.0.0.0/24", 4), ("10.0.1.0/24", 4), ("2001:db8::/64", 6)])
_wishes = st.one_of(
    st.none(),
    st.lists(st.builds(WantedAddress, st.none() | _subnets, st.none() | _addresses), max_size=2).map(tuple),
)
_AGENTS = {"net1": uuid_of(401), "compute1": uuid_of(402)}


@st.composite
def _new_subnet(draw: Any) -> NewSubnet:
    cidr, version = draw(_cidrs)
    mode = draw(st.sampled_from([None, "slaac"])) if version == 6 else None
    return NewSubnet(draw(_subnets), draw(_networks), US, version, cidr, ipv6_ra_mode=mode, ipv6_address_mode=mode)


_new_network = st.builds(
    NewNetwork,
    _networks,
    st.sampled_from([US, THEM]),
    _names,
    shared=st.booleans(),
    network_type=st.sampled_from([None, None, "vxlan"]),
    segmentation_id=st.none(),
)
_new_port = st.builds(
    NewPort,
    _ports,
    _networks,
    st.sampled_from([US, THEM]),
    _names,
    mac_address=_macs,
    fixed_ips=_wishes,
    host=_hosts,
    tags=st.sampled_from([(), (), ("blue",)]),
    port_security=histories_security.port_security,
    security_groups=histories_security.security_groups,
    address_pairs=histories_security.address_pairs,
    device_owner=histories_bindings.owners,
    dns_name=histories_bindings.names,
)
_port_changes = st.fixed_dictionaries(
    {},
    optional={
        "name": _names,
        "admin_state_up": st.booleans(),
        "mac_address": _macs,
        "fixed_ips": _wishes,
        "host": _hosts,
        "device_id": _names,
        "profile": st.sampled_from([None, {"a": 1}]),
        "port_security": st.booleans(),
        "security_groups": histories_security.security_groups.map(lambda ids: ids or ()),
        "address_pairs": histories_security.address_pairs,
        "dns_name": histories_bindings.names,
    },
)
_subnet_changes = st.fixed_dictionaries(
    {},
    optional={
        "name": _names,
        "gateway_ip": st.sampled_from([None, "10.0.0.1", "10.0.0.6"]),
        "allocation_pools": st.sampled_from([(pool("10.0.0.2", "10.0.0.3"),), (pool("10.0.0.2", "10.0.0.5"),)]),
        "dns_nameservers": st.sampled_from([(), ("192.0.2.53",)]),
        "host_routes": st.sampled_from([(), (HostRoute("10.9.0.0/16", "10.0.0.9"),)]),
        "enable_dhcp": st.booleans(),
    },
)
_network_changes = st.fixed_dictionaries(
    {},
    optional={
        "name": _names,
        "shared": st.booleans(),
        "admin_state_up": st.booleans(),
        "mtu": st.sampled_from([0, 1300]),
    },
)
_dhcp_hosts = st.sampled_from(sorted(_AGENTS))
_dhcp_ports = st.integers(0, 2).map(lambda n: uuid_of(350 + n))

_tags = st.sets(st.sampled_from(["blue", "Blue", "a,b", ""])).map(tuple)
_tagged = st.sampled_from(
    [
        *(("network", uuid_of(100)), ("network", uuid_of(101)), ("subnet", uuid_of(200)), ("port", uuid_of(300))),
        *histories_layer3.TAGGED,
        ("security_group", uuid_of(800)),
    ]
)
_tag_command = st.one_of(
    st.builds(lambda one, tags: ReplaceTags(*one, tags), _tagged, _tags),
    st.builds(lambda one, tags: AddTags(*one, tags), _tagged, _tags),
    st.builds(lambda one, tag: RemoveTag(*one, tag), _tagged, st.sampled_from(["blue", "Blue", ""])),
)

commands: st.SearchStrategy[Command] = st.one_of(
    st.lists(_new_network, min_size=1, max_size=2).map(lambda many: CreateNetworks(tuple(many))),
    st.lists(_new_subnet(), min_size=1, max_size=2).map(lambda many: CreateSubnets(tuple(many))),
    st.lists(_new_port, min_size=1, max_size=3).map(lambda many: CreatePorts(tuple(many))),
    st.builds(UpdateNetwork, _networks, _network_changes),
    st.builds(UpdateSubnet, _subnets, _subnet_changes),
    st.builds(UpdatePort, _ports, _port_changes),
    st.builds(ReportWired, _ports, st.just("compute1"), st.sampled_from([1, 1, 2]), st.booleans()),
    st.builds(DeleteNetwork, _networks),
    st.builds(DeleteSubnet, _subnets),
    st.builds(DeletePort, _ports | _dhcp_ports),
    st.builds(
        lambda net, host, port: ScheduleDhcp(net, _AGENTS[host], host, "nova", port),
        _networks,
        _dhcp_hosts,
        _dhcp_ports,
    ),
    st.builds(lambda net, host: UnscheduleDhcp(net, _AGENTS[host], host, ""), _networks, _dhcp_hosts),
    _tag_command,
    histories_bindings.commands,
    histories_layer3.commands,
    histories_rbac.commands,
    histories_security.commands,
)
histories = st.lists(commands, min_size=8, max_size=30)
START: tuple[Command, ...] = (
    CreateNetworks((NewNetwork(uuid_of(100), US, "blue"), NewNetwork(uuid_of(101), US, "open", shared=True))),
    CreateSubnets(
        (
            NewSubnet(uuid_of(200), uuid_of(100), US, 4, "10.0.0.0/29"),
            NewSubnet(
                uuid_of(201), uuid_of(101), US, 6, "2001:db8::/64", ipv6_ra_mode="slaac", ipv6_address_mode="slaac"
            ),
            NewSubnet(uuid_of(202), uuid_of(101), US, 4, "10.0.1.0/24"),
        )
    ),
    CreatePorts(
        (
            NewPort(uuid_of(300), uuid_of(100), US, host="compute1", device_owner="compute:nova"),
            NewPort(uuid_of(301), uuid_of(101), THEM, mac_address="fa:16:3e:ff:00:01"),
        )
    ),
    *histories_layer3.START,
    *histories_security.START,
)
"""Something to live with from the first moment."""
_OWN_IDS: dict[type, tuple[str, ...]] = {
    NewNetwork: ("network_id",),
    NewSubnet: ("subnet_id",),
    NewPort: ("port_id",),
    ScheduleDhcp: ("port_id",),
    **histories_layer3.OWN_IDS,
    **histories_rbac.OWN_IDS,
    **histories_security.OWN_IDS,
}


@dataclass
class Life:
    """A log that lives through commands. What a command names is a slot; each creation puts a new id into its slot, as uuids are
    never used twice."""

    log: MemoryLog = field(default_factory=MemoryLog)
    refused: list[Refusal] = field(default_factory=list)
    slots: dict[str, str] = field(default_factory=dict)
    numbers: Any = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.choosers = Choosers(self.log)
        self.ledger = Ledger(self.log, self.choosers.ask)

    def context(self, roles: tuple[str, ...] = ("admin",), project: str = US) -> Context:
        number = next(self.numbers)
        at = f"2026-11-22T15:{number // 60 % 60:02d}:{number % 60:02d}.000000Z"
        return Context(Actor("someone", project, roles), f"req-{number}", f"command-{number}", at)

    def does(self, command: Command) -> Committed | None:
        """What the command came to, None when it was refused."""
        try:
            return self.ledger.commit(self._with_ports(self._placed(command)), self.context())
        except Refusal as refusal:
            self.refused.append(refusal)
            return None

    def lives(self, history: list[Command]) -> Life:
        for command in (*START, *history):
            self.does(command)
        return self

    def _with_ports(self, command: Command) -> Command:
        """What concerns subnets names the ports that are there, as the gateway does."""
        if not isinstance(command, CreateSubnets | DeleteSubnet):
            return command
        streams = dict.fromkeys(
            one.stream for one in self.log.read(0, self.log.head()) if one.stream.startswith("port-")
        )
        rows = self.log.rows([("port", stream.removeprefix("port-")) for stream in streams])
        return replace(command, port_ids=tuple(row.id for row in rows.values()))

    def _placed(self, value: Any) -> Any:
        """`value` with the ids that its slots hold now."""
        if isinstance(value, str):
            return self.slots.get(value, value)
        if isinstance(value, tuple):
            return tuple(map(self._placed, value))
        if isinstance(value, dict):
            return {key: self._placed(one) for key, one in value.items()}
        if not is_dataclass(value):
            return value
        for name in _OWN_IDS.get(type(value), ()):
            self.slots[getattr(value, name)] = uuid_of(1000 + next(self.numbers))
        return replace(value, **{one.name: self._placed(getattr(value, one.name)) for one in fields(value)})
