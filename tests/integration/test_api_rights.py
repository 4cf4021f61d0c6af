"""Whose things may be used, changed and joined: judged at the API, so that decisions know of no roles."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from libs.http.limits import Limits
from services.api.gateway import make_app
from tests.fakes.browser import Browser
from tests.integration.api_world import World
from tests.integration.layer3_world import attach, public, routed, subnet_of

pytestmark = pytest.mark.postgres

DENIED = (403, "PolicyNotAuthorized")
MISSING = "00000000-0000-4000-8000-000000000000"


def test_a_floating_ip_stands_for_a_port_of_its_own_project(admin: Browser, ann: Browser, bob: Browser) -> None:
    external, _ = public(admin)
    _, network, _ = routed(ann, external)
    admin.put(f"/v2.0/networks/{network}", {"network": {"shared": True}})
    bobs, hers = bob.made("port", network_id=network)["id"], ann.made("port", network_id=network)["id"]
    floating = ann.made("floatingip", floating_network_id=external)["id"]
    for seen in (
        ann.put(f"/v2.0/floatingips/{floating}", {"floatingip": {"port_id": bobs}}),
        ann.post("/v2.0/floatingips", {"floatingip": {"floating_network_id": external, "port_id": bobs}}),
    ):
        assert seen.error == (400, "BadRequest") and f"Port {bobs}, since that port is owned by a different" in str(
            seen.text
        )
    refused = bob.post("/v2.0/floatingips", {"floatingip": {"floating_network_id": external, "port_id": hers}})
    assert refused.error == (404, "PortNotFound")
    assert admin.put(f"/v2.0/floatingips/{floating}", {"floatingip": {"port_id": bobs}}).status == 200


def test_a_port_that_an_administrators_floating_ip_stands_for_is_not_deleted(admin: Browser, ann: Browser) -> None:
    external, _ = public(admin)
    _, network, _ = routed(ann, external)
    port = ann.made("port", network_id=network)["id"]
    admin.made("floatingip", floating_network_id=external, port_id=port)
    assert ann.delete(f"/v2.0/ports/{port}").error == (409, "FipAssociated")
    assert admin.delete(f"/v2.0/ports/{port}").status == 204


def test_on_anothers_subnet_a_router_takes_what_others_may_have(admin: Browser, ann: Browser, bob: Browser) -> None:
    """Its gateway's address is its owner's to give; an address of our own on a shared network is ours."""
    network, _ = subnet_of(ann, "10.0.0.0/24")
    admin.put(f"/v2.0/networks/{network}", {"network": {"shared": True}})
    router = bob.made("router")["id"]
    port = bob.made("port", network_id=network)["id"]
    gateways = admin.made("port", network_id=network, tenant_id="bob", fixed_ips=[{"ip_address": "10.0.0.1"}])["id"]
    action = f"/v2.0/routers/{router}/add_router_interface"
    refused = bob.put(action, {"port_id": gateways})
    assert refused.error == (400, "BadRequest") and "out of the allocation pool" in str(refused.text)
    assert attach(bob, router, port_id=port)["port_id"] == port
    other = bob.made("router")["id"]
    assert attach(admin, other, port_id=gateways)["port_id"] == gateways


def test_anothers_port_is_not_ours_to_give_to_a_router(admin: Browser, ann: Browser, bob: Browser) -> None:
    network, _ = subnet_of(ann, "10.0.0.0/24")
    hidden, router = ann.made("port", network_id=network)["id"], bob.made("router")["id"]
    for port in (hidden, MISSING):
        seen = bob.put(f"/v2.0/routers/{router}/add_router_interface", {"port_id": port})
        assert seen.error == (404, "PortNotFound")
    admin.put(f"/v2.0/networks/{network}", {"network": {"shared": True}})
    bobs, hers = bob.made("port", network_id=network)["id"], ann.made("router")["id"]
    assert ann.put(f"/v2.0/routers/{hers}/add_router_interface", {"port_id": bobs}).error == DENIED


def test_who_sees_it_need_not_be_let_tag_it(admin: Browser, ann: Browser, bob: Browser) -> None:
    network, subnet = subnet_of(ann, "10.0.0.0/24")
    admin.put(f"/v2.0/networks/{network}", {"network": {"shared": True}})
    port = bob.made("port", network_id=network)["id"]
    for path in (f"networks/{network}", f"subnets/{subnet}"):
        assert bob.put(f"/v2.0/{path}/tags/x", None).error == DENIED
    assert ann.put(f"/v2.0/ports/{port}/tags/x", None).error == DENIED
    assert bob.put(f"/v2.0/ports/{port}/tags/x", None).status == 201
    assert ann.delete(f"/v2.0/ports/{port}/tags/x").status == 204, "its network is hers"


def test_on_anothers_network_a_ports_owner_does_not_name_macs_and_addresses(
    admin: Browser, ann: Browser, bob: Browser
) -> None:
    network, _ = subnet_of(ann, "10.0.0.0/24")
    admin.put(f"/v2.0/networks/{network}", {"network": {"shared": True}})
    port = bob.made("port", network_id=network)["id"]
    for body in ({"mac_address": "fa:16:3e:11:22:33"}, {"fixed_ips": []}, {"device_owner": "network:dhcp"}):
        [name] = body
        refused = bob.put(f"/v2.0/ports/{port}", {"port": body})
        assert refused.error == DENIED and f"rule:update_port:{name}" in str(refused.text)
    hers = ann.made("port", network_id=network)["id"]
    assert ann.put(f"/v2.0/ports/{hers}", {"port": {"fixed_ips": []}}).status == 200
    moved = {"port": {"mac_address": "fa:16:3e:11:22:33"}}
    assert ann.put(f"/v2.0/ports/{hers}", moved).error == DENIED, "that takes a manager"
    assert admin.acting("ann", "manager").put(f"/v2.0/ports/{hers}", moved).status == 200


def test_a_subnet_of_another_on_an_own_network_may_be_changed(admin: Browser, ann: Browser, bob: Browser) -> None:
    network = ann.made("network")["id"]
    subnet = admin.made("subnet", network_id=network, cidr="10.0.0.0/24", ip_version=4, tenant_id="bob")["id"]
    for owner in (ann, bob):
        assert owner.put(f"/v2.0/subnets/{subnet}", {"subnet": {"name": "x"}}).status == 200


def test_no_router_says_whether_it_is_there(admin: Browser, ann: Browser, bob: Browser) -> None:
    """A port may pose as an interface of no router but its project's, be it another's or nobody's."""
    network, hers = bob.made("network")["id"], ann.made("router")["id"]
    port = bob.made("port", network_id=network)["id"]
    for device in (hers, MISSING):
        posing = {"device_owner": "network:router_interface", "device_id": device}
        for seen in (
            bob.post("/v2.0/ports", {"port": {"network_id": network, **posing}}),
            bob.put(f"/v2.0/ports/{port}", {"port": posing}),
        ):
            assert seen.error == (409, "DeviceIDNotOwnedByTenant")


def test_a_ports_rights_cost_no_statement(world: World, ann: Browser) -> None:
    """They are judged by what the decision reads anyway."""
    asked: list[str] = []

    def query(text: str, values: Any) -> list[tuple[Any, ...]]:
        asked.append(text)
        return world.log.pool.query(text, values)

    network, subnet = subnet_of(ann, "10.0.0.0/24")
    ann.made("port", network_id=network)
    group = ann.get("/v2.0/security-groups").json["security_groups"][0]["id"]
    app = make_app(query, world.ledger.commit, world.settings, Limits(), lambda: datetime.now(UTC))
    seen = Browser(app).acting("ann", "member")
    seen.made("port", network_id=network, fixed_ips=[{"subnet_id": subnet}], security_groups=[group], device_id="vm")
    assert asked == []
    seen.post("/v2.0/ports", {"port": {"network_id": network, "security_groups": [MISSING]}})
    assert 1 <= len(asked) <= 2, "what is not there is looked for, and once more when a cache had said so"


def test_what_was_judged_by_is_so_when_it_is_committed(world: World, admin: Browser, bob: Browser) -> None:
    """Its owner takes the network back after the policy was asked and before the port is there."""
    network, _ = subnet_of(admin, "10.0.0.0/24", shared=True)
    judged: list[bool] = []

    def commit(command: Any, context: Any, judge: Any = None) -> Any:
        def judging(read: Any) -> None:
            judge(read)
            judged.append(True)
            if len(judged) == 1:
                seen = admin.put(f"/v2.0/networks/{network}", {"network": {"shared": False}})
                assert seen.status == 200, seen.text

        return world.ledger.commit(command, context, judging if judge else None)

    app = make_app(world.log.pool.query, commit, world.settings, Limits(), lambda: datetime.now(UTC))
    late = Browser(app).acting("bob", "member").post("/v2.0/ports", {"port": {"network_id": network}})
    assert late.error == (404, "NetworkNotFound") and judged == [True]
