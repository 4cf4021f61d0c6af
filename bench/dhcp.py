"""Many networks on one DHCP agent, with real namespaces and dnsmasqs: `python -m bench.dhcp [NETWORKS]`, as root.

Prints a line of JSON: seconds and changes made on the host by the first start, by a start with nothing changed, by one after a port
came and a network got a subnet meanwhile, and by a port while it runs. The switch is left out: it takes all ports in one command.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from libs import events
from libs.agent.stages import Switch
from libs.agent.tally import Tally
from libs.config import Settings
from libs.eventlog.protocol import Recorded
from libs.events import Event
from libs.kernel.hands import Hands
from libs.kernel.inside import create, delete
from libs.materialise.dhcp import Place
from libs.metadata.keeper import Door
from libs.model import DHCP_OWNER
from services.agent_dhcp.brain import KINDS, OWNER, Brain
from services.agent_dhcp.service import MODULES

_HOST, _SUFFIX = "bench", "@bench"


class _NoSwitch:
    """The hands, but for the switch."""

    def __init__(self, hands: Hands) -> None:
        self._hands, self._plugs = hands, dict[str, Any]()

    def call(self, verb: str, **arguments: Any) -> Any:
        """The verb's answer."""
        if verb == "plugs.read":
            return self._plugs
        if verb == "plugs.ensure":
            new = [one["name"] for one in arguments["items"] if one["name"] not in self._plugs]
            self._plugs |= {name: {} for name in new}
            return new
        if verb == "plugs.remove":
            return [name for name in arguments["names"] if self._plugs.pop(name, None) is not None]
        return self._hands.call(verb, **arguments)


class _NoDoors:
    """No metadata."""

    def keep(self, doors: Mapping[str, Door]) -> Mapping[str, str]:
        """None to open."""
        return {}

    def reopen(self, namespace: str) -> None:
        """None to open."""

    def close(self) -> None:
        """None to shut."""


class _Log:
    """Facts about networks of one subnet, a DHCP port and a guest each."""

    def __init__(self) -> None:
        self.said: list[Recorded] = []
        self._versions: dict[str, int] = {}

    def say(self, stream: str, event: Event) -> None:
        """The next fact of a stream."""
        self._versions[stream] = self._versions.get(stream, 0) + 1
        at = len(self.said) + 1
        self.said.append(Recorded(at, stream, self._versions[stream], event, {}, "2026-01-01T00:00:00.000000Z"))

    def network(self) -> str:
        """A network with everything; its id."""
        id = str(uuid.uuid4())
        self.say(f"network-{id}", events.NetworkCreated(id, "p", "n", "", True, False, False, 1450, "vxlan", None, 7))
        self.say(f"network-{id}", events.NetworkDhcpScheduled(id, "agent", _HOST, "nova"))
        subnet = self.subnet(id, "10.0.0.0/24")
        self.port(id, subnet, "10.0.0.2", DHCP_OWNER)
        self.port(id, subnet, "10.0.0.5", "compute:nova")
        return id

    def subnet(self, network: str, cidr: str) -> str:
        """A subnet; its id."""
        id = str(uuid.uuid4())
        born = events.SubnetCreated(id, network, "p", "s", "", 4, cidr, None, (), (), (), True)
        self.say(f"subnet-{id}", born)
        return id

    def port(self, network: str, subnet: str, address: str, owner: str) -> None:
        """A port with that address."""
        id, mac = (
            str(uuid.uuid4()),
            f"fa:16:3e:{len(self.said) >> 16:02x}:{len(self.said) >> 8 & 255:02x}:{len(self.said) & 255:02x}",
        )
        self.say(f"port-{id}", events.PortCreated(id, network, "p", "", "", mac, True, "d", owner))
        self.say(f"port-{id}", events.AddressAllocated(id, subnet, address))
        if owner == DHCP_OWNER:
            self.say(f"port-{id}", events.PortBound(id, network, _HOST, "", 1, "ovs", {}))


def _phases(networks: int, folder: Path, hands: _NoSwitch) -> Iterator[tuple[str, float, int]]:
    """(phase, seconds, changes)."""
    log = _Log()
    ids = [log.network() for _ in range(networks)]
    yield ("first start", *_life(log, folder, hands)[1:])
    yield ("start with nothing changed", *_life(log, folder, hands)[1:])
    first = next(one.event.subnet_id for one in log.said if isinstance(one.event, events.SubnetCreated))
    log.port(ids[0], first, "10.0.0.6", "compute:nova")
    log.subnet(ids[-1], "10.9.0.0/24")
    brain, seconds, changes = _life(log, folder, hands)
    yield "start after a port and a subnet came", seconds, changes
    known = len(log.said)
    log.port(ids[0], first, "10.0.0.7", "compute:nova")
    for one in log.said[known:]:
        brain.take(one)
    yield ("a port while it runs", *_apply(brain))
    for id in ids:
        log.say(f"network-{id}", events.NetworkDhcpUnscheduled(id, "agent", _HOST))
    yield ("all unscheduled", *_life(log, folder, hands)[1:])


def _life(log: _Log, folder: Path, hands: _NoSwitch) -> tuple[Brain, float, int]:
    """A new agent hears everything and applies it: (it, seconds, changes)."""
    place = Place(_HOST, str(folder), _SUFFIX, "root")
    brain = Brain(place, hands, Switch("", OWNER), Tally("dhcp is", KINDS), _NoDoors())
    for one in log.said:
        brain.take(one)
    return brain, *_apply(brain)


def _apply(brain: Brain) -> tuple[float, int]:
    counted, start = brain.tally.total, time.perf_counter()
    brain.apply()
    return round(time.perf_counter() - start, 3), brain.tally.total - counted


def main() -> None:
    """Run it."""
    networks = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory(prefix="nlb-") as folder:
        namespace = Path(folder).name  # stands for the host
        create(namespace)
        hands = Hands(replace(Settings(), netns=namespace), modules=MODULES)
        try:
            phases = list(_phases(networks, Path(folder), _NoSwitch(hands)))
        finally:
            hands.close()
            delete(namespace)
    told = {name: {"seconds": seconds, "changes": changes} for name, seconds, changes in phases}
    print(json.dumps({"networks": networks, **told}))


if __name__ == "__main__":
    main()
