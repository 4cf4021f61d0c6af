"""Security of ports over the real log: groups, address pairs, what only a network's owner may say, and what it costs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from libs.http.limits import Limits
from libs.network.security_group import default_group_id
from services.api.gateway import make_app
from tests.fakes.browser import Browser
from tests.integration.api_world import World
from tests.integration.layer3_world import subnet_of

pytestmark = pytest.mark.postgres

US, THEM = "1" * 32, "2" * 32


def security(port: dict[str, Any]) -> tuple[bool, list[str]]:
    return port["port_security_enabled"], port["security_groups"]


def group(who: Browser, **more: Any) -> str:
    made: dict[str, Any] = who.post("/v2.0/security-groups", {"security_group": {"name": "web", **more}}).json
    return str(made["security_group"]["id"])


def test_ports_have_groups(us: Browser) -> None:
    network, _ = subnet_of(us, "10.0.0.0/24")
    web, default = group(us), default_group_id(US)
    plain = us.made("port", network_id=network)
    assert security(plain) == (True, [default]) and plain["allowed_address_pairs"] == []
    assert security(us.made("port", network_id=network, security_groups=[])) == (True, [])
    assert security(us.made("port", network_id=network, security_groups=None)) == (True, [])
    both = us.made("port", network_id=network, security_groups=[web, default])
    assert security(both) == (True, [web, default])
    assert security(us.made("port", network_id=network, port_security_enabled=False)) == (False, [])
    path = f"/v2.0/ports/{both['id']}"
    assert security(us.put(path, {"port": {"security_groups": [web]}}).json["port"]) == (True, [web])
    assert us.put(path, {"port": {"port_security_enabled": False}}).error == (409, "PortSecurityPortHasSecurityGroup")
    off = {"port": {"security_groups": None, "port_security_enabled": False}}
    assert security(us.put(path, off).json["port"]) == (False, [])
    found = us.get(f"/v2.0/ports?security_groups={default}&fields=id").json["ports"]
    assert found == [{"id": plain["id"]}]
    assert len(us.get(f"/v2.0/ports?security_groups={default}&security_groups={web}").json["ports"]) == 1
    assert us.get("/v2.0/ports?security_groups=nothing").json == {"ports": []}


def test_networks_say_what_ports_get(us: Browser) -> None:
    network = us.made("network")
    assert network["port_security_enabled"] is True
    open_ = us.made("network", port_security_enabled=False)
    us.made("subnet", network_id=open_["id"], ip_version=4, cidr="10.0.0.0/24")
    assert open_["port_security_enabled"] is False
    assert security(us.made("port", network_id=open_["id"])) == (False, [])
    assert security(us.made("port", network_id=open_["id"], security_groups=[group(us)]))[0] is True
    path = f"/v2.0/networks/{open_['id']}"
    changed = us.put(path, {"network": {"port_security_enabled": True}}).json["network"]
    assert changed["port_security_enabled"] is True
    assert security(us.made("port", network_id=open_["id"])) == (True, [default_group_id(US)])
    assert us.put(path, {"network": {"port_security_enabled": None}}).status == 400


def test_address_pairs_are_kept_and_shown(us: Browser) -> None:
    network, _ = subnet_of(us, "10.0.0.0/24")
    pairs = [{"ip_address": "10.0.0.9"}, {"ip_address": "10.1.0.0/16", "mac_address": "FA-16-3E-00-00-09"}]
    port = us.made("port", network_id=network, allowed_address_pairs=pairs)
    assert port["allowed_address_pairs"] == [
        {"mac_address": port["mac_address"], "ip_address": "10.0.0.9"},
        {"mac_address": "fa:16:3e:00:00:09", "ip_address": "10.1.0.0/16"},
    ]
    path = f"/v2.0/ports/{port['id']}"
    assert us.get(path).json["port"] == port
    changed = us.put(path, {"port": {"allowed_address_pairs": [{"ip_address": "fd00::/64"}]}}).json["port"]
    assert [one["ip_address"] for one in changed["allowed_address_pairs"]] == ["fd00::/64"]
    off = {"port": {"port_security_enabled": False, "security_groups": []}}
    assert us.put(path, off).error == (409, "AddressPairAndPortSecurityRequired")
    off["port"]["allowed_address_pairs"] = []
    assert us.put(path, off).status == 200
    many = [{"ip_address": f"10.0.1.{number}"} for number in range(11)]
    assert us.put(path, {"port": {"allowed_address_pairs": many}}).error == (400, "AllowedAddressPairExhausted")


def test_on_a_shared_network_its_owner_says_who_is_not_checked(us: Browser, admin: Browser) -> None:
    network, _ = subnet_of(admin, "10.0.0.0/24")
    admin.put(f"/v2.0/networks/{network}", {"network": {"shared": True}})
    assert security(us.made("port", network_id=network)) == (True, [default_group_id(US)])
    for more in (
        {"port_security_enabled": False},
        {"allowed_address_pairs": [{"ip_address": "10.0.0.9"}]},
    ):
        wanted = {"port": {"network_id": network, **more}}
        assert us.post("/v2.0/ports", wanted).error == (403, "PolicyNotAuthorized")
        port = us.made("port", network_id=network)["id"]
        assert us.put(f"/v2.0/ports/{port}", {"port": more}).error == (403, "PolicyNotAuthorized")
    nova = admin.acting("services", "service")
    wanted = {"port": {"network_id": network, "project_id": US, "allowed_address_pairs": [{"ip_address": "10.0.0.9"}]}}
    assert nova.post("/v2.0/ports", wanted).status == 201
    wanted["port"]["allowed_address_pairs"] = [{"ip_address": "0.0.0.0/0"}]
    assert nova.post("/v2.0/ports", wanted).error == (400, "InvalidInput")


def test_devices_of_ours_are_trusted(us: Browser, admin: Browser) -> None:
    network, subnet = subnet_of(us, "10.0.0.0/24")
    router = us.made("router")["id"]
    given = us.made("port", network_id=network)
    for wish in ({"subnet_id": subnet}, {"port_id": given["id"]}):
        assert us.put(f"/v2.0/routers/{router}/add_router_interface", wish).status == 200, wish
        router = us.made("router")["id"]
    ports = admin.get("/v2.0/ports?device_owner=network:router_interface").json["ports"]
    assert len(ports) == 2 and all(security(one) == (False, []) for one in ports)


def test_the_api_asks_the_database_nothing_for_a_port_with_its_default_group(world: World) -> None:
    network, _ = subnet_of(world.admin, "10.0.0.0/24")
    asked: list[str] = []

    def query(text: str, values: Any) -> list[tuple[Any, ...]]:
        asked.append(text)
        return world.log.pool.query(text, values)

    app = make_app(query, world.ledger.commit, world.settings, Limits(), lambda: datetime.now(UTC))
    admin = Browser(app)
    wanted = {"port": {"network_id": network}}
    assert admin.post("/v2.0/ports", wanted).status == 201
    asked.clear()
    assert admin.post("/v2.0/ports", wanted).status == 201
    assert asked == []
