"""Third parties and a system with a real Keystone: the part of `./netledger conformance` that fits into every run of the tests."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.conformance.cloud_under_test import CloudUnderTest, cloud_under_test
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


def run(
    cloud: CloudUnderTest, program: str, *words: str, folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """A program of the clients' environment."""
    command = [cloud.environment.program(program), *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=500)
