"""Refusals of flavors and service profiles: texts as in Neutron (neutron_lib/exceptions/flavors.py). Pure."""

from __future__ import annotations

from libs.errors.refusal import Refusal


def flavor_in_use(flavor_id: str) -> Refusal:
    """409: routers are of the flavor."""
    return Refusal(409, "FlavorInUse", f"Flavor {flavor_id} is used by some service instance.")


def flavor_disabled() -> Refusal:
    """503: the flavor is switched off."""
    return Refusal(503, "FlavorDisabled", "Flavor is not enabled.")


def profile_in_use(service_profile_id: str) -> Refusal:
    """409: flavors stand for the service profile."""
    text = f"Service Profile {service_profile_id} is used by some service instance."
    return Refusal(409, "ServiceProfileInUse", text)


def profile_disabled() -> Refusal:
    """503: the service profile is switched off."""
    return Refusal(503, "ServiceProfileDisabled", "Service Profile is not enabled.")


def profile_empty() -> Refusal:
    """400: nothing says what the service profile is."""
    return Refusal(400, "ServiceProfileEmpty", "Service Profile needs either a driver or metainfo.")


def driver_not_found(driver: str) -> Refusal:
    """404: no provider has that driver."""
    return Refusal(404, "ServiceProfileDriverNotFound", f"Service Profile driver {driver} could not be found.")


def associated(service_profile_id: str, flavor_id: str) -> Refusal:
    """409: the flavor stands for the profile already."""
    text = f"Service Profile {service_profile_id} is already associated with flavor {flavor_id}."
    return Refusal(409, "FlavorServiceProfileBindingExists", text)


def not_associated(service_profile_id: str, flavor_id: str) -> Refusal:
    """404: the flavor does not stand for the profile."""
    text = f"Service Profile {service_profile_id} is not associated with flavor {flavor_id}."
    return Refusal(404, "FlavorServiceProfileBindingNotFound", text)
