"""Settings: every one comes from the environment as NETLEDGER_<NAME>; bad values refuse to start with one clear line.

NETLEDGER_<NAME>_FILE names a file that holds the value instead, for those that are secret.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from libs.model import canonical_ip
from libs.setting_types import (
    auth,
    datapath_type,
    domain,
    flag,
    http_url,
    limit,
    mappings,
    names,
    positive,
    seconds,
    vlan_ranges,
    vni_ranges,
)


class BadSetting(ValueError):
    """A setting that cannot be used; the text names it and says what is allowed."""


def _setting(default: Any, parse: Callable[[str], Any], doc: str) -> Any:
    return field(default=default, metadata={"parse": parse, "doc": doc})


def _quota(default: int, doc: str) -> Any:
    return _setting(default, limit, f"how many {doc} there may be unless its quota says otherwise; -1: any number")


@dataclass(frozen=True)
class Settings:
    """Every setting of every process, with its default; `metadata["doc"]` says what it is and its unit."""

    database_url: str = _setting("", str, "PostgreSQL URL of the role that runs services")
    database_admin_url: str = _setting("", str, "PostgreSQL URL of the owner; set-up and migrations only")
    amqp_url: str = _setting("", str, "RabbitMQ URL of this process")
    amqp_admin_url: str = _setting("", str, "RabbitMQ management URL (http); enrolment only")
    enrol_url: str = _setting("", str, "where a host without a broker user asks for one (`python -m libs.ask_user`)")
    enrol_token: str = _setting("", str, "bootstrap token of such a host")
    enrol_key: str = _setting("", str, "key of the enrolment service, with which bootstrap tokens were made")
    enrol_broker: str = _setting("", str, "HOST:PORT of the broker as hosts reach it; empty: as in NETLEDGER_AMQP_URL")
    run_dir: str = _setting(".run", str, "folder for pids, logs, sockets, secrets and private servers")
    api_host: str = _setting("127.0.0.1", str, "address that the API listens on")
    api_port: int = _setting(9696, int, "TCP port of the API")
    api_public: bool = _setting(False, flag, "allow auth mode none on an address beyond loopback")
    api_names: tuple[str, ...] = _setting(
        (),
        names,
        "names of the API (header Host) in auth mode none, beside localhost and, with NETLEDGER_API_PUBLIC, addresses; * for any",
    )
    api_connections: int = _setting(1024, positive, "open connections to the API, in all")
    api_connections_per_address: int = _setting(
        64, positive, "open connections from one address; in auth mode none this machine's own are not counted"
    )
    auth: str = _setting("none", auth, "how callers are authenticated: none or keystone")
    default_project: str = _setting(
        "00000000000000000000000000000001", str, "project of a caller without headers in auth mode none"
    )
    keystone_url: str = _setting("", http_url, "Keystone (http://HOST:5000 or ..../v3), for auth mode keystone")
    keystone_public_url: str = _setting("", http_url, "Keystone as clients reach it; empty: NETLEDGER_KEYSTONE_URL")
    keystone_ca_file: str = _setting(
        "", str, "file with the CA certificates of Keystone; without one, or when it is empty: the usual ones"
    )
    keystone_username: str = _setting("", str, "netledger's own user there, whose role lets it validate tokens")
    keystone_password: str = _setting("", str, "that user's password")
    keystone_project: str = _setting("", str, "that user's project")
    keystone_user_domain: str = _setting("Default", str, "name of that user's domain")
    keystone_project_domain: str = _setting("Default", str, "name of that project's domain")
    keystone_seconds: float = _setting(
        5.0, seconds, "how long Keystone may take to be reached, and to answer, in seconds"
    )
    keystone_cache_seconds: float = _setting(
        60.0, seconds, "for how long a valid token is believed without asking again: so late a revocation may work"
    )
    keystone_refused_seconds: float = _setting(5.0, seconds, "for how long a token stays refused without asking again")
    keystone_cache_tokens: int = _setting(
        10_000, positive, "how many valid tokens, and how many refused ones, are kept"
    )
    policy_file: str = _setting("", str, "file with policy rules, YAML or JSON, over the defaults; empty: none")
    tenant_network_types: tuple[str, ...] = _setting(
        ("vxlan",), names, "segment types for networks without provider attributes, in order"
    )
    vni_ranges: tuple[tuple[int, int], ...] = _setting(((1, 65535),), vni_ranges, "VNIs to choose from, low:high, ..")
    vlan_ranges: tuple[tuple[str, int, int], ...] = _setting(
        (), vlan_ranges, "VLANs to choose from, physnet:low:high, .."
    )
    flat_networks: tuple[str, ...] = _setting((), names, "physical networks that may carry a flat network; * for all")
    physical_mtu: int = _setting(1500, positive, "MTU of the underlay in bytes; VXLAN networks get 50 less")
    dhcp_agents_per_network: int = _setting(1, positive, "how many DHCP agents serve a network")
    report_seconds: float = _setting(5.0, seconds, "seconds between an agent's heartbeats")
    agent_down_seconds: float = _setting(15.0, seconds, "seconds without a heartbeat after which an agent is down")
    agent_messages_per_second: int = _setting(
        100,
        positive,
        "messages of one agent that are read in a second; what is more (and no burst) is dropped and counted",
    )
    rpc_seconds: float = _setting(5.0, seconds, "deadline of a call between services, in seconds")
    host: str = _setting("", str, "name of this hypervisor, as Nova knows it")
    availability_zone: str = _setting("nova", str, "availability zone of this host's agents")
    bridge_mappings: Mapping[str, str] = field(
        default_factory=dict, metadata={"parse": mappings, "doc": "physical_network:bridge, .. on this host"}
    )
    tunnel_ip: str = _setting("", canonical_ip, "address of this host on the underlay")
    ovs_rundir: str = _setting("/var/run/openvswitch", str, "folder with Open vSwitch's sockets")
    datapath_type: str = _setting(
        "", datapath_type, "system or netdev for br-int and br-tun; empty: as the host's other bridges are"
    )
    netns: str = _setting("", str, "network namespace that stands for this host (lab only; empty on a real host)")
    namespace_suffix: str = _setting(
        "", str, "added to the names of qdhcp- and qrouter- namespaces, so that lab hosts can share one machine"
    )
    state_dir: str = _setting("/var/lib/netledger", str, "folder for what agents keep, dnsmasq's files for example")
    dns_domain: str = _setting(
        "openstacklocal.", domain, "domain that guests' names stand below: told by DHCP, and in the ports that are made"
    )
    metadata_url: str = _setting("", http_url, "Nova's metadata API (http://HOST:8775); empty: guests get no metadata")
    metadata_secret: str = _setting(
        "", str, "secret shared with Nova's metadata API (metadata_proxy_shared_secret there)"
    )
    quota_network: int = _quota(100, "networks of a project")
    quota_subnet: int = _quota(100, "subnets of a project")
    quota_subnetpool: int = _quota(100, "subnet pools of a project")
    quota_port: int = _quota(500, "ports of a project")
    quota_router: int = _quota(10, "routers of a project")
    quota_router_route: int = _quota(30, "routes of one router")
    quota_floatingip: int = _quota(50, "floating IPs of a project")
    quota_rbac_policy: int = _quota(10, "RBAC policies of a project")
    quota_security_group: int = _quota(10, "security groups of a project")
    quota_security_group_rule: int = _quota(100, "security group rules of a project")
    quota_address_group: int = _quota(100, "address groups of a project")
    nova_url: str = _setting(
        "",
        http_url,
        "Nova's compute API (http://HOST:8774/v2.1), which is told what happens to servers' ports; empty: it is told nothing",
    )
    nova_username: str = _setting(
        "",
        str,
        "user whose token Nova gets in auth mode keystone (with the role that its policy asks for); empty: Keystone's",
    )
    nova_password: str = _setting("", str, "that user's password")
    nova_project: str = _setting("", str, "that user's project; empty: NETLEDGER_KEYSTONE_PROJECT")
    nova_seconds: float = _setting(10.0, seconds, "how long Nova may take to be reached, and to answer, in seconds")
    log_level: str = _setting("INFO", str, "lowest level that is logged")
    health_file: str = _setting(
        "", str, "file that is touched while the process is well; empty: none (`libs/health.py`)"
    )


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from `environ` (default: the process's). Raises BadSetting naming the first bad one."""
    env = os.environ if environ is None else environ
    values = {}
    for one in fields(Settings):
        name = f"NETLEDGER_{one.name.upper()}"
        text = given(env, name)
        if text != "":
            try:
                values[one.name] = one.metadata["parse"](text)
            except ValueError as error:
                wrong = f"{name}={text!r}: {error}" if env.get(name) else f"{name}_FILE: what it holds cannot be used"
                raise BadSetting(wrong) from None
    return Settings(**values)


def given(env: Mapping[str, str], name: str) -> str:
    """The text of a setting, out of the file that NAME_FILE names or as it stands; empty when it is not set. Raises BadSetting;
    what a file holds is never in its text."""
    text, path = env.get(name, ""), env.get(f"{name}_FILE", "")
    if not path:
        return text
    if text:
        raise BadSetting(f"{name} and {name}_FILE are both set")
    try:
        return Path(path).read_text().strip()
    except OSError as error:
        raise BadSetting(f"{name}_FILE={path!r}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadSetting(f"{name}_FILE={path!r}: is no UTF-8 text") from None
