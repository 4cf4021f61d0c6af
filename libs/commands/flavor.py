"""What can be asked of flavors and service profiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class NewFlavor:
    """One flavor to make, with the service profiles that it stands for."""

    flavor_id: str
    service_type: str
    name: str = ""
    description: str = ""
    enabled: bool = True
    service_profiles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CreateFlavors:
    """Make all of these flavors or none."""

    flavors: tuple[NewFlavor, ...]


@dataclass(frozen=True, slots=True)
class UpdateFlavor:
    """Change the named attributes: name, description, enabled, service_profiles (all of them)."""

    flavor_id: str
    changes: Mapping[str, Any]
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class AssociateProfile:
    """Let a flavor stand for a service profile."""

    flavor_id: str
    service_profile_id: str


@dataclass(frozen=True, slots=True)
class DisassociateProfile:
    """Let a flavor stand for a service profile no longer."""

    flavor_id: str
    service_profile_id: str


@dataclass(frozen=True, slots=True)
class DeleteFlavor:
    """Delete a flavor; refused while routers are of it."""

    flavor_id: str
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class NewServiceProfile:
    """One service profile to make."""

    service_profile_id: str
    description: str = ""
    driver: str = ""
    metainfo: str = ""
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class CreateServiceProfiles:
    """Make all of these service profiles or none."""

    service_profiles: tuple[NewServiceProfile, ...]


@dataclass(frozen=True, slots=True)
class UpdateServiceProfile:
    """Change the named attributes: description, driver, metainfo, enabled; refused while a flavor stands for it."""

    service_profile_id: str
    changes: Mapping[str, Any]
    if_revision: int | None = None


@dataclass(frozen=True, slots=True)
class DeleteServiceProfile:
    """Delete a service profile; refused while a flavor stands for it."""

    service_profile_id: str
    if_revision: int | None = None
