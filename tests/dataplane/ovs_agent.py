"""The OVS agent as a process, as in life (patched, with its hands and its runtime), but for the bus: a unix socket with JSON lines
takes its place, so that these tests need no broker. `python -m tests.dataplane.ovs_agent <socket>`."""

from __future__ import annotations

import warnings

warnings.filterwarnings("ignore")
import eventlet  # noqa: E402

eventlet.monkey_patch()

import json  # noqa: E402
import os  # noqa: E402
import socket  # noqa: E402
import sys  # noqa: E402

from libs import config, log  # noqa: E402
from libs.agent import AgentRuntime  # noqa: E402
from libs.agent.pace import Pace  # noqa: E402
from libs.codec import feed_from_json, message_to_json  # noqa: E402
from libs.feed import AgentMessage  # noqa: E402
from services.agent_ovs.service import Agent  # noqa: E402


class SocketLink:
    """The agent's end of a bus that is a socket."""

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(path)
        self.runtime: AgentRuntime | None = None

    def run(self) -> None:
        """Hand feeds to the runtime."""
        assert self.runtime is not None
        self.runtime.on_up()
        for line in self._socket.makefile("r"):
            self.runtime.on_feed(feed_from_json(json.loads(line)))

    def close(self) -> None:
        """End it."""
        self._socket.close()

    def send(self, message: AgentMessage) -> bool:
        """To the test."""
        self._socket.sendall(json.dumps(message_to_json(message)).encode() + b"\n")
        return True


def main() -> None:
    settings = config.load()
    log.setup(settings.log_level, "agent_ovs")
    link = SocketLink(sys.argv[1])
    agent = Agent(settings, link, Pace(audit=float(os.environ["TEST_AUDIT_SECONDS"])))
    link.runtime = agent.runtime
    agent.run()


main()
