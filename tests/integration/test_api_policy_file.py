"""An operator's own rules, at the API."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from libs.config import BadSetting, Settings
from libs.http.limits import Limits
from services.api.gateway import make_app
from services.api.service import CHECK
from tests.fakes.browser import Browser
from tests.integration.api_world import World

pytestmark = pytest.mark.postgres
DENIED = (403, "PolicyNotAuthorized")

OWN = """
"create_network:shared": "rule:admin_or_owner"
"get_agent": "rule:admin_only or role:auditor"
"get_router": "rule:admin_only or role:auditor"
"get_port:binding:host_id": "role:auditor"
"get_port:binding:vif_type": "!"
"update_subnet": "!"
"delete_network": "rule:admin_or_owner and not role:reader_only"
"""


def _under(world: World, tmp_path: Path, text: str) -> Browser:
    """An admin at an API with that file; the log is the world's."""
    path = tmp_path / "policy.yaml"
    path.write_text(text)
    settings = Settings(policy_file=str(path))
    CHECK(settings)
    return Browser(make_app(world.log.pool.query, world.ledger.commit, settings, Limits(), lambda: datetime.now(UTC)))


def test_rules_are_given_and_taken(world: World, tmp_path: Path) -> None:
    admin = _under(world, tmp_path, OWN)
    ann, plain = admin.acting("ann", "member"), world.admin.acting("ann", "member")
    assert ann.made("network", shared=True)["shared"]
    assert plain.post("/v2.0/networks", {"network": {"shared": True}}).error == DENIED
    network = ann.made("network")["id"]
    subnet = ann.made("subnet", network_id=network, cidr="10.0.0.0/24", ip_version=4)["id"]
    for caller in (ann, admin):
        assert caller.put(f"/v2.0/subnets/{subnet}", {"subnet": {"name": "x"}}).error == DENIED
    assert admin.put("/v2.0/subnets/00000000-0000-4000-8000-000000000000", {"subnet": {}}).error[0] == 404
    assert ann.delete(f"/v2.0/networks/{network}").status == 204


def test_sight_is_given_and_taken_by_role(world: World, tmp_path: Path) -> None:
    admin = _under(world, tmp_path, OWN)
    world.register_agent("compute1")
    ann, auditor = admin.acting("ann", "member"), admin.acting("ann", "auditor", "reader")
    router, network = ann.post("/v2.0/routers", {"router": {}}).json["router"]["id"], ann.made("network")["id"]
    port = admin.made("port", network_id=network, tenant_id="ann", binding__host_id="compute1")["id"]
    assert ann.get(f"/v2.0/routers/{router}").error == (404, "RouterNotFound")
    assert ann.get("/v2.0/routers").json == {"routers": []}
    assert auditor.get(f"/v2.0/routers/{router}").status == admin.get(f"/v2.0/routers/{router}").status == 200
    assert len(auditor.get("/v2.0/agents").json["agents"]) == 1 and ann.get("/v2.0/agents").json == {"agents": []}
    bodies = {
        name: one.get(f"/v2.0/ports/{port}").json["port"] for name, one in (("a", auditor), ("m", ann), ("r", admin))
    }
    assert bodies["a"]["binding:host_id"] == "compute1"
    assert ["binding:host_id" in one for one in bodies.values()] == [True, False, False]
    assert not any("binding:vif_type" in one for one in bodies.values())
    assert "binding:vif_details" in bodies["r"] and "binding:profile" in bodies["r"]
    assert [
        list(one) for one in auditor.get("/v2.0/ports?fields=binding:host_id&fields=binding:vif_type").json["ports"]
    ] == [["binding:host_id"]]


def test_another_role_may_be_the_admins(world: World, tmp_path: Path) -> None:
    root = _under(world, tmp_path, "context_is_admin: role:chief\n")
    network = world.admin.acting("ann", "member").made("network")["id"]
    chief, admin = root.acting("x", "chief"), root.acting("x", "admin")
    assert chief.get(f"/v2.0/networks/{network}").json["network"]["provider:network_type"] == "vxlan"
    assert chief.put(f"/v2.0/networks/{network}", {"network": {"shared": True}}).status == 200
    assert admin.put(f"/v2.0/networks/{network}", {"network": {"shared": False}}).error[0] in (403, 404)


def test_a_bad_file_stops_the_api_before_it_starts(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text("create_network: role:admin or\n")
    with pytest.raises(BadSetting, match="rule 'create_network' cannot be understood"):
        CHECK(Settings(policy_file=str(path)))
