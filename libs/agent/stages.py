"""Running a batch of an agent's works through the hands' verbs: one call a stage, each work with its own fate."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from libs.agent.tally import Tally
from libs.kernel.hands import KernelRefused

_log = logging.getLogger(__name__)


class Verbs(Protocol):
    """The hands."""

    def call(self, verb: str, **arguments: Any) -> Any:
        """The verb's answer."""
        ...


@dataclass(frozen=True, slots=True)
class Switch:
    """The host's Open vSwitch: its database's socket, the mark on ports that are ours, and the integration bridge."""

    database: str
    owner: str
    bridge: str = "br-int"


class Work(Protocol):
    """What is to be done for one thing. `repair`: nothing new is wanted, what changes is drift."""

    @property
    def key(self) -> str:
        """Id of the thing."""
        ...

    @property
    def repair(self) -> bool: ...  # noqa: D102


W = TypeVar("W", bound=Work)


class Stages(Generic[W]):
    """One batch's way through the verbs. errors {key: what went wrong, None for nothing}; a work that fails a stage is left out of
    later ones. late {key: error}: the switch was away, which keeps nothing else waiting. answers {key: the last stage's answer}."""

    def __init__(self, hands: Verbs, switch: Switch, tally: Tally, batch: Iterable[W]) -> None:
        self._hands, self._switch, self._tally = hands, switch, tally
        self.errors: dict[str, str | None] = {one.key: None for one in batch}
        self.late: dict[str, str | None] = {}

    @property
    def outcome(self) -> dict[str, str | None]:
        """{key: error or None} of the whole batch."""
        return self.late | {key: error for key, error in self.errors.items() if error or key not in self.late}

    def fine(self, works: Iterable[W]) -> list[W]:
        """Those that no stage has failed for."""
        return [one for one in works if self.errors[one.key] is None]

    def each(
        self,
        kind: str,
        verb: str,
        works: Iterable[W],
        item: Callable[[W], Any],
        name: str = "items",
        told: Callable[[W], Sequence[str]] | None = None,
    ) -> dict[str, Mapping[str, Any]]:
        """One call for all of `works`; {key: answer}. Changes made, or what is `told` in their place, are counted under `kind`."""
        chosen = self.fine(works)
        if not chosen:
            return {}
        answers = self._hands.call(verb, **{name: [item(one) for one in chosen]})
        for one, answer in zip(chosen, answers, strict=True):
            changes = answer["changes"] if told is None or answer["error"] else told(one)
            self._tally.add(kind, changes, one.repair)
            self.errors[one.key] = answer["error"]
        return {one.key: answer for one, answer in zip(chosen, answers, strict=True)}

    def plug(self, works: Sequence[W], items: Callable[[W], Sequence[Mapping[str, Any]]]) -> frozenset[str]:
        """Plug their ports, as items for `plugs.ensure`; the names of those that were not plugged so before."""
        ports = {one.key: items(one) for one in works}
        arguments = {"bridge": self._switch.bridge, "owner": self._switch.owner}
        arguments["items"] = [item for each in ports.values() for item in each]  # type: ignore[assignment]
        repairs = {item["name"] for one in works if one.repair for item in ports[one.key]}
        return self._on_switch("plugs.ensure", works, arguments, repairs)

    def unplug(self, works: Sequence[W], taps: Callable[[W], Iterable[str]]) -> None:
        """Unplug ports of before."""
        self._on_switch("plugs.remove", works, {"names": [tap for one in works for tap in taps(one)]}, set())

    def _on_switch(
        self, verb: str, works: Sequence[W], arguments: Mapping[str, Any], repairs: Set[str]
    ) -> frozenset[str]:
        if not works:
            return frozenset()
        try:
            names = self._hands.call(verb, database=self._switch.database, **arguments)
        except KernelRefused as error:
            self.late |= {one.key: str(error) for one in works}
            return frozenset()
        self._tally.add("plugs", [name for name in names if name not in repairs])
        self._tally.add("plugs", [name for name in names if name in repairs], True)
        return frozenset(names)


def unplug_leftovers(hands: Verbs, switch: Switch, wanted: Set[str], tally: Tally) -> None:
    """Unplug ports of ours that nothing wants any longer. A switch that is away keeps nothing waiting: the next audit looks."""
    try:
        plugs = hands.call("plugs.read", database=switch.database, owner=switch.owner)
        stale = sorted(plugs.keys() - wanted)
        if stale:
            tally.add("plugs", hands.call("plugs.remove", database=switch.database, names=stale))
    except KernelRefused as error:
        _log.warning("leftover ports were not looked for: %s", error)
