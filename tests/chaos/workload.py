"""Eight clients who create, change, bind, plug, route, read and delete, each by its own dice; every request goes into the history."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from lab.hosts import HOSTS
from tests.chaos.door import Answer, Door
from tests.chaos.history import DONE, REFUSED, Call, History, Seen, seen_in
from tests.chaos.roads import OUT, Map, Roads
from tests.chaos.taps import Taps

CLIENTS, SHARED, MOST_PORTS = 8, 3, 160


@dataclass(slots=True)
class Known:
    """What the clients believe there is; guesses that may be wrong. ports: {id: host it was bound to, or empty}."""

    shared: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    ports: dict[str, str] = field(default_factory=dict)
    roads: Map = field(default_factory=Map)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def pick(self, dice: random.Random) -> str:
        """Some port, or empty."""
        with self.lock:
            return dice.choice(list(self.ports)) if self.ports else ""


class Client(threading.Thread):
    """One client; `stop` ends it after the request that is under way."""

    def __init__(
        self, number: int, seed: int, url: str, known: Known, history: History, taps: Taps, pause: float
    ) -> None:
        super().__init__(name=f"client-{number}", daemon=True)
        self._number, self._dice, self._door = number, random.Random(seed * 1000 + number), Door(url)
        self._known, self._history, self._taps, self._pause = known, history, taps, pause
        self._count, self._stop_asked = 0, threading.Event()
        self._deeds: dict[Callable[[], Any], int] = {
            self._create: 18, self._bulk: 6, self._update: 18, self._bind: 8, self._remove: 12, self._show: 22, self._list: 5,
            self._plug: 8, self._unplug: 4, self._network: 3, self._no_network: 2,
        }  # fmt: skip
        pick = partial(known.pick, self._dice)
        self._deeds |= Roads(known.roads, self._dice, self._tag, self._call, self._door.send, pick).deeds

    def run(self) -> None:
        """One deed after the other."""
        deeds, weights = list(self._deeds), list(self._deeds.values())
        while not self._stop_asked.wait(self._pause * self._dice.uniform(0.5, 1.5)):
            crowded = len(self._known.ports) > MOST_PORTS
            deed = self._remove if crowded else self._dice.choices(deeds, weights)[0]
            answer = deed()
            if isinstance(answer, Answer) and answer.status in (0, 503):
                time.sleep(0.2)

    def stop(self) -> None:
        """Ask it to end."""
        self._stop_asked.set()

    def _tag(self) -> str:
        self._count += 1
        return f"c{self._number}-{self._count}"

    def _call(self, verb: str, kind: str, method: str, path: str, body: Any = None, **about: Any) -> Answer:
        answer = self._door.send(method, path, body)
        seen: tuple[Seen, ...] = seen_in(kind, answer.body) if answer.fate == DONE else ()
        times = (answer.begun, answer.ended)
        self._history.add(Call(self._number, verb, kind, *times, answer.fate, answer.status, seen=seen, **about))
        return answer

    def _attributes(self, tag: str) -> dict[str, Any]:
        network = self._dice.choice([*self._known.shared * 3, *self._known.extra])
        made: dict[str, Any] = {"network_id": network, "name": tag}
        if self._dice.random() < 0.6:
            made |= {"binding:host_id": self._dice.choice(HOSTS), **_device()}
        return made

    def _create(self) -> Answer:
        tag = self._tag()
        made = self._attributes(tag)
        answer = self._call("create", "port", "POST", "ports", {"port": made}, tag=tag)
        self._learn(answer, [made])
        return answer

    def _bulk(self) -> Answer:
        tag, size = self._tag(), self._dice.randint(2, 8)
        made = [self._attributes(f"{tag}.{number}") for number in range(size)]
        answer = self._call("create", "port", "POST", "ports", {"ports": made}, tag=tag, size=size)
        self._learn(answer, made)
        return answer

    def _learn(self, answer: Answer, made: list[dict[str, Any]]) -> None:
        if answer.fate == DONE:
            hosts = {one["name"]: one.get("binding:host_id", "") for one in made}
            with self._known.lock:
                self._known.ports |= {one.id: hosts.get(one.name, "") for one in seen_in("port", answer.body)}

    def _update(self) -> Answer | None:
        port, tag = self._known.pick(self._dice), self._tag()
        if not port:
            return None
        body = {"port": {"name": tag, "description": tag}}
        return self._call("update", "port", "PUT", f"ports/{port}", body, tag=tag, target=port)

    def _bind(self) -> Answer | None:
        port, tag, host = self._known.pick(self._dice), self._tag(), self._dice.choice((*HOSTS, ""))
        if not port:
            return None
        body = {"port": {"name": tag, "description": tag, "binding:host_id": host, **_device()}}
        answer = self._call("update", "port", "PUT", f"ports/{port}", body, tag=tag, target=port)
        if answer.fate == DONE:
            with self._known.lock:
                if port in self._known.ports:
                    self._known.ports[port] = host
        return answer

    def _remove(self) -> Answer | None:
        port = self._known.pick(self._dice)
        if not port:
            return None
        answer = self._call("delete", "port", "DELETE", f"ports/{port}", target=port)
        if answer.fate == DONE or answer.status == 404:
            with self._known.lock:
                host = self._known.ports.pop(port, "")
            if host and self._dice.random() < 0.8:
                self._taps.unplug(host, port)
        return answer

    def _show(self) -> Answer | None:
        kind, id = "port", self._known.pick(self._dice)
        if self._dice.random() < 0.2 or not id:
            kind, id = "network", self._dice.choice([*self._known.shared, *self._known.extra])
        return self._call("show", kind, "GET", f"{kind}s/{id}", target=id)

    def _list(self) -> Answer:
        network = self._dice.choice(self._known.shared)
        return self._call("list", "port", "GET", f"ports?network_id={network}", target=network)

    def _plug(self) -> None:
        port = self._known.pick(self._dice)
        host = self._known.ports.get(port, "")
        if host:
            self._taps.plug(host, port)

    def _unplug(self) -> None:
        port = self._known.pick(self._dice)
        host = self._known.ports.get(port, "")
        if host:
            self._taps.unplug(host, port)

    def _network(self) -> Answer:
        tag = self._tag()
        answer = self._call("create", "network", "POST", "networks", {"network": {"name": tag}}, tag=tag)
        if answer.fate == DONE:
            self.subnet(answer.body["network"]["id"])
            with self._known.lock:
                self._known.extra.append(answer.body["network"]["id"])
        return answer

    def subnet(self, network: str, prefix: int = 20, dhcp: bool = False) -> Answer:
        """Give a network a subnet."""
        tag, cidr = self._tag(), f"10.{self._dice.randrange(256)}.{self._dice.randrange(16) * 16}.0/{prefix}"
        made = {"network_id": network, "ip_version": 4, "cidr": cidr, "enable_dhcp": dhcp, "name": tag}
        return self._call("create", "subnet", "POST", "subnets", {"subnet": made}, tag=tag)

    def _no_network(self) -> Answer | None:
        with self._known.lock:
            network = self._dice.choice(self._known.extra) if len(self._known.extra) > 2 else ""
        if not network:
            return None
        answer = self._call("delete", "network", "DELETE", f"networks/{network}", target=network)
        if answer.fate != REFUSED or answer.status == 404:
            with self._known.lock:
                self._known.extra = [one for one in self._known.extra if one != network]
        return answer

    def shared(self, dhcp: bool) -> str:
        """Make a network that all clients use; its id. Raises RuntimeError."""
        return self._first({}, dhcp)

    def outside(self) -> str:
        """Make the network that is the way out; its id. Raises RuntimeError."""
        return self._first(OUT, dhcp=False)

    def _first(self, attributes: dict[str, Any], dhcp: bool) -> str:
        tag = self._tag()
        made = {"network": {"name": tag, **attributes}}
        answer = self._call("create", "network", "POST", "networks", made, tag=tag)
        subnet = self.subnet(answer.body["network"]["id"], dhcp=dhcp) if answer.fate == DONE else answer
        if subnet.fate != DONE:
            raise RuntimeError(f"no network to begin with: {answer.body}, {subnet.body}")
        if not attributes:
            self._known.roads.subnets.append(subnet.body["subnet"]["id"])
        return str(answer.body["network"]["id"])


class Workload:
    """All clients at once, on `SHARED` networks (one of them with DHCP) and on such that come and go."""

    def __init__(self, url: str, seed: int, taps: Taps, pause: float = 0.04) -> None:
        self.history, known = History(), Known()
        self._clients = [Client(number, seed, url, known, self.history, taps, pause) for number in range(CLIENTS)]
        known.roads.external = self._clients[0].outside()
        known.shared = [self._clients[0].shared(dhcp=number == 0) for number in range(SHARED)]

    def start(self) -> None:
        """Let them go."""
        for client in self._clients:
            client.start()

    def stop(self, seconds: float = 30.0) -> None:
        """Ask them to end and wait. Raises RuntimeError when one hangs: no request may take so long."""
        for client in self._clients:
            client.stop()
        for client in self._clients:
            client.join(seconds)
            if client.is_alive():
                raise RuntimeError(f"{client.name} hangs in a request")


def _device() -> dict[str, str]:
    return {"device_id": str(uuid.uuid4()), "device_owner": "compute:nova"}
