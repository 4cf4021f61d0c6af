"""What a compromised host may say on the ways that are open to it: lies, nonsense, floods. Nothing of others changes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import uuid
from typing import Any

import pytest
import requests

from libs.feed import members_of
from libs.model import ACTIVE
from tests.integration.topology_world import eventually
from tests.redteam.attacker import Attacker
from tests.redteam.conftest import Scene

pytestmark = [pytest.mark.postgres, pytest.mark.broker]
HUGE = 10**4000


def wiring(port: object, generation: object = 1, wired: object = True, **more: object) -> dict[str, Any]:
    return {"kind": "Wiring", "ports": [{"port_id": port, "generation": generation, "wired": wired, **more}]}


def hello(host: object, **changes: object) -> dict[str, Any]:
    base = {"host": host, "agent_type": "Open vSwitch agent", "binary": "b", "availability_zone": "z"}
    return {"kind": "Hello", **base, "configurations": {}, **changes}


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"a": value}
    return value


def lies(scene: Scene) -> dict[str, object]:
    me, other = scene.cloud.named("compute1"), scene.cloud.named("compute2")
    return {
        "another host's hello": hello(other),
        "a new host's hello": hello("compute9"),
        "another agent's hello": hello(me, agent_type="L3 agent"),
        "a hello with a line feed": hello(me, binary="a\nb"),
        "a hello with NUL deep inside": hello(me, configurations={"a": [{"b": "\0"}]}),
        "a hello with half a surrogate": json.dumps(hello(me, configurations={"a": "\ud800"})),
        "a hello with NaN": json.dumps(hello(me, configurations={"a": float("nan")})),
        "a huge hello": hello(me, configurations={"a": "x" * 20_000}),
        "a deep hello": hello(me, configurations=nested(300)),
        "another's port is gone": wiring(scene.theirs, wired=False),
        "another's port is there": wiring(scene.theirs, generation=2),
        "a port of no host": wiring(scene.unbound),
        "a port that never was": wiring(str(uuid.uuid4())),
        "an older binding of its port": wiring(scene.mine, generation=0),
        "a later binding of its port": wiring(scene.mine, generation=7),
        "a generation without end": json.dumps(wiring(scene.mine)).replace('"generation": 1', f'"generation": {HUGE}'),
        "a negative generation": wiring(scene.mine, generation=-1),
        "a generation that is a text": wiring(scene.mine, generation="1"),
        "a port with NUL in it": wiring("\0"),
        "a port with a quote in it": wiring("' or true --"),
        "half a surrogate for a port": json.dumps(wiring("\ud800")),
        "a port as long as a message": wiring("x" * 200_000),
        "a reason as long as a message": wiring(scene.mine, wired=False, reason="x" * 200_000),
        "a reason with a line feed": wiring(scene.mine, wired=False, reason="a\nb"),
        "a complete report of others": {**wiring(scene.theirs), "complete": True},
        "a fetch from the future": {"kind": "Fetch", "request": "f", "after": 2**70, "log_id": "x", "epoch": 2**70},
        "a fetch from before time": {"kind": "Fetch", "request": "f", "after": -(2**70)},
        "a fetch with too long a name": {"kind": "Fetch", "request": "f" * 1000, "after": 0},
        "a drift of less than nothing": {"kind": "Drift", "counts": {"flows": -(2**70)}},
        "a drift beyond numbers": {"kind": "Drift", "counts": {"flows": 2**70}},
        "a drift of many things": {"kind": "Drift", "counts": {str(number): 1 for number in range(5000)}},
        "a heartbeat beyond numbers": {"kind": "Alive", "position": 2**70, "load": {"ports": 2**70, "\0": 1}},
        "a heartbeat below numbers": {"kind": "Alive", "position": -(2**70), "load": {"networks": -5}},
        "a load of many things": {"kind": "Alive", "position": 0, "load": {str(number): 1 for number in range(5000)}},
        "an event": {"kind": "PortBecameActive", "port_id": scene.mine, "host": me},
        "a command": {"kind": "DeletePort", "port_id": scene.theirs},
        "a feed": {"kind": "Feed", "log_id": "x", "epoch": 9, "prev": 0, "position": 9, "events": []},
        "a question": {"kind": "ChooseAddresses"},
        "no kind": {"ports": []},
        "a kind that is a list": {"kind": ["Alive"]},
        "nothing": "",
        "a number": "1",
        "null": "null",
        "half a text": '{"kind": "Alive", "posi',
        "bytes that are no text": b"\xff\xfe\x00" * 10,
        "brackets without end": "[" * 100_000,
        "objects without end": '{"a":' * 50_000,
        "a number without end": '{"kind": "Alive", "position": ' + "9" * 200_000 + "}",
        "more than a message may hold": json.dumps({"kind": "Alive", "position": 0, "load": {"x" * 300_000: 1}}),
    }


def test_no_lie_is_believed_and_no_nonsense_breaks_anything(scene: Scene, attacker: Attacker, harmless: None) -> None:
    for body in lies(scene).values():
        attacker.say(body)  # type: ignore[arg-type]
        attacker.say(body, user_id=None)  # type: ignore[arg-type]
        attacker.say(body, content_type="application/x-python-serialize", content_encoding="zlib")  # type: ignore[arg-type]
    attacker.settle()
    assert scene.cloud.state("port", scene.theirs).status == ACTIVE
    assert scene.cloud.agent_row("compute2", "Open vSwitch agent")[1], "compute2's agent is alive"  # type: ignore[index]


def test_each_lie_alone_leaves_the_next_truth_to_be_heard(scene: Scene, ovs_attacker: Attacker) -> None:
    """The very same client is believed about its own port, so the lies above failed for what they say."""
    port = own_port(scene, ovs_attacker)
    for wired in (True, False):
        for body in lies(scene).values():
            ovs_attacker.say(body)  # type: ignore[arg-type]
        eventually("the truth", lambda wired=wired: heard(scene, ovs_attacker, port, wired))


def test_properties_and_codecs_that_nobody_can_read_end_nothing(scene: Scene, ovs_attacker: Attacker) -> None:
    """py-amqp raises on the first four, which would end the connection, and the broker would deliver them again and again."""
    port, alive = scene.cloud.port(scene.shared, "compute2"), {"kind": "Alive", "position": 0}
    for properties in (
        {"application_headers": nested(700)},
        {"correlation_id": b"\xff\xfe"},
        {"content_type": b"\xff"},
        {"user_id": None, "message_id": b"\xc3"},
        {"application_headers": {b"\xff": b"\xff", "x" * 255: list(range(3000))}},
        {"timestamp": 2**63 - 1},
        {"content_encoding": "rot13"},
        {"content_encoding": "utf-7"},
    ):
        ovs_attacker.say(alive, **properties)  # type: ignore[arg-type]
        ovs_attacker.say("", **properties)  # type: ignore[arg-type]
    ovs_attacker.say("-" * 250_000 + "x" * 10, content_encoding="punycode")
    ovs_attacker.settle()
    scene.victim.plug(port)
    eventually("the others are heard", lambda: scene.cloud.state("port", port).status == ACTIVE)


def own_port(scene: Scene, red: Attacker) -> str:
    """A port bound on the attacker's host, which has to look alive for that."""

    def looks_alive() -> bool:
        red.say({"kind": "Alive", "position": 0})
        time.sleep(1)
        return bool(scene.cloud.agent_row("compute1", "Open vSwitch agent")[1])  # type: ignore[index]

    eventually("it looks alive", looks_alive, 90)  # a flood before may have shut it off for a minute
    port = scene.cloud.port(scene.shared, "compute1")
    assert scene.cloud.state("port", port).is_bound
    return port


def heard(scene: Scene, red: Attacker, port: str, wired: bool) -> bool:
    """Whether its port is as it says, once it has said so again, as agents do."""
    red.say(wiring(port, generation=1, wired=wired))
    time.sleep(0.2)
    return (scene.cloud.state("port", port).status == ACTIVE) == wired


def test_what_has_no_sender_s_name_is_not_heard(scene: Scene, ovs_attacker: Attacker, harmless: None) -> None:
    ovs_attacker.say(wiring(scene.mine), user_id=None)
    ovs_attacker.say(wiring(scene.mine), user_id=None, application_headers={"user_id": ovs_attacker.user})
    ovs_attacker.settle()


def test_a_dhcp_agent_s_word_about_ports_counts_nothing(scene: Scene, attacker: Attacker, harmless: None) -> None:
    if attacker.user.startswith("agent-dhcp"):
        attacker.say(wiring(scene.mine))
        attacker.settle()


def test_a_fetch_gets_its_host_s_scopes_and_no_other(scene: Scene, attacker: Attacker, harmless: None) -> None:
    identity = scene.cloud.log.identity()
    claimed = [
        scene.private,
        scene.shared,
        scene.secret,
        members_of(scene.secret),
        "members-",
        "members-' or 1=1",
        "' or 1=1",
    ]
    for after in (0, 1, scene.cloud.log.head()):
        fetch = {
            "kind": "Fetch", "request": "steal", "after": after, "networks": claimed,
            "log_id": identity.log_id, "epoch": identity.epoch,
        }  # fmt: skip
        attacker.say(fetch)
    answers = [json.loads(raw.body) for raw in attacker.hear(1.5) if b'"request":"steal"' in raw.body]
    assert len(answers) >= 3
    for answer in answers:
        told = json.dumps([answer["events"], answer["entered"]])
        assert scene.private not in told and scene.secret not in told


def test_a_flood_of_fetches_is_cut(scene: Scene, attacker: Attacker, harmless: None) -> None:
    for number in range(300):
        attacker.say({"kind": "Fetch", "request": f"flood{number}", "after": 0})
    answers = [raw for raw in attacker.hear(2.0) if b'"request":"flood' in raw.body]
    assert len(answers) <= 25


@pytest.mark.parametrize("body", ["alive", "wiring", "rubbish"])
def test_a_flood_leaves_the_others_their_turn(scene: Scene, ovs_attacker: Attacker, body: str) -> None:
    port = scene.cloud.port(scene.shared, "compute2")
    texts = {
        "alive": json.dumps({"kind": "Alive", "position": 0}),
        "wiring": json.dumps({"kind": "Wiring", "ports": wiring(scene.theirs, wired=False)["ports"] * 1000}),
        "rubbish": "x" * 10_000,
    }
    command = [sys.executable, "-m", "tests.redteam.attacker", ovs_attacker.url]
    flood = subprocess.Popen(command, stdin=subprocess.PIPE, text=True)
    flood.stdin.write(texts[body])  # type: ignore[union-attr]
    flood.stdin.close()  # type: ignore[union-attr]
    times = []
    try:
        time.sleep(1.0)
        for turn in range(6):
            scene.victim.unplug(port) if turn % 2 else scene.victim.plug(port)
            wanted = "DOWN" if turn % 2 else ACTIVE
            times.append(
                eventually("heard", lambda wanted=wanted: scene.cloud.state("port", port).status == wanted, 45)
            )
            assert requests.get(f"{scene.api}/v2.0/networks", timeout=5).ok
    finally:
        flood.kill()
        flood.wait()
    print(
        f"flood of {body}: a report is heard after {sorted(times)[3] * 1000:.0f} ms, at worst {max(times) * 1000:.0f} ms"
    )
    assert sorted(times)[3] < 2.0, (
        "but for what was lost before it was shut off; agents say that again within half a minute"
    )


def test_a_port_that_flaps_without_end_costs_the_log_little(scene: Scene, ovs_attacker: Attacker) -> None:
    ports = [own_port(scene, ovs_attacker) for _ in range(5)]
    head = scene.head()
    for turn in range(3000):
        reports = [wiring(port, wired=turn % 2 == 0)["ports"][0] for port in ports]
        ovs_attacker.say({"kind": "Wiring", "ports": reports})
    ovs_attacker.settle()
    eventually("it is through", lambda: depth(ovs_attacker) == 0, 60)
    time.sleep(2)  # what was handed over already
    assert 100 < scene.head() - head <= 7_000
    scene.works()


def depth(red: Attacker) -> int:
    """Messages that wait for the servers; the passive declaration of a queue is open to all, and tells no more."""
    return int(red.channel.queue_declare("nl.requests.topology", passive=True).message_count)
