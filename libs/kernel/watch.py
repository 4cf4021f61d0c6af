"""Notice at once when a process that is not our child ends, by pidfd. Runs in the hands child only."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable


class Watch:
    """Calls `on_end(name)` from its own thread once for each watched process that ends."""

    def __init__(self, on_end: Callable[[str], None]) -> None:
        self._on_end = on_end
        self._lock = threading.Lock()
        self._handles: dict[str, tuple[int, int]] = {}  # {name: (pid, pidfd)}
        self._names: dict[int, str] = {}
        self._poll = select.epoll()
        threading.Thread(target=self._work, daemon=True).start()

    def add(self, name: str, pid: int) -> None:
        """Watch a process under a name; one watched under that name before is let go."""
        with self._lock:
            if self._handles.get(name, (0, 0))[0] == pid:
                return
            self._let_go(name)
            try:
                handle = os.pidfd_open(pid)
            except ProcessLookupError:
                handle = -1
            else:
                self._handles[name], self._names[handle] = (pid, handle), name
                self._poll.register(handle, select.EPOLLIN)
        if handle < 0:
            self._on_end(name)

    def drop(self, name: str) -> None:
        """Watch it no longer."""
        with self._lock:
            self._let_go(name)

    def _let_go(self, name: str) -> None:
        _, handle = self._handles.pop(name, (0, -1))
        if handle >= 0:
            self._poll.unregister(handle)
            self._names.pop(handle, None)
            os.close(handle)

    def _work(self) -> None:
        while True:
            for handle, _ in self._poll.poll():
                with self._lock:
                    name = self._names.get(handle)
                    if name is not None:
                        self._let_go(name)
                if name is not None:
                    self._on_end(name)
