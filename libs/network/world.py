"""What a decision sees and what it gives back: pure values between the deciders and `libs.eventlog.commit`.

commit asks `needs(command, world)` until nothing new is needed, loads and looks up those, asks `questions(command, world)`,
has them answered (ipam, topology, random MACs), then calls `decide(command, world)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from libs.commands import WantedAddress
from libs.errors import Refusal
from libs.eventlog.protocol import Change, Guard
from libs.model import DNS_DOMAIN, Binding, Context, FixedIp, Segment


@dataclass(frozen=True, slots=True)
class Resource:
    """One folded stream: `state` is a Network, Subnet, Port or Agent; times are UTC ISO with seconds and `Z`."""

    stream: str
    version: int
    created_at: str
    updated_at: str
    state: Any


@dataclass(frozen=True, slots=True)
class ChooseMac:
    """A MAC for the port; `avoid` were found taken. Answer: str."""

    port_id: str
    avoid: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChooseAddresses:
    """Addresses for a port. `subnets` {subnet_id: version read}, all subnets of the network; `wanted` None: one per IP version
    (SLAAC subnets by EUI-64 always in). `held` addresses the port keeps. `avoid` were found taken. Answer: tuple[FixedIp, ...]."""

    port_id: str
    network_id: str
    mac_address: str | None
    subnets: tuple[tuple[str, int], ...]
    wanted: tuple[WantedAddress, ...] | None
    avoid: tuple[FixedIp, ...] = ()


@dataclass(frozen=True, slots=True)
class ChooseSegment:
    """A segment for a network; given parts are kept, `avoid` were found taken. Answer: SegmentChoice."""

    network_id: str
    network_type: str | None
    physical_network: str | None
    segmentation_id: int | None
    avoid: tuple[Segment, ...] = ()


@dataclass(frozen=True, slots=True)
class ChooseBinding:
    """How to attach a port on a host. Answer: Binding (binding_failed with vif_details {"reason": ..} when no live agent can)."""

    port_id: str
    host: str
    segment: Segment
    vnic_type: str


@dataclass(frozen=True, slots=True)
class Find:
    """Which resources of `kind` have `value` in this column of the read model (membership when it is an array)?

    A need like a stream; what is found is in `World.found` as ids. A decision that relies on it guards it with
    `NoneRefers(kind, column, value, besides=found)`. rare: hardly ever is there one, so at first it is taken for none, and
    looked up when that guard says otherwise.
    """

    kind: str
    column: str
    value: str
    rare: bool = field(default=False, compare=False)


Need = str | Find
"""A stream, or what to look up."""

Question = ChooseMac | ChooseAddresses | ChooseSegment | ChooseBinding


@dataclass(frozen=True, slots=True)
class SegmentChoice:
    """A proposed segment and the largest MTU in bytes that it carries."""

    segment: Segment
    mtu: int


Answer = str | tuple[FixedIp, ...] | SegmentChoice | Binding | Refusal


@dataclass(frozen=True, slots=True)
class World:
    """What a decision sees: the asked resources as they were read, answers, and who asks when. A stream that is known to be
    absent is there with None. found: ids in their order. ended: streams that are known to have ended, not all of them.
    dns_domain: what names of new ports stand below."""

    context: Context
    resources: Mapping[str, Resource | None] = field(default_factory=dict)
    answers: Mapping[Question, Answer] = field(default_factory=dict)
    found: Mapping[Find, tuple[str, ...]] = field(default_factory=dict)
    ended: frozenset[str] = frozenset()
    dns_domain: str = DNS_DOMAIN


@dataclass(frozen=True, slots=True)
class Decision:
    """What a command comes to. Claims follow from the events (`libs.network.claims`). `touched` lists the streams to answer with,
    in the order of the request. No changes at all means: nothing to do, answer as it is."""

    changes: tuple[Change, ...] = ()
    guards: tuple[Guard, ...] = ()
    touched: tuple[str, ...] = ()
