"""Settings: every one comes from the environment as NETLEDGER_<NAME>; bad values refuse to start with one clear line.

NETLEDGER_<NAME>_FILE names a file that holds the value instead, for those that are secret.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from libs.model import canonical_ip


class BadSetting(ValueError):
    """A setting that cannot be used; the text names it and says what is allowed."""


def _setting(default: Any, parse: Callable[[str], Any], doc: str) -> Any:
    return field(default=default, metadata={"parse": parse, "doc": doc})


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _positive(text: str) -> int:
    number = int(text)
    if number <= 0:
        raise ValueError("must be above zero")
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 < number < 1e9:
        raise ValueError("must be a number of seconds above zero")
    return number


def _vni_ranges(text: str) -> tuple[tuple[int, int], ...]:
    """`1:1000,5000:6000` -> ((1, 1000), (5000, 6000))."""
    out = tuple((int(low), int(high)) for low, _, high in (part.partition(":") for part in _names(text)))
    if any(not 0 < low <= high < 2**24 for low, high in out):
        raise ValueError("VNIs are 1 to 16777215, low:high")
    return out


def _vlan_ranges(text: str) -> tuple[tuple[str, int, int], ...]:
    """`physnet1:1:4000,public` -> (("physnet1", 1, 4000), ("public", 0, 0)); without a range only given VLANs are used there."""
    out = []
    for part in _names(text):
        name, _, numbers = part.partition(":")
        low, _, high = numbers.partition(":")
        out.append((name, int(low or 0), int(high or 0)))
        if numbers and not 0 < out[-1][1] <= out[-1][2] < 4095:
            raise ValueError("VLANs are 1 to 4094, physnet:low:high")
    return tuple(out)


def _mappings(text: str) -> dict[str, str]:
    """`physnet1:br-physnet1,public:br-public` -> {physical network: bridge}."""
    pairs = [part.partition(":") for part in _names(text)]
    if any(not name or not bridge for name, _, bridge in pairs):
        raise ValueError("expects physical_network:bridge, ..")
    return {name: bridge for name, _, bridge in pairs}


def _auth(text: str) -> str:
    if text != "none":
        raise ValueError("expects none")
    return text


def _datapath_type(text: str) -> str:
    if text not in ("system", "netdev"):
        raise ValueError("expects system or netdev")
    return text


def _http_url(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise ValueError("expects http://.. or https://..")
    return text


def _domain(text: str) -> str:
    """`openstacklocal.` -> the same, lower case, always with the dot at its end."""
    name = text.lower().removesuffix(".")
    label = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
    if len(name) > 200 or not re.fullmatch(rf"{label}(\.{label})*", name):
        raise ValueError("expects a domain name")
    return f"{name}."


def _flag(text: str) -> bool:
    if text.lower() not in ("0", "1", "true", "false", "yes", "no"):
        raise ValueError("expects true or false")
    return text.lower() in ("1", "true", "yes")


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
    api_public: bool = _setting(False, _flag, "allow auth mode none on an address beyond loopback")
    api_names: tuple[str, ...] = _setting(
        (),
        _names,
        "names of the API (header Host) in auth mode none, beside localhost and, with NETLEDGER_API_PUBLIC, addresses; * for any",
    )
    api_connections: int = _setting(1024, _positive, "open connections to the API, in all")
    api_connections_per_address: int = _setting(
        64, _positive, "open connections from one address; in auth mode none this machine's own are not counted"
    )
    auth: str = _setting("none", _auth, "how callers are authenticated: none")
    default_project: str = _setting(
        "00000000000000000000000000000001", str, "project of a caller without headers in auth mode none"
    )
    tenant_network_types: tuple[str, ...] = _setting(
        ("vxlan",), _names, "segment types for networks without provider attributes, in order"
    )
    vni_ranges: tuple[tuple[int, int], ...] = _setting(((1, 65535),), _vni_ranges, "VNIs to choose from, low:high, ..")
    vlan_ranges: tuple[tuple[str, int, int], ...] = _setting(
        (), _vlan_ranges, "VLANs to choose from, physnet:low:high, .."
    )
    flat_networks: tuple[str, ...] = _setting((), _names, "physical networks that may carry a flat network; * for all")
    physical_mtu: int = _setting(1500, _positive, "MTU of the underlay in bytes; VXLAN networks get 50 less")
    dhcp_agents_per_network: int = _setting(1, _positive, "how many DHCP agents serve a network")
    report_seconds: float = _setting(5.0, _seconds, "seconds between an agent's heartbeats")
    agent_down_seconds: float = _setting(15.0, _seconds, "seconds without a heartbeat after which an agent is down")
    agent_messages_per_second: int = _setting(
        100,
        _positive,
        "messages of one agent that are read in a second; what is more (and no burst) is dropped and counted",
    )
    rpc_seconds: float = _setting(5.0, _seconds, "deadline of a call between services, in seconds")
    host: str = _setting("", str, "name of this hypervisor, as Nova knows it")
    availability_zone: str = _setting("nova", str, "availability zone of this host's agents")
    bridge_mappings: Mapping[str, str] = field(
        default_factory=dict, metadata={"parse": _mappings, "doc": "physical_network:bridge, .. on this host"}
    )
    tunnel_ip: str = _setting("", canonical_ip, "address of this host on the underlay")
    ovs_rundir: str = _setting("/var/run/openvswitch", str, "folder with Open vSwitch's sockets")
    datapath_type: str = _setting(
        "", _datapath_type, "system or netdev for br-int and br-tun; empty: as the host's other bridges are"
    )
    netns: str = _setting("", str, "network namespace that stands for this host (lab only; empty on a real host)")
    namespace_suffix: str = _setting(
        "", str, "added to the names of qdhcp- and qrouter- namespaces, so that lab hosts can share one machine"
    )
    state_dir: str = _setting("/var/lib/netledger", str, "folder for what agents keep, dnsmasq's files for example")
    dns_domain: str = _setting("openstacklocal.", _domain, "domain that DHCP gives guests' names in")
    metadata_url: str = _setting("", _http_url, "Nova's metadata API (http://HOST:8775); empty: guests get no metadata")
    metadata_secret: str = _setting(
        "", str, "secret shared with Nova's metadata API (metadata_proxy_shared_secret there)"
    )
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
