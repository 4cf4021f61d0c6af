"""The whole DHCP agent as a process, its feed read from a file: `python -m tests.dataplane.dhcp_agent_process FACTS`.

FACTS holds one recorded event a line and grows; what the agent says to the server is dropped, a Fetch is answered with everything.
"""

from __future__ import annotations

import warnings

warnings.filterwarnings("ignore")
import eventlet  # noqa: E402

eventlet.monkey_patch()

import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402

from libs import log  # noqa: E402
from libs.agent import AgentRuntime  # noqa: E402
from libs.codec import recorded_from_json  # noqa: E402
from libs.config import load  # noqa: E402
from libs.eventlog.protocol import Recorded  # noqa: E402
from libs.feed import AgentMessage, Feed, Fetch  # noqa: E402
from services.agent_dhcp.service import agent  # noqa: E402


class FileLink:
    """A bus that is a file."""

    def __init__(self, path: Path) -> None:
        self._path, self._read, self._last = path, 0, 0
        self.runtime: AgentRuntime | None = None

    def run(self) -> None:
        assert self.runtime is not None
        self._last = len(self._lines())
        self.runtime.on_up()
        while True:
            events = self._lines()
            if len(events) > self._last:
                self.runtime.on_feed(Feed("log", 1, self._last, len(events), tuple(events[self._last :])))
                self._last = len(events)
            time.sleep(0.002)

    def send(self, message: AgentMessage) -> bool:
        if isinstance(message, Fetch) and self.runtime is not None:
            events = tuple(self._lines())
            networks = {one.event.network_id for one in events if one.stream.startswith("network-")}  # type: ignore[union-attr]
            feed = Feed("log", 1, 0, len(events), events, tuple(networks), full=True, request=message.request)
            eventlet.spawn(self.runtime.on_feed, feed)
        return True

    def close(self) -> None:
        pass

    def _lines(self) -> list[Recorded]:
        return [recorded_from_json(json.loads(line)) for line in self._path.read_text().splitlines()]


if __name__ == "__main__":
    log.setup("INFO", "agent_dhcp")
    link = FileLink(Path(sys.argv[1]))
    hosted = agent(load(), link)
    link.runtime = hosted.runtime
    hosted.run()
