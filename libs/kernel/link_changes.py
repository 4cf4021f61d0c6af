"""Single changes to a link, each noted in `changes` when it was one. Runs in the hands child only, in the link's namespace."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from pyroute2 import IPRoute

from libs.kernel import offload


def set_link(ipr: IPRoute, index: int, name: str, ways: Mapping[str, tuple[Any, Any]], changes: list[str]) -> None:
    """Set the attributes whose (is, wanted) differ."""
    differing = {key: wanted for key, (actual, wanted) in ways.items() if actual != wanted}
    if differing:
        values = {key: "up" if key == "state" else value for key, value in differing.items()}
        ipr.link("set", index=index, **values)
        changes.extend(f"{name} {key} {value}" for key, value in values.items())


def offload_off(name: str, changes: list[str]) -> None:
    """Switch checksum and segmentation offload off."""
    off = offload.switch_off(name)
    if off:
        changes.append(f"{name} offload off: {' '.join(off)}")


def set_sysctls(name: str, wanted: Mapping[str, str], changes: list[str]) -> None:
    """Set the link's IPv6 sysctls that differ."""
    for key, value in wanted.items():
        path = f"/proc/sys/net/ipv6/conf/{name}/{key}"
        with contextlib.suppress(FileNotFoundError):  # absent on a host without IPv6
            with open(path) as handle:
                actual = handle.read().strip()
            if actual != value:
                with open(path, "w") as handle:
                    handle.write(value)
                changes.append(f"{name} {key} {value}")


def delete_alone(name: str, changes: list[str]) -> None:
    """`delete_device` on a socket of its own."""
    with IPRoute() as ipr:
        delete_device(ipr, name, changes)


def delete_device(ipr: IPRoute, name: str, changes: list[str]) -> None:
    """Delete it if it is there; a veth takes its other end along."""
    for index in ipr.link_lookup(ifname=name):
        ipr.link("del", index=index)
        changes.append(f"veth {name} removed")
