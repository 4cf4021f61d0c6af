"""A network namespace's sysctls. Runs in the hands child only, in that namespace."""

from __future__ import annotations

from collections.abc import Sequence

from libs.kernel.names import checked_sysctl, checked_value


def ensure(wanted: Sequence[tuple[str, str]], changes: list[str]) -> None:
    """Set those that differ, in this order: `net.ipv4.ip_forward` and its IPv6 sister reset others. Raises OSError, ValueError."""
    for key, value in wanted:
        path = "/proc/sys/" + checked_sysctl(key).replace(".", "/")
        checked_value(value)
        with open(path) as handle:
            actual = handle.read().strip()
        if actual != value:
            with open(path, "w") as handle:
                handle.write(value)
            changes.append(f"sysctl {key} {value}")
