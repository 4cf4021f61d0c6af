"""An agent under eventlet that is told something by who kept the processor for as long as the agent waits: is it applied?

`python -m tests.fakes.green_agent`; exit code 0 when it was soon.
"""

from __future__ import annotations

import warnings

warnings.filterwarnings("ignore")
import eventlet  # noqa: E402

eventlet.monkey_patch()

import sys  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402

from eventlet import patcher  # noqa: E402

from libs.agent import AgentRuntime  # noqa: E402
from libs.config import Settings  # noqa: E402
from libs.eventlog.protocol import Recorded  # noqa: E402
from libs.events import PortRenamed  # noqa: E402
from libs.feed import AgentMessage, Feed, Fetch  # noqa: E402
from libs.model import OVS_AGENT  # noqa: E402

BUSY_SECONDS = 1.5  # longer than an agent waits for a poke


class Names:
    """A brain that applies names."""

    agent_type, binary = OVS_AGENT, "neutron-openvswitch-agent"

    def __init__(self) -> None:
        self.desired: list[str] = []
        self.applied: list[str] = []

    def configurations(self) -> dict[str, str]:
        return {}

    def forget(self, networks: tuple[str, ...] | None) -> None:
        pass

    def held(self, scopes: frozenset[str]) -> None:
        pass

    def take(self, recorded: Recorded) -> None:
        assert isinstance(recorded.event, PortRenamed)
        self.desired.append(recorded.event.after)

    def apply(self) -> None:
        self.applied = list(self.desired)

    def audit(self) -> dict[str, int]:
        return {}

    def load(self) -> dict[str, int]:
        return {}

    def report(self) -> None:
        pass

    def close(self) -> None:
        pass


class Bus:
    """A bus that answers at once."""

    runtime: AgentRuntime

    def run(self) -> None:
        self.runtime.on_up()

    def send(self, message: AgentMessage) -> bool:
        if isinstance(message, Fetch):
            answer = Feed("log", 1, 0, 1, (fact(1, "first"),), full=True, request=message.request)
            eventlet.spawn_after(0.01, self.runtime.on_feed, answer)
        return True

    def close(self) -> None:
        pass


def fact(position: int, name: str) -> Recorded:
    return Recorded(position, "port-a", position, PortRenamed("a", "", name), {}, "2026-11-22T15:00:00.000000Z")


def soon(brain: Names, name: str, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while name not in brain.applied and time.monotonic() < deadline:
        time.sleep(0.01)
    return name in brain.applied


def main() -> int:
    brain, bus = Names(), Bus()
    bus.runtime = AgentRuntime(Settings(host="h"), brain, bus)
    threading.Thread(target=bus.runtime.run, daemon=True).start()
    assert soon(brain, "first", 5.0)
    time.sleep(0.1)
    patcher.original("time").sleep(BUSY_SECONDS)  # nobody else runs
    bus.runtime.on_feed(Feed("log", 1, 1, 2, (fact(2, "second"),)))
    return 0 if soon(brain, "second", 2.0) else 1


if __name__ == "__main__":
    sys.exit(main())
