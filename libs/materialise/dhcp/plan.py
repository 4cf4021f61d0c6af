"""What to change in a network's host files, from what is there to what should be. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from libs.materialise.dhcp.texts import HostLine

Hosts = Mapping[str, tuple[HostLine, ...]]


@dataclass(frozen=True, slots=True)
class HostsChange:
    """write {port_id: lines}, remove port ids, release (mac, address) pairs that nobody has any longer."""

    write: Hosts
    remove: tuple[str, ...]
    release: tuple[tuple[str, str], ...]

    def __bool__(self) -> bool:
        return bool(self.write or self.remove)


def hosts_change(before: Hosts, after: Hosts) -> HostsChange:
    """The change from one set of host files to another; both may be cut down to the same ports."""
    write = {port_id: lines for port_id, lines in after.items() if before.get(port_id) != lines}
    remove = tuple(sorted(before.keys() - after.keys()))
    kept = _pairs(after)
    release = tuple(sorted(_pairs(before) - kept))
    return HostsChange(write, remove, release)


def _pairs(hosts: Hosts) -> set[tuple[str, str]]:
    return {(line.mac, line.address) for lines in hosts.values() for line in lines}
