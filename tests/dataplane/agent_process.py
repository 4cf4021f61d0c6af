"""A whole agent as a process, its feed read from a file: `python -m tests.dataplane.agent_process agent_dhcp|agent_l3 FACTS`.

FACTS holds one recorded event a line and grows; a Fetch is answered with everything. What else the agent says to the server is
written to FACTS.said, a line of JSON for each message.
"""

from __future__ import annotations

import warnings

warnings.filterwarnings("ignore")
import eventlet  # noqa: E402

eventlet.monkey_patch()

import importlib  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402

from libs import log  # noqa: E402
from libs.agent import AgentRuntime  # noqa: E402
from libs.codec import message_to_json, recorded_from_json  # noqa: E402
from libs.config import load  # noqa: E402
from libs.eventlog.protocol import Recorded  # noqa: E402
from libs.feed import AgentMessage, Feed, Fetch  # noqa: E402


class FileLink:
    """A bus that is a file."""

    def __init__(self, path: Path) -> None:
        self._path, self._read, self._last = path, 0, 0
        self.runtime: AgentRuntime | None = None

    def run(self) -> None:
        assert self.runtime is not None
        self._last = len(self._told(0))
        self.runtime.on_up()
        while True:
            events = self._told(self._last)
            if events:
                prev, self._last = self._last, self._last + len(events)
                self.runtime.on_feed(Feed("log", 1, prev, self._last, events))
            time.sleep(0.002)

    def send(self, message: AgentMessage) -> bool:
        if isinstance(message, Fetch) and self.runtime is not None:
            events = self._told(0)
            scopes = {one.stream.partition("-")[2] for one in events if one.stream.startswith(("network-", "router-"))}
            feed = Feed("log", 1, 0, len(events), events, tuple(scopes), full=True, request=message.request)
            eventlet.spawn(self.runtime.on_feed, feed)
        else:
            with self._path.with_suffix(".said").open("a") as said:
                said.write(json.dumps(message_to_json(message)) + "\n")
        return True

    def close(self) -> None:
        pass

    def _told(self, after: int) -> tuple[Recorded, ...]:
        """What the file says from that line on."""
        lines = self._path.read_text().splitlines()[after:]
        return tuple(recorded_from_json(json.loads(line)) for line in lines)


if __name__ == "__main__":
    log.setup("INFO", sys.argv[1])
    link = FileLink(Path(sys.argv[2]))
    hosted = importlib.import_module(f"services.{sys.argv[1]}.service").agent(load(), link)
    link.runtime = hosted.runtime
    hosted.run()
