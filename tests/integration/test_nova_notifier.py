"""Nova is told what happens to its servers' ports: soon, in order, and whatever dies on the way, at least once."""

from __future__ import annotations

import statistics
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from libs.commands import ReportWired
from libs.eventlog.follow import Tail
from libs.model import Context
from libs.nova.client import NovaClient
from services.topology.commits import ACTOR
from services.topology.inbox import LogReader
from services.topology.notifier import Notifier
from tests.fakes.browser import Browser
from tests.fakes.nova_events import NovaEvents, fails, in_part
from tests.integration.api_world import World
from tests.integration.layer3_world import public, routed, subnet_of

pytestmark = pytest.mark.postgres
VM = str(uuid.uuid4())


def eventually(what: str, happened: Callable[[], bool], seconds: float = 10.0) -> None:
    until = time.monotonic() + seconds
    while not happened() and time.monotonic() < until:
        time.sleep(0.005)
    assert happened(), what


@dataclass
class Telling:
    """A leader's notifier, which may be ended at any time, and another begun."""

    world: World
    nova: NovaEvents
    seconds: float = 5.0
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def begin(self) -> None:
        log, self._stop = self.world.log, threading.Event()
        notifier = Notifier(log, log.pool, NovaClient(self.nova.url, self.seconds), first_pause=0.02)
        position = notifier.start()
        reader = LogReader(log, Tail(log, position), log.identity(), position, lambda batch: None)
        inbox = reader.open(position)
        loops = (lambda: reader.run(self._stop), lambda: notifier.run(inbox, self._stop))
        self._threads = [threading.Thread(target=loop, daemon=True) for loop in loops]
        for thread in self._threads:
            thread.start()

    def end(self) -> float:
        """How long it took to end, in seconds."""
        began = time.monotonic()
        self._stop.set()
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()
        return time.monotonic() - began


@pytest.fixture
def nova() -> Iterator[NovaEvents]:
    one = NovaEvents().start()
    yield one
    one.stop()


@pytest.fixture
def telling(world: World, nova: NovaEvents) -> Iterator[Telling]:
    one = Telling(world, nova)
    one.begin()
    yield one
    one.end()


def server_port(admin: Browser, device: str = VM, owner: str = "compute:nova") -> str:
    network, _ = subnet_of(admin, "10.0.0.0/24")
    more = {"device_id": device, "device_owner": owner, "binding__host_id": "compute1"}
    return str(admin.made("port", network_id=network, **more)["id"])


def report(world: World, port: str, wired: bool = True, host: str = "compute1", generation: int = 1) -> None:
    context = Context(ACTOR, "", str(uuid.uuid4()), "2026-11-22T10:00:00.000000Z")
    world.ledger.commit(ReportWired(port, host, generation, wired), context)


def test_a_ports_life_as_nova_is_told_it(world: World, nova: NovaEvents, telling: Telling) -> None:
    admin, port = world.admin, server_port(world.admin)
    report(world, port)
    eventually("plugged", lambda: nova.told(port) == ["network-vif-plugged"])
    assert nova.events[0] == {
        "name": "network-vif-plugged", "server_uuid": VM, "tag": port, "status": "completed",
    }  # fmt: skip
    assert admin.put(f"/v2.0/ports/{port}", {"port": {"name": "eth0"}}).status == 200
    eventually("changed", lambda: nova.told(port)[1:] == ["network-changed"])
    assert "status" not in nova.events[1]
    report(world, port, wired=False)
    assert admin.delete(f"/v2.0/ports/{port}").status == 204
    eventually("deleted", lambda: nova.told(port)[2:] == ["network-vif-deleted"] or len(nova.told(port)) == 4)
    assert nova.told(port)[-1] == "network-vif-deleted"


def test_a_server_that_moves_is_plugged_at_both_hosts(world: World, nova: NovaEvents, telling: Telling) -> None:
    port, service = server_port(world.admin), world.admin.acting("service", "service")
    report(world, port)
    eventually("here", lambda: nova.told(port) == ["network-vif-plugged"])
    path = f"/v2.0/ports/{port}/bindings"
    assert service.post(path, {"binding": {"host": "compute2"}}).status == 201
    report(world, port, host="compute2", generation=2)
    eventually("both", lambda: nova.told(port) == ["network-vif-plugged"] * 2)
    assert service.put(f"{path}/compute2/activate", None).status == 200
    eventually("active there", lambda: nova.told(port) == ["network-vif-plugged"] * 3)


def test_a_floating_ip_is_told_of_when_it_comes_and_goes(world: World, nova: NovaEvents, telling: Telling) -> None:
    admin = world.admin
    external, _ = public(admin)
    _, network, _ = routed(admin, external)
    port = admin.made("port", network_id=network, device_id=VM, device_owner="compute:nova")["id"]
    floating = admin.made("floatingip", floating_network_id=external, port_id=port)["id"]
    eventually("associated", lambda: nova.told(port) == ["network-changed"])
    assert admin.delete(f"/v2.0/floatingips/{floating}").status == 204
    eventually("disassociated", lambda: nova.told(port) == ["network-changed"] * 2)


def test_other_ports_are_nobodys_business(world: World, nova: NovaEvents, telling: Telling) -> None:
    for device, owner in (("vm", "compute:nova"), (VM, "network:x"), ("", "")):
        other = server_port(world.admin, device, owner)
        report(world, other)
        world.admin.put(f"/v2.0/ports/{other}", {"port": {"name": "x"}})
    port = server_port(world.admin)
    report(world, port)
    eventually("its own", lambda: nova.told(port) == ["network-vif-plugged"])
    assert len(nova.events) == 1


@pytest.mark.parametrize("trouble", [fails(500), fails(503), fails(401), fails(0)], ids=["500", "503", "401", "cut"])
def test_it_is_told_again_until_it_takes_it(world: World, nova: NovaEvents, telling: Telling, trouble) -> None:
    nova.plan = [trouble] * 4
    port = server_port(world.admin)
    report(world, port)
    eventually("at last", lambda: nova.told(port) == ["network-vif-plugged"])
    assert nova.asked >= 5


def test_a_nova_that_hangs_is_asked_again(world: World, nova: NovaEvents) -> None:
    telling = Telling(world, nova, seconds=0.3)
    telling.begin()
    nova.hangs = 1.0
    port = server_port(world.admin)
    report(world, port)
    eventually("a second try", lambda: nova.asked >= 2)
    nova.hangs = 0.0
    eventually("told", lambda: "network-vif-plugged" in nova.told(port))
    telling.end()


def test_a_notifier_ends_at_once_though_nova_hangs(world: World, nova: NovaEvents) -> None:
    telling = Telling(world, nova, seconds=30)
    telling.begin()
    nova.hangs = 3.0
    port = server_port(world.admin)
    report(world, port)
    eventually("asked", lambda: nova.asked == 1)
    assert telling.end() < 1.5


def test_nothing_is_lost_while_nova_and_the_notifier_restart(world: World, nova: NovaEvents) -> None:
    telling = Telling(world, nova)
    telling.begin()
    ports = [server_port(world.admin, str(uuid.uuid4())) for _ in range(6)]
    report(world, ports[0])
    eventually("the first", lambda: nova.told(ports[0]) == ["network-vif-plugged"])
    nova.stop()
    for port in ports[1:3]:
        report(world, port)
    telling.end()
    for port in ports[3:5]:
        report(world, port)
    telling.begin()
    report(world, ports[5])
    time.sleep(0.2)
    nova.start()
    eventually("all", lambda: all(nova.told(port) for port in ports), 15)
    telling.end()
    once = [nova.told(port) for port in ports]
    assert once[0] == ["network-vif-plugged"] and all(set(names) == {"network-vif-plugged"} for names in once)


def test_a_restart_with_nothing_new_tells_nothing(world: World, nova: NovaEvents) -> None:
    telling = Telling(world, nova)
    telling.begin()
    port = server_port(world.admin)
    report(world, port)
    eventually("told", lambda: nova.told(port) == ["network-vif-plugged"])
    telling.end()
    telling.begin()
    other = server_port(world.admin)
    report(world, other)
    eventually("told", lambda: nova.told(other) == ["network-vif-plugged"])
    telling.end()
    assert nova.told(port) == ["network-vif-plugged"]


def test_the_past_is_told_to_nobody(world: World, nova: NovaEvents) -> None:
    before = server_port(world.admin)
    report(world, before)
    telling = Telling(world, nova)
    telling.begin()
    after = server_port(world.admin)
    report(world, after)
    eventually("told", lambda: nova.told(after) == ["network-vif-plugged"])
    telling.end()
    assert nova.told(before) == []


def test_of_many_those_alone_that_failed_are_told_again(world: World, nova: NovaEvents) -> None:
    telling = Telling(world, nova)
    telling.begin()  # from here on
    telling.end()
    ports = [server_port(world.admin, str(uuid.uuid4())) for _ in range(3)]
    for port in ports:
        report(world, port)
    nova.plan = [in_part([200, 500, 404])]
    telling.begin()
    eventually("twice", lambda: len(nova.told(ports[1])) == 2)
    telling.end()
    assert [len(nova.told(port)) for port in ports] == [1, 2, 1] and nova.asked == 2


def test_a_notice_that_nova_refuses_keeps_no_other_back(world: World, nova: NovaEvents) -> None:
    telling = Telling(world, nova)
    telling.begin()
    telling.end()
    ports = [server_port(world.admin, str(uuid.uuid4())) for _ in range(5)]
    for port in ports:
        report(world, port)
    bad = ports[2]
    nova.plan = [
        lambda events: (400, {}) if bad in {one["tag"] for one in events} else (200, {"events": []}) for _ in range(20)
    ]  # type: ignore[list-item]
    telling.begin()
    eventually("the others", lambda: {one for one in ports if nova.told(one)} == {*ports} - {bad})
    telling.end()


def test_many_at_once_are_told_together_and_one_within_milliseconds(world: World, nova: NovaEvents) -> None:
    telling = Telling(world, nova)
    telling.begin()
    admin = world.admin
    network, _ = subnet_of(admin, "10.1.0.0/16", name="many")
    ports = [{"network_id": network, "device_id": str(uuid.uuid4()), "device_owner": "compute:nova",
              "binding:host_id": "compute1"} for _ in range(230)]  # fmt: skip
    made = [one["id"] for one in admin.post("/v2.0/ports", {"ports": ports}).json["ports"]]
    nova.hangs = 0.3
    for port in made:
        report(world, port)
    nova.hangs = 0.0
    eventually("all", lambda: len(nova.events) == 230, 20)
    assert nova.asked <= 30 and 10 < nova.largest <= 100
    taken = []
    for port in made[:40]:
        report(world, port, wired=False)
        seen, began = len(nova.events), time.monotonic()
        report(world, port)
        eventually("plugged", lambda seen=seen: any(one["name"] == "network-vif-plugged" for one in nova.events[seen:]))
        taken.append(1000 * (nova.taken[-1][0] - began))
    telling.end()
    print(f"report -> Nova: p50 {statistics.median(taken):.1f} ms, slowest {max(taken):.1f} ms")
    assert statistics.median(taken) < 100
