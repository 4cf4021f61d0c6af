"""Services on the real bus for its tests: `python -m libs.launch tests.fakes.bus_service` (ECHO_NAME names the replica)."""

from __future__ import annotations

import os
import time
from typing import Any

import eventlet
from nameko.rpc import rpc

from libs.bus import Asking, agent_requests
from libs.codec import message_to_json
from libs.feed import AgentMessage, Alive, Drift

HEARD: list[dict[str, Any]] = []


class Echo:
    """Doubles numbers, hears agents, and asks itself through the bus."""

    name = "echo"
    itself = Asking("echo", "double")

    @rpc
    def double(self, questions: list[int]) -> list[int]:
        return [number * 2 for number in questions]

    @rpc
    def who(self, questions: list[int]) -> list[str]:
        return [os.environ.get("ECHO_NAME", "") for _ in questions]

    @rpc
    def quadruple(self, questions: list[int]) -> list[int]:
        return list(self.itself.ask_all(self.itself.ask_all(questions)))

    @rpc
    def slow(self, seconds: float) -> str:
        eventlet.sleep(seconds)
        return "done"

    @rpc
    def fail(self) -> None:
        raise ValueError("on purpose")

    @rpc
    def unserializable(self) -> Any:
        return {1, 2}

    @agent_requests
    def handle(self, user: str, message: AgentMessage) -> None:
        started = time.time()
        if isinstance(message, Alive) and message.load.get("slowly"):
            eventlet.sleep(message.load["slowly"] / 1000)
        HEARD.append({"user": user, "at": started, **message_to_json(message)})
        if isinstance(message, Drift):
            raise RuntimeError("a handler that fails")

    @rpc
    def heard(self, user: str) -> list[dict[str, Any]]:
        return [one for one in HEARD if one["user"] == user]

    @rpc
    def die(self) -> None:
        os._exit(9)


SERVICE = Echo
NEEDS = ("amqp_url",)
