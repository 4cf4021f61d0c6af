"""Facts about flavors and service profiles; streams `flavor-<uuid>` and `service_profile-<uuid>`. They belong to no project."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FlavorCreated:
    """A kind of service can be asked for by this flavor; the profiles that it stands for are facts of their own."""

    flavor_id: str
    name: str
    description: str
    service_type: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class FlavorRenamed:
    """Its name changed."""

    flavor_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class FlavorDescribed:
    """Its description changed."""

    flavor_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class FlavorEnabledChanged:
    """It was switched on or off."""

    flavor_id: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class FlavorProfileAssociated:
    """It stands for this service profile."""

    flavor_id: str
    service_profile_id: str


@dataclass(frozen=True, slots=True)
class FlavorProfileDisassociated:
    """It stands for this service profile no longer."""

    flavor_id: str
    service_profile_id: str


@dataclass(frozen=True, slots=True)
class FlavorDeleted:
    """It is gone; no router was of it."""

    flavor_id: str
    name: str


@dataclass(frozen=True, slots=True)
class ServiceProfileCreated:
    """A driver with its settings; driver empty: metainfo alone says what it is."""

    service_profile_id: str
    description: str
    driver: str
    metainfo: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class ServiceProfileDescribed:
    """Its description changed."""

    service_profile_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ServiceProfileDriverChanged:
    """Its driver, or the settings that the driver gets, changed."""

    service_profile_id: str
    driver_before: str
    metainfo_before: str
    driver: str
    metainfo: str


@dataclass(frozen=True, slots=True)
class ServiceProfileEnabledChanged:
    """It was switched on or off."""

    service_profile_id: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class ServiceProfileDeleted:
    """It is gone; no flavor stood for it."""

    service_profile_id: str
    driver: str
