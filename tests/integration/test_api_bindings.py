"""How Nova moves a server: a second binding of its port, activated, the first one removed."""

from __future__ import annotations

import uuid

import pytest

from libs.commands import ReportWired
from libs.model import Actor, Context
from tests.fakes.browser import Browser
from tests.integration.api_world import World
from tests.integration.layer3_world import subnet_of

pytestmark = pytest.mark.postgres

PROFILE = {"os_vif_delegation": True}


@pytest.fixture
def nova(world: World) -> Browser:
    """The user nova, a service."""
    return world.admin.acting("service", "service")


@pytest.fixture
def port(world: World) -> str:
    """A server's port on compute1."""
    network, _ = subnet_of(world.admin, "10.0.0.0/24")
    server = {"device_id": str(uuid.uuid4()), "device_owner": "compute:nova", "binding__host_id": "compute1"}
    return str(world.admin.made("port", network_id=network, **server)["id"])


def wired(world: World, port: str, host: str, generation: int) -> None:
    context = Context(Actor("topology", ""), "", str(uuid.uuid4()), "2026-11-22T10:00:00.000000Z")
    world.ledger.commit(ReportWired(port, host, generation, True), context)


def test_a_server_moves_as_nova_moves_it(world: World, nova: Browser, port: str) -> None:
    path = f"/v2.0/ports/{port}/bindings"
    wired(world, port, "compute1", 1)
    assert nova.put(f"/v2.0/ports/{port}", {"port": {"binding:profile": {"migrating_to": "compute2"}}}).status == 200
    made = nova.post(path, {"binding": {"host": "compute2", "vnic_type": "normal", "profile": PROFILE}})
    assert made.status == 201
    assert made.json["binding"] | {"vif_details": {}} == {
        "host": "compute2", "status": "INACTIVE", "vif_type": "ovs", "vnic_type": "normal", "profile": PROFILE, "vif_details": {},
    }  # fmt: skip
    assert made.json["binding"]["vif_details"]["bridge_name"] == "br-int"
    assert nova.get(f"{path}/compute2").json == made.json
    shown = nova.get(f"/v2.0/ports/{port}").json["port"]
    assert (shown["binding:host_id"], shown["status"]) == ("compute1", "ACTIVE")
    assert shown["binding:profile"] == {"migrating_to": "compute2"}

    wired(world, port, "compute2", 2)
    done = nova.put(f"{path}/compute2/activate", None)
    assert done.status == 200 and done.json["binding"]["status"] == "ACTIVE"
    shown = nova.get(f"/v2.0/ports/{port}").json["port"]
    assert (shown["binding:host_id"], shown["status"], shown["binding:profile"]) == ("compute2", "ACTIVE", PROFILE)
    again = nova.put(f"{path}/compute2/activate", None)
    assert again.error == (409, "PortBindingAlreadyActive")
    listed = nova.get(path).json["bindings"]
    assert [(one["host"], one["status"]) for one in listed] == [("compute2", "ACTIVE"), ("compute1", "INACTIVE")]
    assert nova.delete(f"{path}/compute1").status == 204
    assert nova.get(f"{path}/compute1").error == (404, "PortBindingNotFound")
    assert nova.delete(f"{path}/compute1").error == (404, "PortBindingNotFound")


def test_a_move_that_is_given_up(nova: Browser, port: str) -> None:
    path = f"/v2.0/ports/{port}/bindings"
    assert nova.post(path, {"binding": {"host": "compute2"}}).status == 201
    assert nova.delete(f"{path}/compute2").status == 204
    assert [one["host"] for one in nova.get(path).json["bindings"]] == ["compute1"]


def test_lists_are_filtered_and_cut(nova: Browser, port: str) -> None:
    path = f"/v2.0/ports/{port}/bindings"
    nova.post(path, {"binding": {"host": "compute2"}})
    assert nova.get(f"{path}?status=INACTIVE&fields=host").json == {"bindings": [{"host": "compute2"}]}
    assert nova.get(f"{path}?host=compute1&host=compute2&fields=status").json == {
        "bindings": [{"status": "ACTIVE"}, {"status": "INACTIVE"}]
    }
    assert nova.get(f"{path}/compute1?fields=status").json == {"binding": {"status": "ACTIVE"}}
    assert nova.get(f"{path}?profile=x").error[0] == 400


def test_what_cannot_be_bound_is_refused(world: World, nova: Browser, port: str) -> None:
    path = f"/v2.0/ports/{port}/bindings"
    assert nova.post(path, {"binding": {"host": "nowhere"}}).error == (409, "PortBindingError")
    assert nova.post(path, {"binding": {"host": "compute1"}}).error == (409, "PortBindingAlreadyExists")
    assert nova.put(f"{path}/compute2/activate", None).error == (404, "PortBindingNotFound")
    bad = ({}, {"host": ""}, {"host": 5}, {"host": "compute2", "status": "ACTIVE"}, {"host": "compute2", "x": 1},
           {"host": "compute2", "vnic_type": "thick"}, {"host": "compute2", "profile": 7})  # fmt: skip
    for body in bad:
        assert nova.post(path, {"binding": body}).error[0] == 400, body
    assert nova.post(path, {"bindings": [{"host": "compute2"}]}).error[0] == 400
    assert nova.get(f"/v2.0/ports/{uuid.uuid4()}/bindings").error == (404, "PortNotFound")
    assert nova.post("/v2.0/ports/nothing/bindings", {"binding": {"host": "a"}}).error == (404, "PortNotFound")
    assert [one["host"] for one in nova.get(path).json["bindings"]] == ["compute1"]


def test_ports_of_no_server_have_one_binding(world: World, nova: Browser) -> None:
    network, _ = subnet_of(world.admin, "10.0.0.0/24")
    path = f"/v2.0/ports/{world.admin.made('port', network_id=network)['id']}/bindings"
    for seen in (nova.get(path), nova.get(f"{path}/compute1"), nova.post(path, {"binding": {"host": "compute1"}})):
        assert seen.error == (400, "BadRequest")


def test_bindings_are_the_services_matter(world: World, port: str) -> None:
    path = f"/v2.0/ports/{port}/bindings"
    admin, member = world.admin.acting("operators", "admin"), world.admin.acting("us", "member")
    assert admin.get(path).status == 200 and member.get(path).status == 403
    for caller in (admin, member):
        for seen in (
            caller.post(path, {"binding": {"host": "compute2"}}),
            caller.put(f"{path}/compute1", {"binding": {"profile": {}}}),
            caller.put(f"{path}/compute2/activate", None),
            caller.delete(f"{path}/compute1"),
        ):
            assert seen.error == (403, "PolicyNotAuthorized")
    unknown = member.post(f"/v2.0/ports/{uuid.uuid4()}/bindings", {"binding": {"host": "compute2"}})
    assert unknown.error == (403, "PolicyNotAuthorized")


def test_a_bindings_profile_is_changed(nova: Browser, port: str) -> None:
    path = f"/v2.0/ports/{port}/bindings"
    nova.post(path, {"binding": {"host": "compute2"}})
    for host in ("compute1", "compute2"):
        changed = nova.put(f"{path}/{host}", {"binding": {"profile": PROFILE}})
        assert (changed.status, changed.json["binding"]["profile"]) == (200, PROFILE)
