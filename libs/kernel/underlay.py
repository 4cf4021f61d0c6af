"""The host's own end of its tunnels, in the hands. Verbs `underlay.end` and `underlay.teach`."""

from __future__ import annotations

import json
import re
import subprocess
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from ovs.unixctl.client import UnixctlClient

_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_SECONDS = 10.0


class TeachFailed(Exception):
    """ovs-vswitchd did not take a neighbour."""


def end(address: str) -> dict[str, str]:
    """{"device", "mac"} of the device that holds this address; both empty when none does."""
    wanted = str(ip_address(address))
    shown = subprocess.run(["ip", "-j", "addr"], capture_output=True, text=True, timeout=_SECONDS, check=True).stdout
    for device in json.loads(shown or "[]"):
        if any(one.get("local") == wanted for one in device.get("addr_info", [])):
            return {"device": device["ifname"], "mac": device.get("address", "")}
    return {"device": "", "mac": ""}


def teach(rundir: str, device: str, neighbours: dict[str, str]) -> int:
    """Tell the userspace datapath the MACs of remote tunnel ends ({address: mac}): else first packets are lost for a second.

    Returns how many were told. Raises TeachFailed.
    """
    pid = int(Path(rundir, "ovs-vswitchd.pid").read_text())
    failed, client = UnixctlClient.create(f"{rundir}/ovs-vswitchd.{pid}.ctl")
    if failed:
        raise TeachFailed(f"ovs-vswitchd does not answer: {failed}")
    try:
        for address, mac in neighbours.items():
            if _MAC.fullmatch(mac):
                failed, refused, _ = client.transact("tnl/arp/set", [device, str(ip_address(address)), mac])
                if failed or refused:
                    raise TeachFailed(str(refused or failed))
    finally:
        client.close()
    return len(neighbours)


VERBS: dict[str, Any] = {"underlay.end": end, "underlay.teach": teach}
