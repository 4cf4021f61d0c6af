"""A stage for stories that nobody wrote: random but lawful things happen to a pretended cloud, chosen by numbers."""

from __future__ import annotations

from collections.abc import Callable

from tests.fakes.ovs_cloud import Cloud, _tap
from tests.fakes.ovs_facts import APort
from tests.story.ovs_stage_groups import StagedGroups

Play = Callable[["Stage"], None]


class Stage:
    """A cloud on which random but lawful things happen. `after` runs when a step is done."""

    def __init__(self, after: Play) -> None:
        self.cloud, self.after = Cloud(3), after
        self.networks: list[str] = []
        self.ports: list[APort] = []
        self.made = 0
        self.security = StagedGroups(self.cloud.facts, self._some)

    def step(self, number: int) -> None:
        """One thing happens, chosen by a number."""
        deeds = (
            self._network,
            self._port,
            self._port,
            self._plug,
            self._plug,
            self._unplug,
            self._rebind,
            self._unbind,
        )
        more = (
            self._delete,
            self._switch,
            self._mac,
            self._ip,
            self._delete_network,
            self._agent,
            self._network_switch,
            self._ready,
            self._activate,
            self._activate,
            self._give_up,
            self._plug_second,
        )
        all_deeds = deeds + more + self.security.deeds()
        deed = all_deeds[number % len(all_deeds)]
        deed(number // len(all_deeds))
        self.after(self)

    def _network(self, number: int) -> None:
        kinds = (("vxlan", None), ("vlan", "physnet1"), ("flat", "public"), ("local", None))
        kind, physnet = kinds[number % 4]
        if kind == "flat" and self.made % 2 == 0:  # one flat network on a wire at a time
            kind, physnet = kinds[0]
        self.made += 1
        segment = self.made if kind in ("vxlan", "vlan") else None
        self.networks.append(self.cloud.facts.network(kind, segment, physnet))

    def _port(self, number: int) -> None:
        if self.networks:
            net = self.networks[number % len(self.networks)]
            host = ("h1", "h2", "h3", "")[number // 7 % 4]
            self.made += 1
            self.ports.append(self.cloud.facts.port(net, host, f"10.0.{self.made // 250}.{self.made % 250 + 1}"))

    def _some(self, number: int) -> APort | None:
        return self.ports[number % len(self.ports)] if self.ports else None

    def _plug(self, number: int) -> None:
        port = self._some(number)
        if port is not None and port.host and _tap(port) not in self.cloud.host(port.host).rows["ports"]:
            self.cloud.host(port.host).plug(port.id)

    def _unplug(self, number: int) -> None:
        port = self._some(number)
        for host in self.cloud.fabric.hosts.values():
            if port is not None:
                host.unplug(_tap(port))

    def _rebind(self, number: int) -> None:
        port = self._some(number)
        if port is not None:
            self.cloud.facts.bind(
                port, ("h1", "h2", "h3")[number % 3], ("ovs", "ovs", "binding_failed")[number // 3 % 3]
            )

    def _ready(self, number: int) -> None:
        port, host = self._some(number), ("h1", "h2", "h3")[number % 3]
        if port is not None and port.host and host != port.host and not port.second:
            self.cloud.facts.ready(port, host)

    def _activate(self, number: int) -> None:
        moving = [port for port in self.ports if port.second]
        if moving:
            self.cloud.facts.activate(moving[number % len(moving)])

    def _give_up(self, number: int) -> None:
        moving = [port for port in self.ports if port.second]
        if moving:
            self.cloud.facts.give_up(moving[number % len(moving)])

    def _plug_second(self, number: int) -> None:
        moving = [port for port in self.ports if port.second]
        port = moving[number % len(moving)] if moving else None
        if port is not None and _tap(port) not in self.cloud.host(port.second).rows["ports"]:
            self.cloud.host(port.second).plug(port.id)

    def _unbind(self, number: int) -> None:
        port = self._some(number)
        if port is not None and port.host:
            self.cloud.facts.unbind(port)

    def _delete(self, number: int) -> None:
        port = self._some(number)
        if port is not None:
            self.cloud.facts.delete(port)
            self.ports.remove(port)

    def _switch(self, number: int) -> None:
        port = self._some(number)
        if port is not None:
            self.cloud.facts.switch(port, number % 2 == 0)

    def _mac(self, number: int) -> None:
        port = self._some(number)
        self.made += 1
        if port is not None:
            self.cloud.facts.change_mac(port, f"fa:16:3e:ff:{self.made // 256:02x}:{self.made % 256:02x}")

    def _ip(self, number: int) -> None:
        port = self._some(number)
        self.made += 1
        if port is not None:
            self.cloud.facts.readdress(port, f"10.1.{self.made // 250}.{self.made % 250 + 1}")

    def _delete_network(self, number: int) -> None:
        for net in self.networks[number % 5 :][:1]:
            if not [port for port in self.ports if port.network == net]:
                self.cloud.facts.network_deleted(net)
                self.networks.remove(net)

    def _agent(self, number: int) -> None:
        host = ("h1", "h2", "h3")[number % 3]
        ip = f"192.0.2.{host[1:]}{number % 2}"
        self.cloud.facts.agent_moved(host, ip)

    def _network_switch(self, number: int) -> None:
        for net in self.networks[number % 5 :][:1]:
            self.cloud.facts.network_switched(net, number % 2 == 0)
