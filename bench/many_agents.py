"""Many agents in one process: real links, runtimes and fetches, no switch. `python -m bench.many_agents` reads a first line of JSON
({host: AMQP URL of its agent}), then commands, one a line, and answers each with a line of JSON: `stats`, `forget`, `cut`."""

from __future__ import annotations

import os
import warnings

warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
import eventlet  # noqa: E402

if __name__ == "__main__":
    eventlet.monkey_patch()

import contextlib  # noqa: E402
import json  # noqa: E402
import logging  # noqa: E402
import socket  # noqa: E402
import sys  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402
from datetime import datetime  # noqa: E402
from typing import Any  # noqa: E402
from urllib.parse import urlsplit  # noqa: E402

import amqp  # noqa: E402

from libs.agent.runtime import AgentRuntime  # noqa: E402
from libs.bus.agent_link import AgentLink  # noqa: E402
from libs.bus.names import agent_user  # noqa: E402
from libs.config import Settings  # noqa: E402
from libs.eventlog.protocol import Recorded  # noqa: E402
from libs.feed import Feed, Wiring  # noqa: E402
from libs.model import OVS_AGENT  # noqa: E402


class Tally:
    """What all agents got since the last `forget`. messages, bytes: of the feeds, with facts. fulls, deltas:
    answers to fetches. latencies: milliseconds from recorded (just before the commit) to here."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Count from nothing."""
        self.messages = self.bytes = self.facts = self.deltas = self.fulls = 0
        self.latencies: list[float] = []

    def note(self, feed: Feed, size: int) -> None:
        """One message that one agent got, of so many bytes."""
        self.facts += len(feed.events)
        if feed.request:
            self.fulls += feed.full and feed.part == feed.parts
            self.deltas += not feed.full and feed.part == feed.parts
        elif feed.events:
            self.messages += 1
            self.bytes += size
        if feed.events and not feed.request and not feed.entered:
            at = datetime.fromisoformat(feed.events[-1].recorded_at).timestamp()
            self.latencies.append((time.time() - at) * 1000)


class Blind:
    """A brain that knows of no switch: it takes facts, and nothing is ever wired. `libs.agent.Brain`."""

    agent_type, binary = OVS_AGENT, "netledger-agent-ovs"

    def __init__(self, tunnel_ip: str) -> None:
        self._tunnel_ip = tunnel_ip

    def configurations(self) -> dict[str, Any]:
        """As a real agent's."""
        return {
            "tunneling_ip": self._tunnel_ip,
            "tunnel_mac": "02:00:00:00:00:01",
            "tunnel_types": ["vxlan"],
            "bridge_mappings": {"physnet1": "br-physnet1"},
            "datapath_type": "netdev",
            "integration_bridge": "br-int",
        }

    def forget(self, networks: tuple[str, ...] | None) -> None:
        """Nothing is held."""

    def held(self, scopes: frozenset[str]) -> None:
        """Nor noted."""

    def take(self, recorded: Recorded) -> None:
        """Nothing is kept."""

    def apply(self) -> Wiring | None:
        """There is nothing to wire."""
        return None

    def audit(self) -> dict[str, int]:
        """Nothing differs."""
        return {}

    def load(self) -> dict[str, int]:
        """No load."""
        return {"networks": 0, "ports": 0}

    def report(self) -> Wiring:
        """No port is wired."""
        return Wiring((), complete=True)


class CountingLink(AgentLink):
    """A link that knows how long the message is that is being taken in."""

    size = 0

    def _received(self, raw: amqp.Message) -> None:
        self.size = len(raw.body)
        super()._received(raw)


class Agent:
    """One simulated host's agent, counted."""

    def __init__(self, host: str, number: int, amqp_url: str, tally: Tally) -> None:
        settings = Settings(host=host, amqp_url=amqp_url)
        brain = Blind(f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}")
        self._tally = tally
        self._link = CountingLink(settings, agent_user(OVS_AGENT, host), self._on_feed, lambda: self.runtime.on_up())
        self.runtime = AgentRuntime(settings, brain, self._link)

    def _on_feed(self, feed: Feed) -> None:
        self._tally.note(feed, self._link.size)
        self.runtime.on_feed(feed)


def cut(port: int) -> int:
    """Cut every connection of this process to the broker's port in the same instant; how many. They come back by themselves."""
    found = 0
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(int(name))) as one:
            if one.family == socket.AF_INET and one.getpeername()[1] == port:
                one.shutdown(socket.SHUT_RDWR)
                found += 1
    return found


def main() -> None:
    """Start the agents, then answer commands until the input ends."""
    logging.disable(logging.WARNING)  # a thousand agents that are cut off have nothing new to tell
    tally = Tally()
    urls: dict[str, str] = json.loads(sys.stdin.readline())
    agents = [Agent(host, number, url, tally) for number, (host, url) in enumerate(urls.items(), 1)]
    for agent in agents:
        threading.Thread(target=agent.runtime.run, daemon=True).start()
    for line in iter(lambda: eventlet.tpool.execute(sys.stdin.readline), ""):
        answer: dict[str, Any] = {}
        if line.strip() == "stats":
            answer = {**vars(tally), "in_sync": sum(agent.runtime.in_sync for agent in agents)}
        elif line.strip() == "forget":
            tally.forget()
        elif line.strip() == "cut":
            answer = {"cut": cut(urlsplit(next(iter(urls.values()))).port or 5672)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    import eventlet.tpool

    main()
    os._exit(0)  # a thousand greenlets need no farewell
