"""Third parties and a system with a real Keystone: the part of `./netledger conformance` that fits into every run of the tests."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from services.api.aliases import SERVED
from tests.conformance.cloud_under_test import CloudUnderTest, cloud_under_test
from tests.conformance.conftest import Definitions
from tests.conformance.identity import Identity

pytestmark = [
    pytest.mark.root,
    pytest.mark.postgres,
    pytest.mark.broker,
    pytest.mark.keystone,
    pytest.mark.timeout(600),
]
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
A_PART = r"^tempest\.api\.network\.test_(networks|ports|routers|floating_ips|security_groups|tags)\."


DECIDED = {
    ("networks", "mtu"),
    ("floatingips", "floating_ip_address"),
    ("flavors", "name"),
    ("address_scopes", "name"),
    ("ports", "extra_dhcp_opts"),
}
"""(collection, attribute) of what is worked out where the caller leaves it open, was given here, or is shown as an empty list."""


@pytest.fixture(scope="module")
def cloud() -> Iterator[CloudUnderTest]:
    with cloud_under_test() as one:
        yield one


@pytest.mark.parametrize("story", ["sdk", "cli"])
def test_a_tenant_and_an_operator_do_their_work(cloud: CloudUnderTest, story: str) -> None:
    told = cloud.story(story)
    assert told.returncode == 0, f"{told.stdout}\n{told.stderr[-2000:]}"


def test_tempest_finds_nothing_in_the_part_that_fits_here(cloud: CloudUnderTest) -> None:
    verdict = cloud.tempest().run(cloud.url, A_PART)
    assert verdict.counts["passed"] > 100, verdict.counts
    assert not verdict.bad, "\n".join(f"{name}: {what}" for name, what in verdict.bad.items())


def test_the_description_is_valid_openapi(cloud: CloudUnderTest, tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    file.write_text(requests.get(f"{cloud.url}/openapi.json", timeout=30).text)
    done = run(cloud, "python", "-m", "openapi_spec_validator", str(file))
    assert done.returncode == 0, done.stdout[-3000:]


def test_no_request_made_from_the_description_finds_a_fault(cloud: CloudUnderTest, tmp_path: Path) -> None:
    token = Identity(cloud.keystone.url).login("admin", project="admin")
    bounded = (
        "--max-examples",
        "8",
        "--seed",
        "1",
        "--phases",
        "coverage,fuzzing",
        "--no-shrink",
        "--workers",
        "2",
        "--warnings",
        "off",
    )
    where = (f"{cloud.url}/openapi.json", "--checks", CHECKS, "--header", f"X-Auth-Token: {token}")
    done = run(cloud, "schemathesis", "run", *where, *bounded, folder=tmp_path)
    assert done.returncode == 0, done.stdout[-6000:]


def test_what_is_left_open_is_as_neutron_leaves_it(cloud: CloudUnderTest, definitions: Definitions) -> None:
    bodies = minimal(cloud)
    for alias in ("", *(alias for alias, *_ in SERVED)):
        for collection, attributes in definitions.get(alias, {}).items():
            for name, rule in attributes.items():
                if "default" in rule and name in bodies.get(collection, {}) and (collection, name) not in DECIDED:
                    assert bodies[collection][name] == rule["default"], (alias, collection, name)


def minimal(cloud: CloudUnderTest) -> dict[str, dict[str, Any]]:
    """{collection: a resource made with what has to be said alone}"""
    operator = cloud.operator()
    network = operator.make("network", "networks")
    group = operator.make("security_group", "security-groups", name="minimal")
    rule = {"security_group_id": group["id"], "direction": "ingress"}
    return {
        "networks": network,
        "subnets": operator.make("subnet", "subnets", network_id=network["id"], ip_version=4, cidr="10.0.0.0/24"),
        "ports": operator.make("port", "ports", network_id=network["id"]),
        "routers": operator.make("router", "routers"),
        "floatingips": operator.make("floatingip", "floatingips", floating_network_id=operator.public()),
        "security_groups": group,
        "security_group_rules": operator.make("security_group_rule", "security-group-rules", **rule),
        "address_groups": operator.make("address_group", "address-groups"),
        "subnetpools": operator.make("subnetpool", "subnetpools", name="minimal", prefixes=["10.9.0.0/16"]),
        "address_scopes": operator.make("address_scope", "address-scopes", name="minimal", ip_version=4),
        "flavors": operator.make("flavor", "flavors", name="minimal", service_type="L3_ROUTER_NAT"),
    }


def run(
    cloud: CloudUnderTest, program: str, *words: str, folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """A program of the clients' environment."""
    command = [cloud.environment.program(program), *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=500)
