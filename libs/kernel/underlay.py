"""The host's own end of its tunnels, in the hands. Verbs `underlay.end`, `underlay.teach` and `underlay.purge`."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from ovs.unixctl.client import UnixctlClient

_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_SECONDS = 10.0


class VswitchdRefused(Exception):
    """ovs-vswitchd does not answer, or did not do what it was told."""


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

    Returns how many were told. Raises VswitchdRefused.
    """
    told = {str(ip_address(address)): mac for address, mac in neighbours.items() if _MAC.fullmatch(mac)}
    _tell(rundir, [("tnl/arp/set", [device, address, mac]) for address, mac in told.items()])
    return len(neighbours)


def purge(rundir: str) -> None:
    """Empty the datapath's cache of flows: the next packet of each is looked up anew, none is lost. Raises VswitchdRefused."""
    _tell(rundir, [("revalidator/purge", [])])


def _tell(rundir: str, commands: Sequence[tuple[str, list[str]]]) -> None:
    pid = int(Path(rundir, "ovs-vswitchd.pid").read_text())
    failed, client = UnixctlClient.create(f"{rundir}/ovs-vswitchd.{pid}.ctl")
    if failed:
        raise VswitchdRefused(f"ovs-vswitchd does not answer: {failed}")
    try:
        for command, arguments in commands:
            failed, refused, _ = client.transact(command, arguments)
            if failed or refused:
                raise VswitchdRefused(f"{command}: {refused or failed}")
    finally:
        client.close()


VERBS: dict[str, Any] = {"underlay.end": end, "underlay.teach": teach, "underlay.purge": purge}
