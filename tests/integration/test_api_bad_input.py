"""Whatever is wrong with a request, it is answered in Neutron's words and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes.browser import Browser
from tests.integration.api_world import World

pytestmark = pytest.mark.postgres


@pytest.fixture
def place(world: World) -> Iterator[dict[str, str]]:
    """A network with a subnet and a bound port in use; nothing may be written after it."""
    admin = world.admin
    network = admin.made("network", name="blue")
    subnet = admin.made("subnet", network_id=network["id"], cidr="10.0.0.0/24", ip_version=4)
    port = admin.made("port", network_id=network["id"], device_owner="compute:nova", device_id="vm")
    before = world.log.head(), [admin.get(f"/v2.0/{kind}").json for kind in ("networks", "subnets", "ports")]
    yield {"network": network["id"], "subnet": subnet["id"], "port": port["id"]}
    assert (world.log.head(), [admin.get(f"/v2.0/{kind}").json for kind in ("networks", "subnets", "ports")]) == before


BODIES = [
    (b"", "Unable to find 'port' in request body"),
    (b"{", "Body contains invalid data"),
    (b"[]", "Body contains invalid data"),
    (b'"port"', "Body contains invalid data"),
    (b"{}", "Unable to find 'port' in request body"),
    (b'{"port": null}', "Unable to find 'port' in request body"),
    (b'{"port": []}', "Object 'port' contains invalid data"),
    (b'{"ports": []}', "Resources required"),
    (b'{"ports": {"a": 1}}', "Body contains invalid data"),
    (b'{"ports": [1]}', "Body contains invalid data"),
    (b'{"ports": [{"port": 5}]}', "Object 'port' contains invalid data"),
    (b'{"port": {"name": NaN}}', "Body contains invalid data: NaN"),
    (b'{"port": {"name": 1, "name": 2}}', "Body contains an attribute twice"),
    (b'{"port": {"name": "\xff"}}', "Body contains invalid data"),
    (b'{"port": {"name": "\\ud800"}}', "Body contains invalid data"),
    (b'{"port": {"binding:profile": {"a": "\\u0000"}}}', "Body contains invalid data"),
    (b'{"port": {"mtu": 1' + b"0" * 30 + b"}}", "Body contains a number that is too large"),
    (b'{"port": {"mtu": 1e999}}', "Body contains a number that is too large"),
    (b'{"port": ' + b"[" * 30 + b"]" * 30 + b"}", "Body is nested deeper than 25 levels"),
    (b"[" * 100_000, "Body is nested deeper than 25 levels"),
]


@pytest.mark.parametrize(("raw", "message"), BODIES, ids=[repr(raw[:40]) for raw, _ in BODIES])
def test_bodies_that_are_no_port(world: World, place: dict[str, str], raw: bytes, message: str) -> None:
    seen = world.admin.call("POST", "/v2.0/ports", raw=raw)
    assert seen.error == (400, "HTTPBadRequest")
    assert seen.json["NeutronError"]["message"] == message


FIXED = "Invalid input for fixed_ips. Reason: "
PORTS: list[tuple[dict[str, Any], int, str, str]] = [
    ({"foo": 1}, 400, "HTTPBadRequest", "Unrecognized attribute(s) 'foo'"),
    ({"qos_policy_id": None}, 400, "HTTPBadRequest", "Unrecognized attribute(s) 'qos_policy_id'"),
    ({"security_groups": "x"}, 400, "HTTPBadRequest", "Invalid input for security_groups. Reason: 'x' is not a list."),
    ({"security_groups": ["x"]}, 400, "HTTPBadRequest", "Invalid input for security_groups. Reason: 'x' is not a valid UUID."),
    ({"port_security_enabled": None}, 400, "InvalidInput", "Invalid input for operation: 'None' cannot be converted to boolean."),
    ({"allowed_address_pairs": "x"}, 400, "HTTPBadRequest", "Allowed address pairs must be a list."),
    ({"allowed_address_pairs": [{}]}, 400, "AllowedAddressPairsMissingIP", "AllowedAddressPair must contain ip_address"),
    ({"allowed_address_pairs": [{"ip_address": "x"}]}, 400, "HTTPBadRequest", "'x' is not a valid IP address"),
    ({"status": "ACTIVE"}, 400, "HTTPBadRequest", "Attribute 'status' not allowed in POST"),
    ({"id": "x"}, 400, "HTTPBadRequest", "Attribute 'id' not allowed in POST"),
    ({"binding:vif_type": "ovs"}, 400, "HTTPBadRequest", "Attribute 'binding:vif_type' not allowed in POST"),
    ({"network_id": "x"}, 400, "HTTPBadRequest", "Invalid input for network_id. Reason: 'x' is not a valid UUID."),
    ({"name": 5}, 400, "HTTPBadRequest", "Invalid input for name. Reason: '5' is not a valid string."),
    ({"name": "a\nb"}, 400, "HTTPBadRequest", "Invalid input for name. Reason: 'a\nb' is not a valid string."),
    ({"name": "x" * 256}, 400, "HTTPBadRequest", f"Invalid input for name. Reason: '{'x' * 256}' exceeds maximum length of 255."),
    ({"device_id": "a\x1b"}, 400, "HTTPBadRequest", "Invalid input for device_id. Reason: 'a\x1b' is not a valid string."),
    ({"device_owner": None}, 400, "HTTPBadRequest", "Invalid input for device_owner. Reason: 'None' is not a valid string."),
    ({"admin_state_up": "maybe"}, 400, "InvalidInput", "Invalid input for operation: 'maybe' cannot be converted to boolean."),
    ({"admin_state_up": {}}, 400, "InvalidInput", "Invalid input for operation: '{}' cannot be converted to boolean."),
    ({"mac_address": "x"}, 400, "HTTPBadRequest", "Invalid input for mac_address. Reason: 'x' is not a valid MAC address."),
    ({"mac_address": "01:00:5e:00:00:01"}, 400, "HTTPBadRequest", ""),
    ({"fixed_ips": "10.0.0.5"}, 400, "HTTPBadRequest", FIXED + "Invalid data format for fixed IP: '10.0.0.5'."),
    ({"fixed_ips": [{"ip_address": "10.0.0"}]}, 400, "HTTPBadRequest", FIXED + "'10.0.0' is not a valid IP address."),
    ({"fixed_ips": [{"ip_address": "10.0.0.5"}] * 2}, 400, "HTTPBadRequest", FIXED + "Duplicate IP address '10.0.0.5'."),
    ({"fixed_ips": [{"subnet_id": 5}]}, 400, "HTTPBadRequest", FIXED + "'5' is not a valid UUID."),
    ({"fixed_ips": [{}]}, 400, "InvalidInput", ""),
    ({"fixed_ips": [{"ip_address": f"10.0.0.{n}"} for n in range(10, 40)]}, 400, "InvalidInput", ""),
    ({"fixed_ips": [{"ip_address": "192.168.1.1"}]}, 400, "InvalidIpForNetwork", ""),
    ({"fixed_ips": [{"ip_address": "10.0.0.2"}]}, 409, "IpAddressAlreadyAllocated", ""),
    ({"binding:vnic_type": "magic"}, 400, "HTTPBadRequest", "Invalid input for binding:vnic_type. Reason: "
        "magic is not in valid_values."),
    ({"binding:profile": []}, 400, "HTTPBadRequest", "Invalid input for binding:profile. Reason: '[]' is not a dictionary."),
    ({"binding:profile": {"a": "x" * 5000}}, 400, "InvalidInput", "Invalid input for operation: binding:profile value too large."),
    ({"binding:host_id": 7}, 400, "HTTPBadRequest", "Invalid input for binding:host_id. Reason: '7' is not a valid string."),
    ({"network_id": "00000000-0000-4000-8000-000000000000"}, 404, "NetworkNotFound", ""),
    ({"tenant_id": "a", "project_id": "b"}, 400, "HTTPBadRequest", "'project_id' and 'tenant_id' do not match"),
]  # fmt: skip


@pytest.mark.parametrize(("attributes", "status", "type", "message"), PORTS, ids=[str(one[0])[:50] for one in PORTS])
def test_ports_that_cannot_be(
    world: World, place: dict[str, str], attributes: dict[str, Any], status: int, type: str, message: str
) -> None:
    seen = world.admin.post("/v2.0/ports", {"port": {"network_id": place["network"], **attributes}})
    assert seen.error == (status, type), seen.text
    assert message in ("", seen.json["NeutronError"]["message"])


SUBNETS: list[tuple[dict[str, Any], int, str]] = [
    ({"cidr": "10.0.0.128/25"}, 400, "InvalidInput"),
    ({"cidr": "nonsense"}, 400, "InvalidInput"),
    ({"cidr": "10.1.0.0"}, 400, "InvalidInput"),
    ({"cidr": "10.1.0.0/33"}, 400, "InvalidInput"),
    ({"cidr": None}, 400, "BadRequest"),
    ({"cidr": "fd00::/64"}, 400, "InvalidInput"),
    ({"ip_version": 5}, 400, "HTTPBadRequest"),
    ({"ip_version": "four"}, 400, "InvalidInput"),
    ({"gateway_ip": "10.2.0"}, 400, "HTTPBadRequest"),
    ({"gateway_ip": "fd00::1"}, 400, ""),
    ({"allocation_pools": [{"start": "10.1.0.9", "end": "10.1.0.2"}]}, 400, ""),
    ({"allocation_pools": [{"start": "10.1.0.2", "end": "10.2.0.9"}]}, 400, "OutOfBoundsAllocationPool"),
    ({"allocation_pools": [{"start": "10.1.0.2"}]}, 400, "HTTPBadRequest"),
    ({"allocation_pools": "all"}, 400, "InvalidInput"),
    (
        {"allocation_pools": [{"start": "10.1.0.2", "end": "10.1.0.9"}, {"start": "10.1.0.9", "end": "10.1.0.20"}]},
        409,
        "OverlappingAllocationPools",
    ),
    (
        {"gateway_ip": "10.1.0.5", "allocation_pools": [{"start": "10.1.0.2", "end": "10.1.0.9"}]},
        409,
        "GatewayConflictWithAllocationPools",
    ),
    ({"dns_nameservers": ["one.one"]}, 400, "HTTPBadRequest"),
    ({"dns_nameservers": "1.1.1.1"}, 400, "HTTPBadRequest"),
    ({"dns_nameservers": [f"1.1.1.{n}" for n in range(9)]}, 400, "DNSNameServersExhausted"),
    ({"host_routes": [{"destination": "10.9.0.1/24", "nexthop": "10.1.0.9"}]}, 400, "HTTPBadRequest"),
    ({"host_routes": [{"destination": "10.9.0.0/24"}]}, 400, "HTTPBadRequest"),
    (
        {"host_routes": [{"destination": f"10.{n}.0.0/24", "nexthop": "10.1.0.9"} for n in range(30)]},
        400,
        "HostRoutesExhausted",
    ),
    ({"ipv6_ra_mode": "slaac"}, 400, ""),
    ({"ipv6_ra_mode": "magic"}, 400, "HTTPBadRequest"),
    ({"enable_dhcp": "perhaps"}, 400, "InvalidInput"),
    ({"subnetpool_id": "00000000-0000-4000-8000-000000000000"}, 404, "SubnetPoolNotFound"),
    ({"prefixlen": 24}, 400, "BadRequest"),
    ({"description": "\x00"}, 400, "HTTPBadRequest"),
    ({"segment_id": None}, 400, "HTTPBadRequest"),
]


@pytest.mark.parametrize(("attributes", "status", "type"), SUBNETS, ids=[str(one[0])[:60] for one in SUBNETS])
def test_subnets_that_cannot_be(
    world: World, place: dict[str, str], attributes: dict[str, Any], status: int, type: str
) -> None:
    new = {"network_id": place["network"], "cidr": "10.1.0.0/24", "ip_version": 4, **attributes}
    seen = world.admin.post("/v2.0/subnets", {"subnet": new})
    assert seen.error == (status, type or seen.error[1]), seen.text


NETWORKS: list[tuple[dict[str, Any], int, str]] = [
    ({"mtu": -1}, 400, "HTTPBadRequest"),
    ({"mtu": "big"}, 400, "InvalidInput"),
    ({"mtu": 100_000}, 400, "InvalidInput"),
    ({"mtu": 10**15}, 400, "HTTPBadRequest"),
    ({"shared": "so"}, 400, "InvalidInput"),
    ({"subnets": []}, 400, "HTTPBadRequest"),
    ({"name": " blank"}, 400, "HTTPBadRequest"),
    ({"availability_zone_hints": "nova"}, 400, "HTTPBadRequest"),
    ({"availability_zone_hints": ["a", "a"]}, 400, "HTTPBadRequest"),
    ({"provider:segmentation_id": "x"}, 400, "InvalidInput"),
    ({"provider:network_type": 5}, 400, "HTTPBadRequest"),
    ({"port_security_enabled": None}, 400, "InvalidInput"),
    ({"qos_policy_id": None}, 400, "HTTPBadRequest"),
    ({"tenant_id": 5}, 400, "HTTPBadRequest"),
    ({"tenant_id": "x" * 256}, 400, "HTTPBadRequest"),
]


@pytest.mark.parametrize(("attributes", "status", "type"), NETWORKS, ids=[str(one[0])[:60] for one in NETWORKS])
def test_networks_that_cannot_be(
    world: World, place: dict[str, str], attributes: dict[str, Any], status: int, type: str
) -> None:
    assert world.admin.post("/v2.0/networks", {"network": attributes}).error == (status, type)


def test_what_may_not_be_changed_is_not(world: World, place: dict[str, str]) -> None:
    for kind, body, expected in (
        ("port", {"network_id": place["network"]}, (400, "HTTPBadRequest")),
        ("port", {"tenant_id": "x"}, (400, "HTTPBadRequest")),
        ("port", {"revision_number": 1}, (400, "HTTPBadRequest")),
        ("port", {"fixed_ips": [{"ip_address": "192.168.0.1"}]}, (400, "InvalidIpForNetwork")),
        ("subnet", {"cidr": "10.3.0.0/24"}, (400, "HTTPBadRequest")),
        ("subnet", {"gateway_ip": "10.0.0.5"}, (409, "GatewayConflictWithAllocationPools")),
        ("network", {"provider:segmentation_id": 9}, (400, "InvalidInput")),
        ("network", {"status": "DOWN"}, (400, "HTTPBadRequest")),
    ):
        assert world.admin.put(f"/v2.0/{kind}s/{place[kind]}", {kind: body}).error == expected, (kind, body)
    seen = world.admin.put(f"/v2.0/ports/{place['port']}", {"port": {"status": "ACTIVE"}})
    assert seen.json["NeutronError"]["message"] == "Cannot update read-only attribute status"


def test_what_is_in_use_stays(world: World, place: dict[str, str]) -> None:
    admin = world.admin
    assert admin.delete(f"/v2.0/networks/{place['network']}").error == (409, "NetworkInUse")
    assert admin.delete(f"/v2.0/subnets/{place['subnet']}").error == (409, "SubnetInUse")
    mac = admin.get(f"/v2.0/ports/{place['port']}").json["port"]["mac_address"]
    taken = admin.post("/v2.0/ports", {"port": {"network_id": place["network"], "mac_address": mac.upper()}})
    assert taken.error == (409, "MacAddressInUse")


def test_wrong_addresses_of_things(world: World, place: dict[str, str]) -> None:
    admin = world.admin
    for path in (
        "/v2.0/ports/x",
        "/v2.0/ports/%00",
        "/v2.0/ports/%27%20or%201",
        f"/v2.0/ports/{place['port'].upper()}",
    ):
        for method, body in (("GET", None), ("PUT", {"port": {"name": "n"}}), ("DELETE", None)):
            assert admin.call(method, path, body).error == (404, "PortNotFound")
    for path in (
        "/v3",
        "/v2.0/rooters",
        "/v2.0/ports/a/b",
        "//v2.0/ports",
        "/v2.0//ports",
        "/v2.0/ports/%ff",
        "/v2.0/ports//",
    ):
        assert admin.get(path).error == (404, "HTTPNotFound"), path
    refused = admin.call("PATCH", f"/v2.0/ports/{place['port']}")
    assert refused.error == (405, "HTTPMethodNotAllowed") and refused.headers["Allow"] == "DELETE, GET, PUT"
    assert admin.delete("/v2.0/ports").headers["Allow"] == "GET, POST"


def test_bodies_of_another_kind_or_place(world: World, place: dict[str, str]) -> None:
    admin = world.admin
    form = {"CONTENT-TYPE": "application/x-www-form-urlencoded"}
    assert admin.call("POST", "/v2.0/networks", raw=b"name=x", **form).error == (415, "HTTPUnsupportedMediaType")
    refused = admin.call("DELETE", f"/v2.0/ports/{place['port']}", {"port": {}})
    assert refused.error == (400, "HTTPBadRequest")


def test_too_much_at_once(world: World, place: dict[str, str]) -> None:
    admin = world.admin
    new = {"network_id": place["network"]}
    assert admin.post("/v2.0/ports", {"ports": [new] * 1001}).error[0] == 400
    assert (
        admin.post("/v2.0/ports", {"port": {**new, "binding:profile": {str(n): 1 for n in range(50_001)}}}).error[0]
        == 400
    )
    large = {"port": {**new, "description": "x" * (1 << 20)}}
    assert admin.post("/v2.0/ports", large).error[0] == 413, "one resource may be 1 MiB"
    assert admin.put(f"/v2.0/ports/{place['port']}", large).error[0] == 413
    assert admin.post("/v2.0/ports", {"ports": [large["port"]] * 5}).error[0] == 413, "many may be 4 MiB"


def test_a_fault_of_ours_leaks_nothing(world: World, caplog: pytest.LogCaptureFixture) -> None:
    from libs.http.app import App
    from libs.http.limits import Limits
    from libs.http.router import Router

    def broken(request: object) -> None:
        raise RuntimeError("password=hunter2")

    seen = Browser(App(Router([("GET", "/", broken)]), Limits())).get("/")
    assert seen.error == (500, "HTTPInternalServerError") and b"hunter2" not in seen.text
    assert seen.headers["X-Openstack-Request-Id"] in caplog.text and "hunter2" in caplog.text
