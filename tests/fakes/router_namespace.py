"""One pretended router's namespace: devices, addresses, routes and sysctls as the kernel keeps them."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address, ip_interface, ip_network
from typing import Any

from tests.fakes import nft

Answer = dict[str, Any]


@dataclass
class Namespace:
    """One router. devices {name: {"peer", "mac", "mtu", "addresses"}}; connections {id: {side: address}}."""

    devices: dict[str, dict[str, Any]] = field(default_factory=dict)
    routes: set[tuple[str, str, str]] = field(default_factory=set)
    sysctls: dict[str, str] = field(default_factory=dict)
    table: nft.Table | None = None
    connections: dict[int, dict[str, str]] = field(default_factory=dict)

    @property
    def own(self) -> set[str]:
        """Its addresses."""
        return {cidr.partition("/")[0] for device in self.devices.values() for cidr in device["addresses"]}

    def way_to(self, address: str) -> str:
        """The device that leads there, empty for none; what is connected goes first, then the longest route."""
        ways = [(ip_interface(cidr).network, name) for name, one in self.devices.items() for cidr in one["addresses"]]
        ways += [(ip_network(to), device) for to, _, device in self.routes]
        fitting = [(net.prefixlen, name) for net, name in ways if ip_address(address) in net]
        return max(fitting)[1] if fitting else ""

    def ensure(self, item: Answer, answer: Answer) -> None:
        """Devices, sysctls and routes as `item` has them. Raises OSError."""
        answer |= {"addresses": [], "made": answer.get("made", [])}
        wanted = {device["name"]: device for device in item["devices"]}
        for name in [name for name in self.devices if name not in wanted]:
            self._remove_device(name)
            answer["changes"].append(f"veth {name} removed")
        for name, device in wanted.items():
            self._ensure_device(name, device, answer)
        for key, value in item.get("sysctls", ()):
            if self.sysctls.get(key) != value:
                self.sysctls[key] = value
                answer["changes"].append(f"{key} {value}")
        routes = {(to, via, device) for to, via, device in item.get("routes", ())}
        for route in sorted(routes, key=lambda one: one[1] != ""):
            self._ensure_route(route, answer)
        answer["changes"] += [f"route {gone[0]} removed" for gone in sorted(self.routes - routes)]
        self.routes &= routes

    def seen(self) -> Any:
        """What a guest or operator could see of it, connections left out."""
        devices = {name: {**one, "addresses": sorted(one["addresses"])} for name, one in self.devices.items()}
        return devices, sorted(self.routes), self.sysctls, self.table

    def _ensure_device(self, name: str, device: Answer, answer: Answer) -> None:
        before = self.devices.get(name)
        if before is None or before["peer"] != device["peer"]:
            self._remove_device(name)
            before = {"addresses": []}
            answer["changes"].append(f"veth {device['peer']} {name} added")
            answer["made"].append(name)
        new = [cidr for cidr in device["addresses"] if cidr not in before["addresses"]]
        gone = [cidr for cidr in before["addresses"] if cidr not in device["addresses"]]
        answer["changes"] += [f"address {cidr} {name}" for cidr in (*gone, *new)]
        answer["addresses"] += [[name, cidr] for cidr in new]
        answer["changes"] += [f"{name} {key}" for key in ("mac", "mtu") if before.get(key, device[key]) != device[key]]
        self.devices[name] = {**device, "addresses": list(device["addresses"])}

    def _ensure_route(self, route: tuple[str, str, str], answer: Answer) -> None:
        to, via, device = route
        if device not in self.devices or (via and self.way_to(via) != device):
            raise OSError(f"route {to}: unreachable")
        if route not in self.routes:
            self.routes = {one for one in self.routes if one[0] != to} | {route}
            answer["changes"].append(f"route {to} by {via} {device}")

    def _remove_device(self, name: str) -> None:
        """It takes its routes along."""
        self.devices.pop(name, None)
        self.routes = {one for one in self.routes if one[2] != name}
