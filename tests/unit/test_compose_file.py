"""docker-compose.yml and deploy/Dockerfile hold what the lab holds, and nothing that is secret."""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from cli import plan
from cli.places import ROOT, Places
from cli.secret_files import READER, SecretFiles
from lab.hosts import Lab
from libs.config import Settings
from tests.compose import FILE, OURS, declared, mounted

WHOLE = declared()
SERVICES = WHOLE["services"]
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text()
LASTING = [name for name, service in SERVICES.items() if not {"secrets", "prepare"} & {name}]


def test_it_is_a_compose_file() -> None:
    tool = Path(sys.executable).parent / "check-jsonschema"
    command = [str(tool), "--builtin-schema", "vendor.compose-spec", str(FILE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_services_are_started_by_the_same_commands_as_in_the_lab(tmp_path: Path) -> None:
    places = Places(tmp_path)
    lab = {one.name: one.argv[1:] for one in plan.services(places, "postgresql://", "amqp://")}
    host = Lab(tmp_path).hosts[0]
    agents = plan.host_programs(places, host, dict.fromkeys(plan.AGENTS, "amqp://"))
    lab |= {one.name.partition("@")[0]: one.argv[1:] for one in agents if one.name.startswith("agent")}
    assert {name: ("python", *argv) for name, argv in lab.items()} == {
        name: tuple(SERVICES[name]["command"]) for name in OURS
    }


def test_every_variable_is_a_setting() -> None:
    known = {f"NETLEDGER_{one.name.upper()}" for one in fields(Settings)}
    known |= {f"{name}_FILE" for name in known}
    for name in (*OURS, "prepare"):
        assert set(SERVICES[name]["environment"]) <= known, name


def test_topology_is_told_every_setting_of_nova() -> None:
    wanted = {f"NETLEDGER_{one.name.upper()}" for one in fields(Settings) if one.name.startswith("nova_")}
    given = {name.removesuffix("_FILE") for name in SERVICES["topology"]["environment"]}
    assert wanted and wanted <= given and {"core", "edge"} == set(SERVICES["topology"]["networks"])


def test_the_api_is_told_every_setting_of_keystone_and_of_quotas() -> None:
    wanted = [one.name for one in fields(Settings) if one.name.startswith(("keystone_", "quota_"))]
    given = {name.removesuffix("_FILE") for name in SERVICES["api"]["environment"]}
    given |= {"NETLEDGER_KEYSTONE_CA_FILE"} & set(SERVICES["api"]["environment"])
    assert {f"NETLEDGER_{name.upper()}" for name in ("auth", *wanted)} <= given
    for name in set(OURS) - {"api"}:
        assert not [one for one in SERVICES[name]["environment"] if "KEYSTONE_PASSWORD" in one], (
            "who has these asks about any token"
        )


def test_no_secret_is_in_an_environment_or_a_command_line() -> None:
    secret = re.compile(r"NETLEDGER_(DATABASE|AMQP)\w*URL|PASSWORD|SECRET")
    for name, service in SERVICES.items():
        for variable, text in service.get("environment", {}).items():
            assert not secret.search(variable) or variable.endswith("_FILE"), f"{name}: {variable}"
            no_secret = variable in ("NETLEDGER_HEALTH_FILE", "NETLEDGER_POLICY_FILE")
            assert not variable.endswith("_FILE") or text in mounted(service, WHOLE) or no_secret, variable
        assert "://" not in str(service.get("command", "")), name


def test_every_host_signs_for_guests_with_the_secret_that_nova_gets(tmp_path: Path) -> None:
    files = SecretFiles(tmp_path)
    for host in ("compute1", "compute2"):
        files.agents(host, "127.0.0.1:5672")
    secrets = {path.read_text() for path in tmp_path.rglob("metadata_secret")}
    assert len(secrets) == 1 and len(secrets.pop().strip()) > 30


def test_every_secret_is_made_with_mode_0600_for_the_containers_user(tmp_path: Path) -> None:
    files = SecretFiles(tmp_path / "secrets")
    files.services()
    files.agents("compute1", "127.0.0.1:5672")
    made = {path for path in (tmp_path / "secrets").rglob("*") if path.is_file()}
    wanted = {tmp_path / one["file"].removeprefix("./deploy/") for one in WHOLE["secrets"].values()}
    assert made == wanted | {tmp_path / "secrets/metadata_secret"}, "which is for Nova"
    assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o600}
    if tmp_path.stat().st_uid == 0:
        assert {path.stat().st_uid for path in made} == {READER}


def test_secrets_that_exist_stay(tmp_path: Path) -> None:
    SecretFiles(tmp_path).services()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    SecretFiles(tmp_path).services()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_who_reads_secrets_is_the_user_who_owns_them() -> None:
    for name, service in SERVICES.items():
        if service.get("secrets"):
            assert service["user"] in (f"{READER}:{READER}", "0:0"), name
    assert f"USER {READER}:{READER}" in DOCKERFILE


@pytest.mark.parametrize("name", LASTING)
def test_what_lasts_is_watched_and_started_again(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
    assert SERVICES[name]["restart"] == "unless-stopped"
    assert SERVICES[name]["logging"]["options"]["max-size"], "a log must not fill the disk"


@pytest.mark.parametrize("name", [name for name in SERVICES if not name.startswith(("agent", "secrets"))])
def test_only_what_touches_a_host_runs_as_root(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"] and "no-new-privileges:true" in service["security_opt"]
    assert service.get("user", "haproxy" if "USER haproxy" in DOCKERFILE else "0:0") != "0:0"


@pytest.mark.parametrize("name", ["api", "ipam", "topology"])
def test_what_is_scaled_has_no_name_or_port_of_its_own(name: str) -> None:
    assert not {"container_name", "ports", "hostname"} & set(SERVICES[name])


def test_the_start_waits_for_what_it_needs() -> None:
    for name in ("ipam", "topology", "api"):
        waits = {other: one["condition"] for other, one in SERVICES[name]["depends_on"].items()}
        assert waits["prepare"] == "service_completed_successfully"
        assert waits["postgres"] == waits["rabbitmq"] == "service_healthy"
    assert SERVICES["proxy"]["depends_on"] == {"api": {"condition": "service_healthy"}}


def test_nothing_is_published_beyond_loopback_unless_asked() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(published) == 2 and all(port.startswith("127.0.0.1:") for port in published)


def test_every_image_of_ours_is_a_target_of_the_dockerfile() -> None:
    targets = set(re.findall(r"^FROM \S+ AS (\w+)$", DOCKERFILE, re.MULTILINE))
    for name, service in SERVICES.items():
        if "build" in service:
            assert service["build"]["target"] in targets, name
            assert service["image"].startswith(f"netledger/{service['build']['target']}:"), name


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the Dockerfile copies, and nothing else of the clone."""
    folder = tmp_path_factory.mktemp("image")
    for name in re.findall(r"^COPY (\w+) \w+$", DOCKERFILE, re.MULTILINE):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.mark.parametrize("name", [*OURS, "prepare"])
def test_the_image_holds_all_that_a_command_imports(image: Path, name: str) -> None:
    command = [sys.executable, *SERVICES[name]["command"][1:]]
    done = subprocess.run(
        command, cwd=image, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2 and "must be set" in done.stderr, done.stderr


def test_what_the_dockerfile_copies_is_let_in_and_secrets_are_not() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert {name for line in copied for name in line.split()} == let_in
    assert "deploy" not in let_in and (ROOT / ".dockerignore").read_text().splitlines()[1] == "*"
