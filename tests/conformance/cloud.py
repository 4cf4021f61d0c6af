"""What tempest needs of a cloud: its operator's resources, made through the API, and a configuration that names them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.conformance.people import PASSWORD

PUBLIC = "conformance-public"
POOLS = ((4, "10.128.0.0/12", 26), (6, "fd00:c0f0::/40", 64))


@dataclass(frozen=True)
class Cloud:
    """The Network API at `url`, asked with an administrator's token."""

    url: str
    token: str

    def get(self, path: str) -> list[dict[str, Any]]:
        """A list."""
        (found,) = (many for name, many in self._send("GET", path).items() if not name.endswith("_links"))
        return list(found)

    def make(self, kind: str, path: str, **values: Any) -> dict[str, Any]:
        """A new resource."""
        return dict(self._send("POST", path, {kind: values})[kind])

    def public(self) -> str:
        """The id of the external network, made when it is not there."""
        found = self.get(f"networks?name={PUBLIC}")
        if found:
            return str(found[0]["id"])
        provider = {"provider:network_type": "flat", "provider:physical_network": "public", "router:external": True}
        id = self.make("network", "networks", name=PUBLIC, **provider)["id"]
        v4 = {"ip_version": 4, "cidr": "198.18.0.0/16", "gateway_ip": "198.18.0.1"}
        for one in (v4, {"ip_version": 6, "cidr": "2001:db8:ffff::/64"}):
            self.make("subnet", "subnets", network_id=id, enable_dhcp=False, **one)
        return str(id)

    def default_pools(self) -> None:
        """Default subnet pools, those that are not there yet."""
        have = {one["ip_version"] for one in self.get("subnetpools?is_default=True")}
        for version, prefix, length in POOLS:
            if version not in have:
                of = {"prefixes": [prefix], "default_prefixlen": length, "shared": True, "is_default": True}
                self.make("subnetpool", "subnetpools", name=f"conformance-v{version}", **of)

    def _send(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        reply = requests.request(
            method, f"{self.url}/v2.0/{path}", json=body, headers={"X-Auth-Token": self.token}, timeout=30
        )
        reply.raise_for_status()
        return dict(reply.json())


def configuration(folder: Path, keystone: str, aliases: list[str], public: str) -> str:
    """tempest.conf."""
    sections: dict[str, dict[str, object]] = {
        "DEFAULT": {"log_dir": folder / "logs", "log_file": "tempest.log", "use_stderr": False},
        "oslo_concurrency": {"lock_path": folder / "lock"},
        "auth": {
            "use_dynamic_credentials": True,
            "create_isolated_networks": False,
            "admin_username": "admin",
            "admin_password": PASSWORD,
            "admin_project_name": "admin",
            "admin_domain_name": "Default",
            "default_credentials_domain_name": "Default",
            "tempest_roles": "member",
        },
        "identity": {
            "auth_version": "v3",
            "uri_v3": keystone,
            "region": "RegionOne",
            "v3_endpoint_type": "public",
            "default_domain_id": "default",
        },
        "identity-feature-enabled": {"api_v2": False, "api_v2_admin": False, "api_v3": True},
        "enforce_scope": {"neutron": True},
        "service_available": {"neutron": True, **dict.fromkeys(("nova", "glance", "cinder", "swift"), False)},
        "network": {"region": "RegionOne", "public_network_id": public, "floating_network_name": PUBLIC},
        "network-feature-enabled": {
            "api_extensions": ",".join(aliases),
            "ipv6": True,
            "ipv6_subnet_attributes": True,
            "port_security": "port-security" in aliases,
            "floating_ips": True,
        },
    }
    return "\n".join(
        f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in section.items())
        for name, section in sections.items()
    )
