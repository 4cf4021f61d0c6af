"""A pretended cloud for stories: the log's facts, several hosts with real brains on pretended switches, and the one question that
matters: does a frame from port A reach port B?"""

from __future__ import annotations

from collections.abc import Iterable

from libs.config import Settings
from libs.eventlog.protocol import Recorded
from libs.feed import PortReport
from services.agent_ovs.brain import OvsBrain
from tests.fakes.ovs_fabric import Fabric
from tests.fakes.ovs_facts import APort, Facts
from tests.fakes.ovs_host import FakeHost
from tests.fakes.switch import BROADCAST, Packet

MAPPINGS = {"physnet1": "br-physnet1", "public": "br-public"}


class Agent:
    """A brain on a pretended host; may die and start again. `wired`: what the server knows from its reports."""

    def __init__(self, name: str, host: FakeHost) -> None:
        self.name, self.host = name, host
        self.wired: dict[str, PortReport] = {}
        self.start()

    def start(self) -> None:
        """A fresh brain that knows nothing."""
        settings = Settings(host=self.name, tunnel_ip=self.host.tunnel_ip, bridge_mappings=MAPPINGS, state_dir="")
        self.pokes = 0
        self.brain = OvsBrain(settings, self.host, self._poked)
        self.host.tell = self.brain.told
        self.brain.prepare()

    def take(self, facts: Iterable[Recorded]) -> None:
        """Facts come in, nothing is applied yet."""
        for recorded in facts:
            self.brain.take(recorded)

    def apply(self) -> None:
        """Apply until nothing pokes any more."""
        for _ in range(10):
            self.pokes = 0
            for report in getattr(self.brain.apply(), "ports", ()):
                self.wired.pop(report.port_id, None)
                if report.wired:
                    self.wired[report.port_id] = report
            self.host.vswitchd()
            if not self.pokes:
                return
        raise AssertionError("it never comes to rest")

    def _poked(self) -> None:
        self.pokes += 1


class Cloud:
    """Hosts h1, h2, .. with physical networks physnet1 and public, and one log."""

    def __init__(self, count: int = 2) -> None:
        self.facts = Facts()
        names = [f"h{number}" for number in range(1, count + 1)]
        self.fabric = Fabric({name: FakeHost(f"192.0.2.{name[1:]}", tuple(MAPPINGS.values())) for name in names})
        self.agents = {name: Agent(name, host) for name, host in self.fabric.hosts.items()}
        self._told = 0
        for name, host in self.fabric.hosts.items():
            self.facts.agent(name, host.tunnel_ip, f"02:00:00:00:00:{name[1:]:0>2}")

    def settle(self) -> None:
        """Every agent hears what is new, and applies."""
        news, self._told = self.facts.log[self._told :], len(self.facts.log)
        for agent in self.agents.values():
            agent.take(news)
            agent.apply()

    def boot(self, network: str, host: str, ip: str) -> APort:
        """A server whose port is bound and whose tap is plugged."""
        port = self.facts.port(network, host, ip)
        self.host(host).plug(port.id)
        self.settle()
        return port

    def host(self, name: str) -> FakeHost:
        """A host's switch."""
        return self.fabric.hosts[name]

    def heard(self, source: APort, packet: Packet, host: str = "") -> set[tuple[str, str]]:
        """(host, tap) of everybody who gets a frame of this port."""
        reached = self.fabric.deliver(host or source.host, _tap(source), packet)
        assert all(frame.vlan is None for _, _, frame in reached), "a server got a tagged frame"
        return {(where, tap) for where, tap, _ in reached}

    def reaches(self, source: APort, target: APort) -> bool:
        """Whether a frame to its MAC arrives there, and nowhere else."""
        heard = self.heard(source, Packet(source.mac, target.mac))
        assert heard <= {(target.host, _tap(target))}, f"others hear it too: {heard}"
        return bool(heard)

    def hears_broadcast(self, source: APort) -> set[tuple[str, str]]:
        """Everybody who gets a broadcast of this port."""
        return self.heard(source, Packet(source.mac, BROADCAST))

    def asks(self, source: APort, ip: str) -> tuple[set[tuple[str, str]], list[str]]:
        """An ARP request: who hears it, and the MACs that are answered on the sender's own tap."""
        request = Packet(source.mac, BROADCAST, arp=(1, source.mac, source.ip, "00:00:00:00:00:00", ip))
        reached = self.fabric.deliver(source.host, _tap(source), request)
        me = (source.host, _tap(source))
        answers = [
            frame.arp[1] for host, tap, frame in reached if (host, tap) == me and frame.arp and frame.arp[0] == 2
        ]
        return {(host, tap) for host, tap, _ in reached if (host, tap) != me}, answers


def _tap(port: APort) -> str:
    return f"tap{port.id[:11]}"
