"""Our own end of the tunnels and the remote ones, as the userspace datapath must know them: it loses the first packet to a neighbour
that it must ask for first, and keeps what came in before there was a tunnel away from it."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from libs.kernel.hands import KernelRefused
from services.agent_ovs.switch import Verbs

_log = logging.getLogger(__name__)


class Neighbours:
    """What vswitchd was told since it started, and what the server was told of us."""

    def __init__(self, hands: Verbs, rundir: str, tunnel_ip: str) -> None:
        self._hands, self._rundir, self._tunnel_ip = hands, rundir, tunnel_ip
        self._told: dict[str, str] = {}
        self._tunnelled: bool | None = None
        self._announced: str | None = None
        self._doubted = False

    def announce(self) -> str:
        """Our MAC, for Hello; empty when nothing holds the tunnel address (yet)."""
        self._announced = self._end()["mac"]
        return self._announced

    @property
    def is_missing(self) -> bool:
        """Whether the server was told of no MAC although there is to be one: somebody has to look again."""
        return bool(self._tunnel_ip) and self._announced == ""

    def forget(self, tunnels: bool = False) -> None:
        """vswitchd restarted, or might have: tell it again, and see whether our end is as it was. tunnels: nor is it known whether
        there were any."""
        self._told, self._doubted = {}, True
        self._tunnelled = None if tunnels else self._tunnelled

    def meet(self, tunnelled: bool, ends: Mapping[str, str]) -> bool:
        """Make the datapath know the tunnels, {address: mac} of their remote `ends`; whether our own MAC has to be announced anew."""
        if tunnelled and self._tunnelled is False:
            tunnelled = self._purge()
        self._tunnelled = tunnelled
        self._teach(ends)
        return self._has_moved()

    def _purge(self) -> bool:
        """The first tunnel: empty the cache of flows. Whether that was done.

        Without any tunnel, what peers send to the VXLAN port goes to the host itself. Open vSwitch 3.1 can leave that flow in its
        cache as it is when it has to turn it to the tunnel: a change (`flow_put_on_pmd`) goes to the first flow that fits the packet,
        which is another one when the hosts exchange other packets too. The tunnel is deaf then for as long as the peer sends.
        """
        try:
            self._hands.call("underlay.purge", rundir=self._rundir)
        except KernelRefused as error:
            _log.warning("the cache of flows is not emptied: %s", error)
            return False
        return True

    def _teach(self, neighbours: Mapping[str, str]) -> None:
        """Tell those {address: mac} that were not told yet; a failure costs a second of a first packet, so it is only logged."""
        wanted = {address: mac for address, mac in neighbours.items() if self._told.get(address) != mac}
        if not wanted:
            return
        try:
            device = self._end()["device"]
            self._told |= wanted  # whatever comes of it: once is enough until the next look round
            if device:
                self._hands.call("underlay.teach", rundir=self._rundir, device=device, neighbours=wanted)
        except KernelRefused as error:
            _log.warning("neighbours are not told: %s", error)

    def _has_moved(self) -> bool:
        """Whether our MAC is another one than was announced; looked at only where there is reason to doubt it."""
        if self._announced is None or not self._tunnel_ip or not (self._doubted or self.is_missing):
            return False
        try:
            mac = self._end()["mac"]
        except KernelRefused as error:
            _log.warning("our end of the tunnels is not known: %s", error)
            return False
        self._doubted = False
        return mac not in ("", self._announced)

    def _end(self) -> dict[str, str]:
        """{"device", "mac"} that hold our tunnel address; both empty when nothing does."""
        if not self._tunnel_ip:
            return {"device": "", "mac": ""}
        found: dict[str, str] = self._hands.call("underlay.end", address=self._tunnel_ip)
        return found
