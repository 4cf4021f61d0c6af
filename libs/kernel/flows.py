"""OpenFlow tables, in the hands.

Verbs: `flows.read`, `flows.apply` (one bundle, all or nothing), `flows.watch` (tells of a switch that went away or came back:
`{"switch": {"bridge": name, "up": bool}}`).
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from typing import Any

from libs.kernel.openflow_bundle import Connection, Rejected
from libs.kernel.openflow_encode import Unencodable
from libs.kernel.switch_watch import SwitchWatch

_BRIDGE = re.compile(r"[A-Za-z0-9_.-]{1,32}")
_SECONDS = 5.0
_FEW = 100  # lines; ovs-ofctl encodes faster, but starts slower


class FlowsRefused(Exception):
    """ovs-ofctl failed; of a bundle nothing was applied."""


class SwitchSilent(Exception):
    """The switch did not answer in time; whether a bundle was applied, or will be, is not known."""


def _run(rundir: str, bridge: str, *arguments: str, text: str | None = None) -> str:
    """ovs-ofctl over the bridge's management socket. Raises FlowsRefused, SwitchSilent."""
    verb, *rest = arguments
    command = ["ovs-ofctl", "-O", "OpenFlow14", *_OPTIONS[verb], verb, f"unix:{rundir}/{_checked(bridge)}.mgmt", *rest]
    try:
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        raise SwitchSilent(bridge) from None
    if done.returncode != 0:
        raise FlowsRefused(f"{bridge}: {done.stderr.strip()[:500]}")
    return done.stdout


_OPTIONS = {"dump-flows": ["--no-stats", "--no-names"], "add-flows": ["--bundle"]}


def _checked(bridge: str) -> str:
    if not _BRIDGE.fullmatch(bridge):
        raise FlowsRefused(f"no bridge's name: {bridge!r}")
    return bridge


def read(rundir: str, bridge: str) -> list[str]:
    """All flows of a bridge, as lines of `dump-flows --no-stats --no-names`."""
    return [line for line in _run(rundir, bridge, "dump-flows").splitlines() if "actions=" in line]


def apply(rundir: str, bridge: str, lines: list[str]) -> int:
    """Apply `add ..` and `delete_strict ..` lines in one atomic bundle; returns how many.

    A few go over a socket of our own, many (or what our encoder does not know) by ovs-ofctl. Raises FlowsRefused, SwitchSilent.
    """
    if any("\n" in line for line in lines):
        raise FlowsRefused("a newline inside a flow")
    if len(lines) > _FEW or not _apply_few(rundir, bridge, lines):
        _run(rundir, bridge, "add-flows", "-", text="\n".join(lines) + "\n")
    return len(lines)


def _apply_few(rundir: str, bridge: str, lines: list[str]) -> bool:
    """Whether it was done; False when another way must be tried and nothing happened yet."""
    try:
        with Connection(f"{rundir}/{_checked(bridge)}.mgmt", _SECONDS) as connection:
            try:
                connection.apply(lines)
            except (OSError, EOFError):
                if connection.committing:
                    raise SwitchSilent(bridge) from None
                return False
    except (Unencodable, Rejected, OSError, EOFError):  # ovs-ofctl says more clearly what is wrong
        return False
    return True


def make_verbs(emit: Callable[[dict[str, Any]], None]) -> dict[str, Callable[..., Any]]:
    """The verbs; `flows.watch(rundir, bridges)` -> those that answer now; the others are told of when they do."""
    watched: dict[tuple[str, str], SwitchWatch] = {}

    def watch(rundir: str, bridges: list[str]) -> list[str]:
        for bridge in bridges:
            if (rundir, bridge) not in watched:
                watched[rundir, bridge] = SwitchWatch(f"{rundir}/{bridge}.mgmt", _teller(emit, bridge))
        return [bridge for bridge in bridges if watched[rundir, bridge].up]

    return {"flows.read": read, "flows.apply": apply, "flows.watch": watch}


def _teller(emit: Callable[[dict[str, Any]], None], bridge: str) -> Callable[[bool], None]:
    return lambda up: emit({"switch": {"bridge": bridge, "up": up}})
