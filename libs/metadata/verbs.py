"""The child's verbs: where guests may ask, and who they are there. State: the open doors.

`metadata.nova(url, secret)` first; then `metadata.serve(doors, gone)`, which may be called again with whatever changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from libs.metadata.asking import Guest
from libs.metadata.doors import MetadataDoor, place
from libs.metadata.nova import NovaMetadata


class _Doors:
    def __init__(self) -> None:
        self._nova: NovaMetadata | None = None
        self._doors: dict[str, MetadataDoor] = {}

    def nova(self, url: str, secret: str) -> None:
        """Where Nova's metadata API is, and the secret shared with it."""
        self._nova = NovaMetadata(url, secret)

    def serve(self, doors: Mapping[str, Mapping[str, Any]], gone: Sequence[str] = ()) -> dict[str, str]:
        """Open or change doors, {namespace: {address, port, guests: {ip: [instance id, project id]}}}, and close those `gone`.

        {namespace: error} of those that could not be opened (try again).
        """
        if self._nova is None:
            raise RuntimeError("metadata.nova comes first")
        for namespace in gone:
            self._close(namespace)
        errors = {}
        for namespace, wanted in doors.items():
            try:
                self._open(namespace, wanted, self._nova)
            except OSError as error:
                errors[namespace] = f"{type(error).__name__}: {error}"
        return errors

    def _open(self, namespace: str, wanted: Mapping[str, Any], nova: NovaMetadata) -> None:
        guests = {address: Guest(*one) for address, one in wanted["guests"].items()}
        where = place(namespace, wanted["address"], wanted["port"])
        door = self._doors.get(namespace)
        if door is not None and door.where == where:
            door.proxy.guests = guests
            return
        self._close(namespace)
        self._doors[namespace] = MetadataDoor(where, nova, guests)

    def _close(self, namespace: str) -> None:
        door = self._doors.pop(namespace, None)
        if door is not None:
            door.close()


def make_verbs(emit: Callable[[dict[str, Any]], None]) -> dict[str, Callable[..., Any]]:
    """The verbs of one child."""
    doors = _Doors()
    return {"metadata.nova": doors.nova, "metadata.serve": doors.serve}
