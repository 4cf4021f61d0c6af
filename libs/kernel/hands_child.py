"""Hands, the child's side: plain Python that is never monkey patched; runs verbs in the host's network namespace.

A kernel module exports `VERBS: {"flows.apply": function}` or, when it holds something open, `make_verbs(emit) -> VERBS` where
`emit(dict)` tells the agent something unasked. The verbs of one module run one after the other in a thread of their own.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib
import json
import os
import queue
import sys
import threading
from collections.abc import Callable
from typing import Any, BinaryIO

Verb = Callable[..., Any]
_CLONE_NEWNET = 0x40000000


def enter(netns: str) -> None:
    """Put this process (its later threads too) into a named network namespace. Raises OSError when it does not exist."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open(f"/var/run/netns/{netns}") as handle:
        if libc.setns(handle.fileno(), _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter network namespace {netns}")


class _Out:
    """JSON lines to the agent from any thread."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._lock = stream, threading.Lock()

    def write(self, message: dict[str, Any]) -> None:
        line = json.dumps(message).encode() + b"\n"
        with self._lock:
            self._stream.write(line)
            self._stream.flush()


def _run(verb: Verb | None, request: dict[str, Any]) -> dict[str, Any]:
    """The answer line to one request; whatever goes wrong is told, never raised."""
    if verb is None:
        return {"id": request["id"], "error": f"no such verb {request['verb']}"}
    try:
        return {"id": request["id"], "ok": verb(**request["arguments"])}
    except Exception as error:
        return {"id": request["id"], "error": f"{type(error).__name__}: {error}"}


class _Lane:
    """One module's verbs, in order."""

    def __init__(self, verbs: dict[str, Verb], out: _Out) -> None:
        self._verbs, self._out = verbs, out
        self._requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.put = self._requests.put
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        while True:
            request = self._requests.get()
            self._out.write(_run(self._verbs.get(request["verb"]), request))


def _lanes(modules: list[str], out: _Out) -> dict[str, _Lane]:
    """{verb: the lane that runs it}."""
    lanes = {}
    for name in modules:
        module = importlib.import_module(name)
        make = getattr(module, "make_verbs", None)
        verbs = make(lambda message: out.write({"notify": message})) if make else module.VERBS
        lane = _Lane(verbs, out)
        lanes.update(dict.fromkeys(verbs, lane))
    return lanes


def main() -> None:
    """Serve requests from stdin until it closes."""
    parser = argparse.ArgumentParser(prog="libs.kernel.hands")
    parser.add_argument("--modules", default="")
    parser.add_argument("--netns", default="")
    options = parser.parse_args()
    out = _Out(os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)  # a stray print must not break the wire
    if options.netns:
        enter(options.netns)
    lanes = _lanes([name for name in options.modules.split(",") if name], out)
    for line in sys.stdin.buffer:
        request = json.loads(line)
        lane = lanes.get(request["verb"])
        if lane is None:
            out.write(_run(None, request))
        else:
            lane.put(request)
    os._exit(0)  # the agent is gone: threads that wait in the kernel must not hold us
