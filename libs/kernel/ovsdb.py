"""Open vSwitch's database, in the hands: follows bridges and ports by the IDL, and writes. Verbs `ovsdb.open`, `ovsdb.write`.

A thread owns the IDL. Whatever changes is told as `{"ovsdb": {"bridges": {name: row | null}, "ports": {name: row | null}}}`, always
before the answer to the write that caused it. Rows as `libs.materialise.ovs.view` has them.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from collections.abc import Callable
from typing import Any

import ovs.db.idl
import ovs.poller

from libs.kernel.ovsdb_rows import Rows
from libs.kernel.ovsdb_write import write

_SCHEMAS = ("/usr/share/openvswitch/vswitch.ovsschema", "/usr/local/share/openvswitch/vswitch.ovsschema")
_COLUMNS = {
    "Open_vSwitch": ["bridges"],
    "Bridge": ["name", "ports", "datapath_type", "fail_mode", "protocols", "external_ids"],
    "Port": ["name", "interfaces", "tag", "vlan_mode", "trunks"],
    "Interface": ["name", "type", "options", "external_ids", "ofport"],
}
_OPEN_SECONDS = 5.0
Emit = Callable[[dict[str, Any]], None]


class WriteFailed(Exception):
    """The database refused a transaction; nothing of it was written."""


class _Idl(ovs.db.idl.Idl):  # type: ignore[misc]
    def __init__(self, remote: str, helper: Any, changed: Callable[[str, str, Any], None]) -> None:
        super().__init__(remote, helper)
        self._changed = changed

    def notify(self, event: str, row: Any, updates: Any = None) -> None:
        """The IDL's hook for each changed row."""
        self._changed(event, row._table.name, row)


class _Database:
    """One connection, its thread and its queue of writes."""

    def __init__(self, rundir: str, emit: Emit) -> None:
        schema = next((path for path in _SCHEMAS if os.path.exists(path)), _SCHEMAS[0])
        helper = ovs.db.idl.SchemaHelper(location=schema)
        for table, columns in _COLUMNS.items():
            helper.register_columns(table, columns)
        self._rows = Rows()
        self._idl = _Idl(f"unix:{rundir}/db.sock", helper, self._rows.changed)
        _reconnect_quickly(self._idl)
        self._emit = emit
        self._work: queue.SimpleQueue[tuple[Callable[[], Any], queue.SimpleQueue[Any]]] = queue.SimpleQueue()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        self._first: threading.Event = threading.Event()
        threading.Thread(target=self._loop, daemon=True).start()

    def everything(self) -> dict[str, Any]:
        """A snapshot, as soon as the database answers. Raises TimeoutError when it does not."""
        if not self._first.wait(_OPEN_SECONDS):
            raise TimeoutError("ovsdb-server does not answer")
        result: dict[str, Any] = self._ask(self._rows.everything)
        return result

    def write(self, changes: list[dict[str, Any]]) -> None:
        """All changes in one transaction. Raises WriteFailed."""
        self._ask(lambda: self._commit(changes))

    def _ask(self, work: Callable[[], Any]) -> Any:
        """Run `work` in the IDL's thread; its exception is raised here."""
        answer: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._work.put((work, answer))
        os.write(self._wake_write, b"x")
        result = answer.get()
        if isinstance(result, Exception):
            raise result
        return result

    def _loop(self) -> None:
        while True:
            self._idl.run()
            self._tell()
            while not self._work.empty():
                work, answer = self._work.get()
                answer.put(_result_of(work))
            poller = ovs.poller.Poller()
            self._idl.wait(poller)
            poller.fd_wait(self._wake_read, ovs.poller.POLLIN)
            poller.block()
            _drain(self._wake_read)

    def _tell(self) -> None:
        changes = self._rows.take_changes(self._idl)
        if self._first.is_set():
            if changes["bridges"] or changes["ports"]:
                self._emit({"ovsdb": changes})
        elif self._idl.has_ever_connected():
            self._first.set()

    def _commit(self, changes: list[dict[str, Any]]) -> None:
        transaction = ovs.db.idl.Transaction(self._idl)
        write(self._idl, transaction, changes)
        status = transaction.commit_block()
        self._tell()
        if status not in (transaction.SUCCESS, transaction.UNCHANGED):
            raise WriteFailed(f"{status}: {transaction.get_error()}")


def _result_of(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except Exception as error:
        return error


def _drain(pipe: int) -> None:
    with contextlib.suppress(BlockingIOError):
        while os.read(pipe, 4096):
            pass


def _reconnect_quickly(idl: Any) -> None:
    """ovsdb-server restarts in a fraction of a second; the IDL's own first wait is a whole one."""
    idl._session.reconnect.set_backoff(50, 1000)


def make_verbs(emit: Emit) -> dict[str, Callable[..., Any]]:
    """`ovsdb.open(rundir) -> {"bridges", "ports"}` (again: a fresh snapshot) and `ovsdb.write(changes)`."""
    databases: dict[str, _Database] = {}

    def database(rundir: str) -> _Database:
        if rundir not in databases:
            databases[rundir] = _Database(rundir, emit)
        return databases[rundir]

    def write_(rundir: str, changes: list[dict[str, Any]]) -> None:
        one = database(rundir)
        one.everything()
        one.write(changes)

    return {"ovsdb.open": lambda rundir: database(rundir).everything(), "ovsdb.write": write_}
