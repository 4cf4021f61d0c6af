"""The programs of a system: each gets the settings that it needs and no secret that it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli import metadata, plan
from cli.backing import Backing, Misused
from cli.places import Places
from lab.hosts import Lab
from libs.config import BadSetting, load

DATABASE, AMQP = "postgresql://s:sesame@/n", "amqp://services:open@127.0.0.1/"


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """A run folder, and an operator's environment with URLs of set-up in it."""
    for name, value in {
        "NETLEDGER_DATABASE_ADMIN_URL": "postgresql://owner:secret@/n",
        "NETLEDGER_AMQP_ADMIN_URL": "http://admin:secret@127.0.0.1",
        "NETLEDGER_DATABASE_URL": DATABASE,
        "NETLEDGER_REPORT_SECONDS": "7",
    }.items():
        monkeypatch.setenv(name, value)
    places = Places.of(tmp_path)
    places.make()
    return places


def test_services_get_the_operators_settings_but_no_admin_url(places: Places) -> None:
    programs = plan.services(places, DATABASE, AMQP)
    assert [one.name for one in programs] == ["ipam", "topology", "api"]
    for one in programs:
        assert one.env["NETLEDGER_REPORT_SECONDS"] == "7" and one.env["NETLEDGER_DATABASE_URL"] == DATABASE
        assert not any("secret" in value for value in one.env.values())
        assert not any("sesame" in word or "open" in word for word in one.argv)


def test_what_a_file_gives_is_passed_once_and_set_up_s_files_to_nobody(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATABASE_URL", "DATABASE_ADMIN_URL", "AMQP_URL", "AMQP_ADMIN_URL", "VLAN_RANGES", "RPC_SECONDS"):
        monkeypatch.delenv(f"NETLEDGER_{name}", raising=False)
        (tmp_path / name).write_text("p:1:9" if name == "VLAN_RANGES" else "3")
        monkeypatch.setenv(f"NETLEDGER_{name}_FILE", str(tmp_path / name))
    urls = dict.fromkeys(plan.AGENTS, AMQP)
    agents = [
        one for one in plan.host_programs(places, Lab(places.run, "x-").host("compute1"), urls) if "agent" in one.name
    ]
    for one in (*plan.services(places, DATABASE, AMQP), *agents):
        settings = load(one.env)
        assert (settings.amqp_url, settings.rpc_seconds, settings.vlan_ranges) == (AMQP, 3.0, (("p", 1, 9),))
        assert (settings.database_admin_url, settings.amqp_admin_url) == ("", "")
        assert settings.database_url == ("" if one in agents else DATABASE)


def test_the_urls_of_given_servers_may_come_from_files(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATABASE_URL", "DATABASE_ADMIN_URL", "AMQP_URL", "AMQP_ADMIN_URL"):
        monkeypatch.delenv(f"NETLEDGER_{name}", raising=False)
        (tmp_path / name).write_text(f"scheme://{name.lower()}/vhost\n")
        monkeypatch.setenv(f"NETLEDGER_{name}_FILE", str(tmp_path / name))
    backing = Backing(places)
    assert backing.gives_broker and backing.vhost == "vhost"
    assert (backing.database_url, backing.database_admin_url) == (
        "scheme://database_url/vhost",
        "scheme://database_admin_url/vhost",
    )
    assert (backing.amqp_url, backing.amqp_admin_url) == ("scheme://amqp_url/vhost", "scheme://amqp_admin_url/vhost")
    monkeypatch.delenv("NETLEDGER_AMQP_ADMIN_URL_FILE")
    with pytest.raises(Misused, match="NETLEDGER_AMQP_ADMIN_URL"):
        Backing(places)


def test_keystones_settings_go_to_the_api_alone(
    places: Places, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text("sesame\n")
    given = {
        "URL": "http://k:5000",
        "USERNAME": "neutron",
        "PROJECT": "service",
        "PASSWORD_FILE": str(tmp_path / "password"),
    }
    for name, value in given.items():
        monkeypatch.setenv(f"NETLEDGER_KEYSTONE_{name}", value)
    monkeypatch.setenv("NETLEDGER_AUTH", "keystone")
    plan.check(places)
    told = {one.name: {name for name in one.env if "KEYSTONE" in name} for one in plan.services(places, "d", "a")}
    assert told == {"api": {f"NETLEDGER_KEYSTONE_{name}" for name in given}, "ipam": set(), "topology": set()}
    urls = dict.fromkeys(plan.AGENTS, "amqp://h/")
    for one in plan.host_programs(places, Lab(places.run, "x-").host("compute1"), urls):
        assert not any("KEYSTONE" in name for name in one.env)
    monkeypatch.delenv("NETLEDGER_KEYSTONE_PROJECT")
    with pytest.raises(BadSetting, match="NETLEDGER_AUTH=keystone needs NETLEDGER_KEYSTONE_PROJECT"):
        plan.check(places)


def test_topology_alone_is_told_how_to_tell_nova(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    def told() -> dict[str, set[str]]:
        return {
            one.name: {name for name in one.env if name.startswith(("NETLEDGER_NOVA", "NETLEDGER_KEYSTONE"))}
            for one in plan.services(places, "d", "a")
        }

    for name in ("URL", "USERNAME", "PASSWORD", "PROJECT"):
        monkeypatch.setenv(f"NETLEDGER_KEYSTONE_{name}", "http://k:5000" if name == "URL" else name)
    monkeypatch.setenv("NETLEDGER_AUTH", "keystone")
    ours = {f"NETLEDGER_KEYSTONE_{name}" for name in ("URL", "USERNAME", "PASSWORD", "PROJECT")}
    assert told()["topology"] == set(), "Nova is told nothing"
    monkeypatch.setenv("NETLEDGER_NOVA_URL", "http://n:8774/v2.1")
    plan.check(places)
    assert told() == {"api": ours, "ipam": set(), "topology": ours | {"NETLEDGER_NOVA_URL"}}
    own = {"NETLEDGER_NOVA_USERNAME", "NETLEDGER_NOVA_PASSWORD"}
    for name in own:
        monkeypatch.setenv(name, "x")
    plan.check(places)
    assert told()["topology"] == own | {
        "NETLEDGER_NOVA_URL", "NETLEDGER_KEYSTONE_URL", "NETLEDGER_KEYSTONE_PROJECT",
    }  # fmt: skip
    urls = dict.fromkeys(plan.AGENTS, "amqp://h/")
    for one in plan.host_programs(places, Lab(places.run, "x-").host("compute1"), urls):
        assert not any("NOVA" in name for name in one.env)
    monkeypatch.delenv("NETLEDGER_NOVA_PASSWORD")
    with pytest.raises(BadSetting, match="NETLEDGER_NOVA_PASSWORD"):
        plan.check(places)


def test_agents_get_their_own_broker_user_and_no_database(places: Places) -> None:
    lab = Lab(places.run, "x-")
    urls = {
        "agent_ovs": "amqp://agent-ovs.compute2:o@h/",
        "agent_dhcp": "amqp://agent-dhcp.compute2:d@h/",
        "agent_l3": "amqp://agent-l3.compute2:l@h/",
    }
    programs = {one.name: one for one in plan.host_programs(places, lab.host("compute2"), urls)}
    for name, url in urls.items():
        env = programs[f"{name}@compute2"].env
        assert env["NETLEDGER_AMQP_URL"] == url and not env["NETLEDGER_DATABASE_URL"]
        assert env["NETLEDGER_HOST"] == "compute2" and env["NETLEDGER_NETNS"] == "x-compute2"
        assert not any("sesame" in value for value in env.values())
    assert programs["ovs-vswitchd@compute2"].netns == "x-compute2"
    assert not any("NETLEDGER_AMQP_URL" in one.env for name, one in programs.items() if name.startswith("ovs"))


def test_those_agents_ask_nova_that_guests_ask_and_share_its_secret_in_a_file(places: Places) -> None:
    host, urls = Lab(places.run, "x-").host("compute1"), dict.fromkeys(plan.AGENTS, AMQP)
    nova = metadata.settings(places)
    programs = {one.name.partition("@")[0]: one for one in plan.host_programs(places, host, urls, nova)}
    for name in ("agent_dhcp", "agent_l3"):
        settings = load(programs[name].env)
        assert settings.metadata_url == f"http://127.0.0.1:{metadata.port(places)}"
        assert settings.metadata_secret == places.password("metadata")
        assert not any(settings.metadata_secret in value for value in programs[name].env.values())
    assert not any("METADATA" in name for name in programs["agent_ovs"].env)
    assert metadata.settings(places, in_use=True) == nova, "the next `up` restarts no agent"


def test_an_operators_nova_is_asked_instead(places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shared").write_text("between us\n")
    monkeypatch.setenv("NETLEDGER_METADATA_URL", "http://nova:8775")
    monkeypatch.setenv("NETLEDGER_METADATA_SECRET_FILE", str(tmp_path / "shared"))
    host, urls = Lab(places.run, "x-").host("compute1"), dict.fromkeys(plan.AGENTS, AMQP)
    programs = plan.host_programs(places, host, urls, metadata.settings(places))
    (agent,) = (load(one.env) for one in programs if one.name.startswith("agent_l3"))
    assert (agent.metadata_url, agent.metadata_secret) == ("http://nova:8775", "between us")
    others = [one for one in programs if one.name.startswith("agent_ovs")] + plan.services(places, DATABASE, AMQP)
    assert not any("METADATA" in name for one in others for name in one.env), "who asks nobody knows no secret"


def test_another_shell_changes_no_program(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    before = plan.services(places, DATABASE, AMQP)
    monkeypatch.setenv("PATH", "/somewhere/else")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    assert plan.services(places, DATABASE, AMQP) == before


def test_replicas_are_numbered_and_apis_listen_side_by_side(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETLEDGER_REPLICAS_API", "2")
    monkeypatch.setenv("NETLEDGER_API_PORT", "9700")
    ports = {one.name: one.env["NETLEDGER_API_PORT"] for one in plan.services(places, DATABASE, AMQP)}
    assert (ports["api.1"], ports["api.2"]) == ("9700", "9701") and "ipam" in ports


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NETLEDGER_API_HOST", "0.0.0.0"),
        ("NETLEDGER_API_HOST", "cloud.example"),
        ("NETLEDGER_LAB_PREFIX", "a b"),
        ("NETLEDGER_LAB_PREFIX", "../x"),
        ("NETLEDGER_LAB_PREFIX", "-x"),
        ("NETLEDGER_LAB_PREFIX", "x\n"),
        ("NETLEDGER_LAB_PREFIX", "x" * 33),
        ("NETLEDGER_REPLICAS_API", "17"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_starts(
    places: Places, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    plan.check(places)
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSetting, match=name):
        plan.check(places)
