"""Requests at the same moment: who comes first is chance, what is left must be whole."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from libs.commands import DeletePort, RemoveRouterInterface, UpdatePort, UpdateRouter
from libs.errors import Refusal
from libs.eventlog.commit import Ledger
from tests.story.cloud import Cloud, a_port, user
from tests.story.layer3 import a_floating_ip, joins, leads, points


def at_once(*calls: Callable[[], object]) -> list[str]:
    """What became of each: nothing to tell, or the type of the refusal."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> str:
        start.wait()
        try:
            call()
        except Refusal as refusal:
            return refusal.type
        return ""

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@dataclass(frozen=True)
class Contest:
    """A router between a network and the outside; while some point floating IPs, `other` takes away what they need."""

    cloud: Cloud
    other: Ledger
    outside: str
    network: str
    subnet: str
    router: str

    def round(self) -> list[str]:
        """What became of everybody's request. Afterwards the router is by itself again."""
        cloud, ports = self.cloud, [a_port(self.cloud, self.network)["id"] for _ in range(2)]
        leads(cloud, self.router, self.outside)
        joins(cloud, self.router, self.subnet)
        floating = [a_floating_ip(cloud, self.outside) for _ in range(3)]
        clear, leave = UpdateRouter(self.router, {"gateway": None}), RemoveRouterInterface(self.router, self.subnet)
        bare = UpdatePort(ports[0], {"fixed_ips": ()})
        fates = at_once(
            lambda: points(cloud, floating[0], ports[0]),
            lambda: points(cloud, floating[1], ports[0]),
            lambda: points(cloud, floating[2], ports[1]),
            *(lambda command=command: self._against(command) for command in (DeletePort(ports[1]), clear, leave)),  # type: ignore[misc]
            lambda: self._against(bare),
        )
        assert fates[3] == "", "a port can always be deleted"
        assert fates[0] or fates[1], "one floating IP for an address"
        for one in floating:
            points(cloud, one, None)
        at_once(lambda: self._against(clear))
        at_once(lambda: self._against(leave))
        return fates

    def _against(self, command: DeletePort | UpdateRouter | RemoveRouterInterface | UpdatePort) -> None:
        self.other.commit(command, self.cloud.context(user()))
