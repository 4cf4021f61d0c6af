"""Hands: the clean child process that touches the host for an agent. This side runs in the agent, green or not.

Why a child: pyroute2 fails under eventlet's monkey patching, and an IDL, netlink and `ovs-ofctl` would stall the hub.
Wire: JSON lines over a socket pair that is the child's stdin and stdout. `{"id", "verb", "arguments"}` ->
`{"id", "ok": value}` or `{"id", "error": text}`; unasked `{"notify": {..}}`. The child ends when our end closes.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from libs.config import Settings

Notify = Callable[[dict[str, Any]], None]
_ROOT = Path(__file__).resolve().parents[2]
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "VIRTUAL_ENV")


class KernelRefused(Exception):
    """A verb failed; the text says why. What it had done before may stay."""


class HandsLost(Exception):
    """The child died or did not answer in time; whether the verb happened is not known."""


class _Pending:
    def __init__(self) -> None:
        self.done = threading.Event()
        self.answer: dict[str, Any] | None = None


class _Child:
    """One process and its socket. `on_end` is called once, from the reader, when it is gone."""

    def __init__(self, arguments: Sequence[str], notify: Notify, on_end: Callable[[], None]) -> None:
        ours, theirs = socket.socketpair()
        os.set_blocking(theirs.fileno(), True)  # eventlet made it non-blocking; the child is plain
        environ = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "libs.kernel.hands", *arguments],
            stdin=theirs.fileno(),
            stdout=theirs.fileno(),
            env=environ,
            cwd=_ROOT,
        )
        theirs.close()
        self._socket, self._notify, self._on_end = ours, notify, on_end
        self._pending: dict[int, _Pending] = {}
        self._last = 0
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self.gone = False
        threading.Thread(target=self._read, daemon=True).start()

    def call(self, verb: str, arguments: dict[str, Any], deadline_seconds: float) -> Any:
        pending = _Pending()
        with self._lock:
            if self.gone:
                raise HandsLost(f"{verb}: the helper process is gone")
            self._last += 1
            number = self._last
            self._pending[number] = pending
        line = json.dumps({"id": number, "verb": verb, "arguments": arguments}).encode() + b"\n"
        try:
            with self._writing:
                self._socket.sendall(line)
        except OSError:
            self.end()
        if not pending.done.wait(deadline_seconds):
            self.end()
        answer = pending.answer
        if answer is None:
            raise HandsLost(f"{verb}: the helper process died or did not answer within {deadline_seconds:g} s")
        if "error" in answer:
            raise KernelRefused(f"{verb}: {answer['error']}")
        return answer["ok"]

    def _read(self) -> None:
        """Hand answers to their callers until the child's end closes."""
        with contextlib.suppress(OSError, ValueError), self._socket.makefile("rb") as lines:
            for line in lines:
                message = json.loads(line)
                if "notify" in message:
                    self._notify(message["notify"])
                else:
                    self._answer(message)
        self.end()
        self.process.wait()
        self._on_end()

    def _answer(self, message: dict[str, Any]) -> None:
        with self._lock:
            pending = self._pending.pop(message["id"], None)
        if pending is not None:
            pending.answer = message
            pending.done.set()

    def end(self) -> None:
        """Kill it and let every caller know; harmless when repeated."""
        with self._lock:
            first, self.gone = not self.gone, True
            waiting, self._pending = list(self._pending.values()), {}
        if first:
            self.process.kill()
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
        for pending in waiting:
            pending.done.set()


class Hands:
    """The verbs of `modules` (`libs.kernel.links`, ..) in a child process inside `settings.netns`; any greenlet may call.

    notify(dict): what verbs tell unasked. on_lost(): the child died, what it held (watches) is gone. on_restart(): another
    one stands in since just now. All three run in a reader's thread: they must not call back into hands, only wake somebody.
    """

    def __init__(
        self,
        settings: Settings,
        notify: Notify | None = None,
        *,
        modules: Sequence[str] = (),
        on_restart: Callable[[], None] | None = None,
        on_lost: Callable[[], None] | None = None,
        deadline_seconds: float = 30.0,
    ) -> None:
        self._arguments = ["--modules", ",".join(modules)]
        self._arguments += ["--netns", settings.netns] if settings.netns else []
        self._notify, self._on_restart, self._on_lost = notify, on_restart, on_lost
        self._deadline = deadline_seconds
        self._child: _Child | None = None
        self._closed = False
        self._lock = threading.Lock()

    @property
    def pid(self) -> int | None:
        """The child's process id, None while there is none."""
        child = self._child
        return child.process.pid if child is not None and not child.gone else None

    def call(self, verb: str, **arguments: Any) -> Any:
        """The verb's JSON answer. Raises KernelRefused (the verb failed) or HandsLost (fate unknown; call again to go on)."""
        return self._alive().call(verb, arguments, self._deadline)

    def close(self) -> None:
        """End the child; later calls raise HandsLost."""
        with self._lock:
            self._closed = True
            child, self._child = self._child, None
        if child is not None:
            child.end()

    def _alive(self) -> _Child:
        with self._lock:
            if self._closed:
                raise HandsLost("closed")
            if self._child is not None and not self._child.gone:
                return self._child
            again = self._child is not None
            child = self._child = _Child(self._arguments, self._tell, self._ended)
        if again and self._on_restart is not None:
            self._on_restart()
        return child

    def _tell(self, message: dict[str, Any]) -> None:
        if self._notify is not None:
            self._notify(message)

    def _ended(self) -> None:
        if not self._closed and self._on_lost is not None:
            self._on_lost()


if __name__ == "__main__":
    from libs.kernel.hands_child import main

    main()
