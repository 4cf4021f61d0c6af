"""The wires between pretended hypervisors: tunnels, and physical networks."""

from __future__ import annotations

from tests.fakes.ovs_host import NIC, FakeHost
from tests.fakes.switch import Output, Packet


class Fabric:
    """Hosts by name, joined by tunnels and by physical networks (equal bridge names are one wire)."""

    def __init__(self, hosts: dict[str, FakeHost]) -> None:
        self.hosts = hosts

    def deliver(self, host: str, tap: str, packet: Packet) -> list[tuple[str, str, Packet]]:
        """Every (host, tap, frame) that a frame sent by a server reaches, all over the fabric."""
        reached: list[tuple[str, str, Packet]] = []
        waiting = [(host, output) for output in self.hosts[host].send(tap, packet)]
        hops = 0
        while waiting:
            hops += 1
            assert hops < 10_000, "a loop"
            at, (name, leaving) = waiting.pop(0)
            row = self.hosts[at].rows["ports"][name]
            if row["type"] == "vxlan":
                waiting += self._over_tunnel(at, row["options"]["remote_ip"], leaving)
            elif name.startswith(NIC):
                waiting += [(to, one) for to in self.hosts if to != at for one in self.hosts[to].arrive(name, leaving)]
            else:
                reached.append((at, name, leaving))
        return reached

    def _over_tunnel(self, at: str, remote_ip: str, packet: Packet) -> list[tuple[str, Output]]:
        for name, host in self.hosts.items():
            back = [
                port
                for port, row in host.rows["ports"].items()
                if row["type"] == "vxlan" and row["options"]["remote_ip"] == self.hosts[at].tunnel_ip
            ]
            if host.tunnel_ip == remote_ip:
                return [(name, output) for port in back for output in host.arrive(port, packet)]
        return []
