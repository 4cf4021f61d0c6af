"""Does everything work? One port walks the whole way: created with an address, bound on a host, plugged, ACTIVE, gone again."""

from __future__ import annotations

import time
import uuid

from tests.chaos.door import Door
from tests.chaos.history import DONE
from tests.chaos.taps import Taps


class Probe:
    """Uses a network of its own, which none of the clients knows. story: the steps of the last walk."""

    def __init__(self, url: str, taps: Taps) -> None:
        self._door, self._taps = Door(url, 5.0), taps
        self.story: list[str] = []
        made = self._door.send("POST", "networks", {"network": {"name": "probe"}})
        self._network = made.body["network"]["id"]
        subnet = {"network_id": self._network, "ip_version": 4, "cidr": "192.168.0.0/20", "enable_dhcp": False}
        assert self._door.send("POST", "subnets", {"subnet": subnet}).fate == DONE

    def seconds_until_well(self, since: float, host: str, patience: float = 60.0) -> float | None:
        """Seconds from `since` (monotonic) until a port has walked the whole way; None when none did in time."""
        deadline = since + patience
        self.story = []
        while time.monotonic() < deadline:
            if self._walks(host, deadline):
                return time.monotonic() - since
            time.sleep(0.05)
        return None

    def _walks(self, host: str, deadline: float) -> bool:
        owner = {"device_id": str(uuid.uuid4()), "device_owner": "compute:nova", "binding:host_id": host}
        made = self._door.send("POST", "ports", {"port": {"network_id": self._network, **owner}})
        if made.fate != DONE:
            self._tell(f"create {made.status} in {made.seconds:.2f} s")
            return False
        port = made.body["port"]["id"]
        self._tell(f"created {port} on {host}")
        try:
            while not self._taps.plug(host, port):
                if time.monotonic() > deadline:
                    return False
            self._tell("plugged")
            return self._becomes_active(port, deadline)
        finally:
            self._taps.unplug(host, port)
            self._tell("unplugged")
            self._door.send("DELETE", f"ports/{port}")

    def _becomes_active(self, port: str, deadline: float) -> bool:
        while time.monotonic() < deadline:
            shown = self._door.send("GET", f"ports/{port}")
            if shown.fate == DONE and shown.body["port"]["status"] == "ACTIVE":
                return True
            if shown.fate == DONE and shown.body["port"]["binding:vif_type"] == "binding_failed":
                return False
            time.sleep(0.02)
        return False

    def _tell(self, text: str) -> None:
        """Note a step, for the report of an outage that took too long."""
        self.story.append(f"{time.strftime('%H:%M:%S')} {text}")
