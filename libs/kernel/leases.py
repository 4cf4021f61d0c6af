"""dnsmasq's lease file, and giving leases back so that an address can go to another MAC at once. Runs in the hands child only.

dnsmasq refuses a configured address while another MAC holds its lease, for up to the lease time. The lease file says what is held;
it is written anew with each lease, for IPv4 before the guest is answered, for IPv6 just after.
"""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from libs.kernel.inside import inside
from libs.kernel.tools import run

Pair = tuple[str, str]  # (mac, address)
_TRIES, _WAIT_SECONDS, _STEP_SECONDS, _SEND_SECONDS = 2, 0.2, 0.002, 5
_REWRITE_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Lease:
    """One line of the file: `holder` is a MAC (IPv4) or an IAID (IPv6), `client` a client id or `*`, `server` our DUID (IPv6)."""

    holder: str
    address: str
    client: str
    server: str = ""


def pair_of_line(line: str) -> Pair | None:
    """(mac, address) of a host line `mac,set:tag,name,address` as we write it, None for one without an address; IPv6 addresses are in
    brackets there."""
    words = line.split(",")
    return None if words[-1].startswith("set:") else (words[0], words[-1].strip("[]"))


def parse(text: str) -> list[Lease]:
    """The leases in a lease file's text; lines that are none are left out."""
    out, server = [], ""
    for line in text.splitlines():
        words = line.split(" ")
        if words[0] == "duid" and len(words) == 2:
            server = words[1]
        elif len(words) == 5:
            out.append(Lease(words[1], words[2], words[4], server))
    return out


def release(file: Path, namespace: str, device: str, gone: Set[Pair], wanted: Set[Pair] | None) -> list[str]:
    """Give back the leases of pairs in `gone`, and with `wanted` of everybody who is not in it; answers with the changes made.

    IPv6 leases name no MAC, there the address alone decides. Raises OSError when dnsmasq keeps one.
    """
    if not gone and wanted is None:
        return []
    doomed = _held(file, gone, wanted)
    changes = [f"lease {lease.address} {lease.holder} released" for lease in doomed]
    for _ in range(_TRIES):
        if not doomed:
            return changes
        for lease in doomed:
            _send(lease, namespace, device)
        doomed = _wait(file, doomed)
    if doomed:
        raise OSError(f"dnsmasq keeps the lease of {', '.join(lease.address for lease in doomed)}")
    return changes


def _held(file: Path, gone: Set[Pair], wanted: Set[Pair] | None) -> list[Lease]:
    """The leases to give back. A lease that is not found may be one that is just being written: look twice."""
    doomed = _doomed(_read(file), gone, wanted)
    if {address for _, address in gone} <= {lease.address for lease in doomed}:
        return doomed
    time.sleep(_REWRITE_SECONDS)
    return list(dict.fromkeys([*doomed, *_doomed(_read(file), gone, wanted)]))


def _read(file: Path) -> list[Lease]:
    return parse(file.read_text()) if file.exists() else []


def _doomed(leases: Iterable[Lease], gone: Set[Pair], wanted: Set[Pair] | None) -> list[Lease]:
    lost = {address for _, address in gone}
    kept = None if wanted is None else {address for _, address in wanted}
    out = []
    for lease in leases:
        if ":" in lease.address:
            over = lease.address in lost or (kept is not None and lease.address not in kept)
        else:
            pair = (lease.holder, lease.address)
            over = pair in gone or (wanted is not None and pair not in wanted)
        out += [lease] if over else []
    return out


def _wait(file: Path, doomed: Sequence[Lease]) -> list[Lease]:
    """Those of `doomed` that are still there after a moment."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        left = [lease for lease in _read(file) if lease in doomed]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(_STEP_SECONDS)


def _send(lease: Lease, namespace: str, device: str) -> None:
    if ":" in lease.address:
        command = ["dhcp_release6", "--iface", device, "--client-id", lease.client, "--server-id", lease.server]
        command += ["--iaid", lease.holder, "--ip", lease.address]
    else:
        command = ["dhcp_release", device, lease.address, lease.holder]
    with contextlib.suppress(subprocess.TimeoutExpired):  # the lease file tells whether it worked
        inside(namespace, lambda: run(command, _SEND_SECONDS))
