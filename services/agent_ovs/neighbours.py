"""MACs of remote tunnel ends, told to the userspace datapath: it loses the first packet to a neighbour that it must ask for first."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from libs.kernel.hands import KernelRefused
from services.agent_ovs.switch import Verbs

_log = logging.getLogger(__name__)


class Neighbours:
    """What vswitchd was told since it started."""

    def __init__(self, hands: Verbs, rundir: str, tunnel_ip: str) -> None:
        self._hands, self._rundir, self._tunnel_ip = hands, rundir, tunnel_ip
        self._told: dict[str, str] = {}

    def end(self) -> dict[str, str]:
        """{"device", "mac"} that hold our tunnel address; both empty when nothing does."""
        if not self._tunnel_ip:
            return {"device": "", "mac": ""}
        found: dict[str, str] = self._hands.call("underlay.end", address=self._tunnel_ip)
        return found

    def forget(self) -> None:
        """vswitchd restarted, or might have: tell it again."""
        self._told = {}

    def teach(self, neighbours: Mapping[str, str]) -> None:
        """Tell those {address: mac} that were not told yet; a failure costs a second of a first packet, so it is only logged."""
        wanted = {address: mac for address, mac in neighbours.items() if self._told.get(address) != mac}
        if not wanted:
            return
        try:
            device = self.end()["device"]
            self._told |= wanted  # whatever comes of it: once is enough until the next look round
            if device:
                self._hands.call("underlay.teach", rundir=self._rundir, device=device, neighbours=wanted)
        except KernelRefused as error:
            _log.warning("neighbours are not told: %s", error)
