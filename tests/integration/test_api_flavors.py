"""Flavors, service profiles and service providers over the real log, and routers that are of a flavor."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.fakes.browser import Browser

pytestmark = pytest.mark.postgres

NOBODY = str(uuid.uuid4())
DRIVER = "neutron.services.l3_router.service_providers.single_node.SingleNodeDriver"


def flavor_of(admin: Browser, **more: Any) -> dict[str, Any]:
    """A new flavor."""
    return admin.made("flavor", **{"name": "gold", "service_type": "L3_ROUTER_NAT", **more})


def profile_of(admin: Browser, **more: Any) -> dict[str, Any]:
    """A new service profile."""
    seen = admin.post("/v2.0/service_profiles", {"service_profile": {"driver": DRIVER, **more}})
    assert seen.status == 201, seen.text
    made: dict[str, Any] = seen.json["service_profile"]
    return made


def test_the_providers_are_listed(admin: Browser) -> None:
    provider = {"service_type": "L3_ROUTER_NAT", "name": "single_node", "default": True}
    assert admin.get("/v2.0/service-providers").json == {"service_providers": [provider]}
    assert admin.get("/v2.0/service-providers?service_type=FIREWALL").json == {"service_providers": []}
    assert admin.get("/v2.0/service-providers?fields=name").json == {"service_providers": [{"name": "single_node"}]}
    assert admin.acting("us", "reader").get("/v2.0/service-providers").status == 200


def test_a_flavor_is_made_shown_changed_and_deleted(admin: Browser) -> None:
    made = flavor_of(admin, description="two of all")
    assert made.keys() == {"id", "name", "description", "service_type", "enabled", "service_profiles"}
    path = f"/v2.0/flavors/{made['id']}"
    assert admin.get(path).json == {"flavor": made}
    assert admin.get("/v2.0/flavors?name=gold&sort_key=name&sort_dir=asc").json == {"flavors": [made]}
    changed = admin.put(path, {"flavor": {"name": "silver", "enabled": False}}).json["flavor"]
    assert (changed["name"], changed["enabled"]) == ("silver", False)
    assert admin.delete(path).status == 204
    assert admin.get(path).error == (404, "FlavorNotFound")
    body = {"flavor": {"name": "x", "service_type": "FIREWALL"}}
    assert admin.post("/v2.0/flavors", body).error == (400, "InvalidServiceType")


def test_a_service_profile_is_made_shown_changed_and_deleted(admin: Browser) -> None:
    made = profile_of(admin, description="plain", metainfo="{}")
    assert made.keys() == {"id", "description", "driver", "metainfo", "enabled"}
    path = f"/v2.0/service_profiles/{made['id']}"
    assert admin.get(path).json == {"service_profile": made}
    changed = admin.put(path, {"service_profile": {"enabled": False, "metainfo": "a"}}).json["service_profile"]
    assert (changed["enabled"], changed["metainfo"], changed["driver"]) == (False, "a", DRIVER)
    assert admin.delete(path).status == 204
    assert admin.get(path).error == (404, "ServiceProfileNotFound")
    unknown = {"service_profile": {"driver": "nobodys"}}
    assert admin.post("/v2.0/service_profiles", unknown).error == (404, "ServiceProfileDriverNotFound")
    assert admin.post("/v2.0/service_profiles", {"service_profile": {}}).error == (400, "ServiceProfileEmpty")


def test_a_flavor_stands_for_profiles(admin: Browser) -> None:
    flavor, profile = flavor_of(admin), profile_of(admin)
    below = f"/v2.0/flavors/{flavor['id']}/service_profiles"
    body = {"service_profile": {"id": profile["id"]}}
    assert admin.get(f"/v2.0/flavors/{flavor['id']}/next_providers").error == (
        404,
        "FlavorServiceProfileBindingNotFound",
    )
    assert admin.post(below, body).status == 201
    assert admin.post(below, body).error == (409, "FlavorServiceProfileBindingExists")
    assert admin.get(f"/v2.0/flavors/{flavor['id']}").json["flavor"]["service_profiles"] == [profile["id"]]
    shown = admin.get(f"/v2.0/flavors/{flavor['id']}/next_providers").json
    assert shown == {"next_providers": [{"provider": "single_node", "driver": DRIVER}]}
    path = f"/v2.0/service_profiles/{profile['id']}"
    for seen in (admin.delete(path), admin.put(path, {"service_profile": {"enabled": False}})):
        assert seen.error == (409, "ServiceProfileInUse")
    assert admin.delete(f"{below}/{profile['id']}").status == 204
    assert admin.delete(f"{below}/{profile['id']}").error == (404, "FlavorServiceProfileBindingNotFound")
    assert admin.delete(path).status == 204
    assert admin.post(below, {"service_profile": {"id": NOBODY}}).error == (404, "ServiceProfileNotFound")
    assert admin.post(below, {"service_profile": {}}).status == 400
    two = flavor_of(admin, service_profiles=[profile_of(admin)["id"]])
    assert len(two["service_profiles"]) == 1


def test_a_router_is_of_a_flavor(admin: Browser) -> None:
    plain = admin.made("router", name="r")
    assert plain["flavor_id"] is None
    flavor, profile = flavor_of(admin), profile_of(admin)
    body = {"router": {"name": "r", "flavor_id": flavor["id"]}}
    assert admin.post("/v2.0/routers", body).error == (404, "FlavorServiceProfileBindingNotFound")
    admin.post(f"/v2.0/flavors/{flavor['id']}/service_profiles", {"service_profile": {"id": profile["id"]}})
    router = admin.post("/v2.0/routers", body).json["router"]
    assert router["flavor_id"] == flavor["id"]
    assert admin.get(f"/v2.0/routers/{router['id']}").json["router"] == router
    assert [one["id"] for one in admin.get(f"/v2.0/routers?flavor_id={flavor['id']}").json["routers"]] == [router["id"]]
    assert admin.delete(f"/v2.0/flavors/{flavor['id']}").error == (409, "FlavorInUse")
    assert admin.put(f"/v2.0/routers/{router['id']}", {"router": {"flavor_id": flavor["id"]}}).status == 400
    admin.put(f"/v2.0/flavors/{flavor['id']}", {"flavor": {"enabled": False}})
    assert admin.post("/v2.0/routers", body).error == (503, "FlavorDisabled")
    assert admin.post("/v2.0/routers", {"router": {"flavor_id": NOBODY}}).error == (404, "FlavorNotFound")
    admin.delete(f"/v2.0/routers/{router['id']}")
    assert admin.delete(f"/v2.0/flavors/{flavor['id']}").status == 204


def test_flavors_are_the_administrators_and_everybody_sees_them(admin: Browser) -> None:
    flavor, profile = flavor_of(admin), profile_of(admin)
    us = admin.acting("us", "member")
    path = f"/v2.0/flavors/{flavor['id']}"
    assert us.get(path).json == {"flavor": flavor} and us.get("/v2.0/flavors").json == {"flavors": [flavor]}
    assert us.get("/v2.0/service_profiles").json == {"service_profiles": []}
    assert us.get(f"/v2.0/service_profiles/{profile['id']}").status == 404
    denied = (403, "PolicyNotAuthorized")
    assert us.post("/v2.0/flavors", {"flavor": {"service_type": "L3_ROUTER_NAT"}}).error == denied
    assert us.put(path, {"flavor": {"name": "x"}}).error == us.delete(path).error == denied
    assert us.post("/v2.0/service_profiles", {"service_profile": {"metainfo": "x"}}).error == denied
    assert us.post(f"{path}/service_profiles", {"service_profile": {"id": profile["id"]}}).error == denied
    assert us.delete(f"{path}/service_profiles/{profile['id']}").error == denied
    assert us.delete(f"/v2.0/service_profiles/{profile['id']}").status == 404
