"""Commands about what a project may have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChangeQuota:
    """Give the project these limits {resource: number, -1 for none}. `checked`: refused when it has more than that already."""

    project_id: str
    limits: Mapping[str, int]
    checked: bool = True


@dataclass(frozen=True, slots=True)
class ResetQuota:
    """Give the project the defaults again."""

    project_id: str
