"""What can be asked of a port's bindings beside its active one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class AddPortBinding:
    """Make an inactive binding on a further host."""

    port_id: str
    host: str
    vnic_type: str = "normal"
    profile: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChangePortBinding:
    """Change the named attributes of the port's binding on `host`, active or not: host, vnic_type, profile."""

    port_id: str
    host: str
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ActivatePortBinding:
    """Let the inactive binding on `host` be the active one."""

    port_id: str
    host: str


@dataclass(frozen=True, slots=True)
class RemovePortBinding:
    """Remove the port's binding on `host`; when it is the active one, the port is bound nowhere."""

    port_id: str
    host: str
