"""Which programs make up a system, with what environment: the one list that `up`, tests and tools share."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping

from cli import metadata, nova
from cli.places import ROOT, Places
from cli.process import Program
from cli.settings import REPLICAS, SETTINGS
from lab.hosts import PHYSICAL_MTU, Host, Lab
from libs.auth import check_auth
from libs.config import BadSetting, load
from services.topology.nova import check_nova

SERVICES = ("ipam", "topology", "api")
AGENTS = ("agent_ovs", "agent_dhcp", "agent_l3")
ORDER = {"service": 10, "ovsdb-server": 20, "ovs-vswitchd": 21, "agent": 30}
# The same whoever calls, so that `up` from another shell restarts nothing.
FIXED = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONUNBUFFERED": "1",
}
NOT_PASSED = (
    "NETLEDGER_DATABASE_ADMIN_URL",
    "NETLEDGER_AMQP_ADMIN_URL",
    "NETLEDGER_ENROL_KEY",
    *metadata.SETTINGS,
    *SETTINGS,
)

KEYSTONE = "NETLEDGER_KEYSTONE_"
"""How the settings begin that the API alone is told: with them one may ask about anybody's token."""

# What the lab's services are told unless the environment says otherwise.
DEFAULTS = {
    "NETLEDGER_VLAN_RANGES": "physnet1:1:4000,public:1:4000",
    "NETLEDGER_FLAT_NETWORKS": "physnet1,public",
    "NETLEDGER_PHYSICAL_MTU": str(PHYSICAL_MTU),
}


def environment(places: Places, settings: Mapping[str, str]) -> dict[str, str]:
    """A service's environment: the caller's NETLEDGER_* but for set-up's and those of few, then `settings` over it, nothing else."""
    ours = {"NETLEDGER_RUN_DIR": str(places.run), "NETLEDGER_MARK": places.mark, **settings}
    given = {
        name: value
        for name, value in os.environ.items()
        if name.startswith("NETLEDGER_")
        and not name.startswith((KEYSTONE, nova.PREFIX))
        and name.removesuffix("_FILE") not in (*ours, *NOT_PASSED)
    }
    defaults = {name: value for name, value in DEFAULTS.items() if f"{name}_FILE" not in given}
    return dict(sorted({**FIXED, **defaults, **given, **ours}.items()))


def check(places: Places) -> None:
    """Whether the operator's settings make sense, before anything starts. Raises BadSetting naming the first that does not."""
    settings = load(environment(places, keystone() | nova.settings(keystone())))
    check_auth(settings)
    check_nova(settings)
    if settings.policy_file:
        # Here, not above: 7 MB and 0.1 s that every other command does without.
        from libs.policy_file import check_policy

        check_policy(settings)
    lab_prefix()
    for name in SERVICES:
        replicas(name)


def services(places: Places, database_url: str, amqp_url: str) -> list[Program]:
    """api, ipam and topology, NETLEDGER_REPLICAS_<NAME> of each (default 1); replicas of api listen on the ports that follow."""
    found = []
    for name in SERVICES:
        count = replicas(name)
        for number in range(1, count + 1):
            settings = {"NETLEDGER_DATABASE_URL": database_url, "NETLEDGER_AMQP_URL": amqp_url}
            if name == "api":
                settings |= keystone() | {"NETLEDGER_API_PORT": str(api_ports()[number - 1])}
            if name == "topology":
                settings |= nova.settings(keystone())
            instance = f"{name}.{number}" if count > 1 else name
            found.append(_python(places, instance, name, settings, ORDER["service"]))
    return found


def host_programs(
    places: Places, host: Host, amqp_urls: Mapping[str, str], guests: Mapping[str, str] | None = None
) -> list[Program]:
    """A host's Open vSwitch and agents. `amqp_urls`: {agent's name: AMQP URL of its own user}. `guests`:
    `cli.metadata.settings`."""
    found = []
    for name, argv in host.switch_commands().items():
        env = host.environment | {"NETLEDGER_MARK": places.mark}
        instance = f"{name}@{host.name}"
        log = str(places.log / f"{instance}.log")
        needs = f"{host.run}/db.sock" if name == "ovs-vswitchd" else ""
        found.append(Program(instance, argv, env=env, netns=host.netns, log=log, order=ORDER[name], needs=needs))
    for name in AGENTS:
        settings = host.agent_settings() | {"NETLEDGER_AMQP_URL": amqp_urls[name], "NETLEDGER_DATABASE_URL": ""}
        settings |= (guests or {}) if name in metadata.ASKERS else {}
        found.append(_python(places, f"{name}@{host.name}", name, settings, ORDER["agent"]))
    return found


def keystone() -> dict[str, str]:
    """The caller's settings for Keystone."""
    return {name: value for name, value in os.environ.items() if name.startswith(KEYSTONE)}


def replicas(service: str) -> int:
    """How many processes of a service run: NETLEDGER_REPLICAS_<NAME>, default 1. Raises BadSetting."""
    name = f"{REPLICAS}{service.upper()}"
    text = os.environ.get(name) or SETTINGS[name][0]
    if not text.isdigit() or not 1 <= int(text) <= 16:
        raise BadSetting(f"{name}={text!r}: must be 1 to 16")
    return int(text)


def api_ports() -> list[int]:
    """TCP ports of the API's processes; the first is NETLEDGER_API_PORT."""
    first = int(os.environ.get("NETLEDGER_API_PORT") or "9696")
    return list(range(first, first + replicas("api")))


def api_urls() -> list[str]:
    """Where each process of the API answers, as seen from this machine."""
    host = os.environ.get("NETLEDGER_API_HOST") or "127.0.0.1"
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return [f"http://[{near}]:{port}" if ":" in near else f"http://{near}:{port}" for port in api_ports()]


def api_url() -> str:
    """Where the (first) API answers."""
    return api_urls()[0]


def lab_of(places: Places) -> Lab:
    """The lab of this system; NETLEDGER_LAB_PREFIX goes before its namespaces' names. Its sockets' paths must stay short."""
    prefix = lab_prefix()
    return Lab(places.for_sockets(len("/hosts/compute1/ovs-vswitchd.4194304.ctl")), prefix)


def lab_prefix() -> str:
    """What goes before the names of the lab's namespaces. Raises BadSetting."""
    prefix = os.environ.get("NETLEDGER_LAB_PREFIX", "")
    if not re.fullmatch("([a-z0-9][a-z0-9-]{0,31})?", prefix):
        raise BadSetting(f"NETLEDGER_LAB_PREFIX={prefix!r}: a-z, 0-9 and -, at most 32, a letter or digit first")
    return prefix


def _python(places: Places, instance: str, module: str, settings: Mapping[str, str], order: int) -> Program:
    argv = (sys.executable, "-m", "libs.launch", f"services.{module}.service")
    env = environment(places, settings)
    return Program(instance, argv, env=env, cwd=str(ROOT), log=str(places.log / f"{instance}.log"), order=order)
