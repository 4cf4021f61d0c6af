"""Names in DNS as users see them: of ports, networks and floating IPs."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from libs.eventlog.commit import Ledger
from libs.http.limits import Limits
from services.api.gateway import make_app
from tests.fakes.browser import Browser
from tests.fakes.choosers import Choosers
from tests.integration.api_world import World
from tests.integration.layer3_world import public, subnet_of

pytestmark = pytest.mark.postgres


def names(port: dict) -> list[tuple[str, str]]:
    return [(one["hostname"], one["fqdn"]) for one in port["dns_assignment"]]


def test_a_port_is_named_as_nova_names_it(admin: Browser) -> None:
    network, _ = subnet_of(admin, "10.0.0.0/24")
    port = admin.made("port", network_id=network)
    assert port["dns_name"] == "" and names(port) == [("host-10-0-0-2", "host-10-0-0-2.openstacklocal.")]
    path = f"/v2.0/ports/{port['id']}"
    server = {"device_id": str(uuid.uuid4()), "device_owner": "compute:nova", "dns_name": "Web-1"}
    named = admin.put(path, {"port": server}).json["port"]
    assert named["dns_name"] == "web-1" and names(named) == [("web-1", "web-1.openstacklocal.")]
    assert admin.get(path).json["port"] == named
    assert admin.get("/v2.0/ports?dns_name=web-1&fields=dns_assignment&fields=id").json["ports"] == [
        {"dns_assignment": named["dns_assignment"], "id": port["id"]}
    ]
    freed = admin.put(path, {"port": {"device_id": "", "device_owner": "", "dns_name": ""}}).json["port"]
    assert names(freed) == names(port)


def test_names_that_are_none_are_refused(admin: Browser) -> None:
    network, _ = subnet_of(admin, "10.0.0.0/24")
    port = admin.made("port", network_id=network)["id"]
    for bad in ("-web", "a..b", "we b", "web_1", "a" * 64, 5, None, "web.example.org."):
        assert admin.post("/v2.0/ports", {"port": {"network_id": network, "dns_name": bad}}).error[0] == 400, bad
        assert admin.put(f"/v2.0/ports/{port}", {"port": {"dns_name": bad}}).error[0] == 400, bad
    seen = admin.put(f"/v2.0/ports/{port}", {"port": {"dns_assignment": []}})
    assert seen.error[0] == 400


def test_a_name_may_be_whole_below_the_domain_that_is_set(world: World) -> None:
    ledger = Ledger(world.log, Choosers(world.log).ask, dns_domain="cloud.example.")
    settings = replace(world.settings, dns_domain="cloud.example.")
    admin = Browser(make_app(world.log.pool.query, ledger.commit, settings, Limits(), lambda: datetime.now(UTC)))
    network, _ = subnet_of(admin, "10.0.0.0/24")
    port = admin.made("port", network_id=network, dns_name="web.cloud.example.")
    assert names(port) == [("web.cloud.example.", "web.cloud.example.")]
    assert names(admin.made("port", network_id=network)) == [("host-10-0-0-3", "host-10-0-0-3.cloud.example.")]
    wrong = admin.post("/v2.0/ports", {"port": {"network_id": network, "dns_name": "web.openstacklocal."}})
    assert wrong.error == (400, "HTTPBadRequest")


def test_a_networks_domain_and_a_floating_ips_name_are_kept(admin: Browser) -> None:
    network = admin.made("network", dns_domain="Example.org.")
    assert network["dns_domain"] == "example.org."
    changed = admin.put(f"/v2.0/networks/{network['id']}", {"network": {"dns_domain": ""}})
    assert changed.json["network"]["dns_domain"] == ""
    assert admin.post("/v2.0/networks", {"network": {"dns_domain": "example.org"}}).error[0] == 400
    external, _ = public(admin)
    asked = {"floating_network_id": external, "dns_name": "web", "dns_domain": "example.org."}
    floating = admin.made("floatingip", **asked)
    assert (floating["dns_name"], floating["dns_domain"]) == ("web", "example.org.")
    assert admin.get("/v2.0/floatingips?dns_name=web").json["floatingips"][0]["id"] == floating["id"]
    half = admin.post("/v2.0/floatingips", {"floatingip": {"floating_network_id": external, "dns_name": "web"}})
    assert half.error == (400, "BadRequest")
    put = admin.put(f"/v2.0/floatingips/{floating['id']}", {"floatingip": {"dns_name": "x"}})
    assert put.error[0] == 400


def test_the_aliases_are_told(admin: Browser) -> None:
    for alias in ("binding-extended", "dns-integration"):
        assert admin.get(f"/v2.0/extensions/{alias}").json["extension"]["alias"] == alias
