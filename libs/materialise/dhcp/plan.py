"""What to change in a network's host files, from what is there to what should be. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from libs.materialise.dhcp.texts import HostLine, PortOptionLine

Hosts = Mapping[str, tuple[HostLine, ...]]
Options = Mapping[str, tuple[PortOptionLine, ...]]


@dataclass(frozen=True, slots=True)
class FilesChange:
    """Of host files and of files with ports' own options: write {port_id: lines}, remove port ids. release: (mac, address) pairs that
    nobody has any longer."""

    write: Hosts
    remove: tuple[str, ...]
    release: tuple[tuple[str, str], ...]
    write_options: Options
    remove_options: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.write or self.remove or self.write_options or self.remove_options)


NO_CHANGE = FilesChange({}, (), (), {}, ())


@dataclass(frozen=True, slots=True)
class PortFiles:
    """The files of some ports."""

    hosts: Hosts
    options: Options


def files_change(before: PortFiles, after: PortFiles) -> FilesChange:
    """The change from one set of files to another; both may be cut down to the same ports."""
    write = {port_id: lines for port_id, lines in after.hosts.items() if before.hosts.get(port_id) != lines}
    options = {port_id: lines for port_id, lines in after.options.items() if before.options.get(port_id) != lines}
    return FilesChange(
        write,
        tuple(sorted(before.hosts.keys() - after.hosts.keys())),
        tuple(sorted(_pairs(before.hosts) - _pairs(after.hosts))),
        options,
        tuple(sorted(before.options.keys() - after.options.keys())),
    )


def _pairs(hosts: Hosts) -> set[tuple[str, str]]:
    return {(line.mac, line.address) for lines in hosts.values() for line in lines if line.address}
