"""Facts about what a project may have; stream `quota-<uuid5 of the project>`, which never ends. They concern no host."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QuotaLimitChanged:
    """The project may have `after` of this resource from now on (-1: as many as it likes); before: None where the default was its
    limit."""

    project_id: str
    resource: str
    after: int
    before: int | None = None


@dataclass(frozen=True, slots=True)
class QuotaReset:
    """Its limits are the defaults again; `resources` had limits of their own."""

    project_id: str
    resources: tuple[str, ...]


QuotaEvent = QuotaLimitChanged | QuotaReset
