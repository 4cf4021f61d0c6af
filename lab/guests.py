"""A "virtual server": a namespace behind a veth, plugged exactly as Nova plugs a tap, with a real DHCP client."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.hosts import Host, Lab
from lab.namespaces import veth
from lab.shell import ToolFailed, run

# Never a stock script: those rewrite the machine's own /etc/resolv.conf.
DHCP_SCRIPT = """\
#!/bin/sh
case $1 in bound|renew) ;; *) exit 0 ;; esac
ip address flush dev "$interface" scope global
ip address add "$ip/$mask" dev "$interface"
[ -z "$mtu" ] || ip link set dev "$interface" mtu "$mtu"
for gateway in $router; do ip route replace default via "$gateway" dev "$interface"; break; done
set -- $staticroutes
while [ $# -ge 2 ]; do
    [ "$2" = 0.0.0.0 ] && ip route replace "$1" dev "$interface" || ip route replace "$1" via "$2" dev "$interface"
    shift 2
done
env >"$LEASE_FILE"
"""


@dataclass
class Guest:
    """One server. `port`: the API's body of its port. `lease`: what the DHCP client was told, {option: value}."""

    name: str
    host: Host
    netns: str
    port: dict[str, Any]
    lab: Lab
    lease: dict[str, str] = field(default_factory=dict)

    @property
    def tap(self) -> str:
        """Name of the interface on the hypervisor, as Nova makes it from the port's id."""
        return f"tap{self.port['id'][:11]}"

    @property
    def address(self) -> str:
        """The port's first fixed address."""
        return str(self.port["fixed_ips"][0]["ip_address"])

    def build(self, mtu: int) -> None:
        """The machine without its plug: a namespace whose eth0 has the port's MAC and whose other end is the tap on the host."""
        self.lab.namespaces.ensure(self.netns)
        veth(self.netns, "eth0", self.host.netns, self.tap, mtu, mac=self.port["mac_address"])

    def plug(self) -> None:
        """What Nova's os-vif does when a server starts: the port on br-int with its external ids, in one command."""
        ids = {
            "iface-id": self.port["id"],
            "iface-status": "active",
            "attached-mac": self.port["mac_address"],
            "vm-uuid": self.port["device_id"],
        }
        words = [f"external-ids:{key}={value}" for key, value in ids.items()]
        self.host.vsctl("--", "--may-exist", "add-port", "br-int", self.tap, "--", "set", "Interface", self.tap, *words)

    def unplug(self) -> None:
        """What os-vif does when a server goes; safe to repeat."""
        self.host.vsctl("--", "--if-exists", "del-port", "br-int", self.tap)

    def destroy(self) -> None:
        """Unplug it and remove the machine. Safe to repeat."""
        with contextlib.suppress(ToolFailed):
            self.unplug()
        run("ip", "-n", self.host.netns, "link", "del", self.tap, ok=True)
        self.lab.namespaces.remove([self.netns])

    def run(self, *argv: str, ok: bool = False, seconds: float = 30.0) -> str:
        """Run a program inside the server; its output. Raises ToolFailed unless `ok`."""
        return run("ip", "netns", "exec", self.netns, *argv, ok=ok, seconds=seconds)

    def ask_address(self, seconds: int = 10) -> dict[str, str]:
        """Get a lease with a real client and take the address; what the server said. Raises ToolFailed when none comes."""
        folder = self.host.run.parent.parent / "guests"
        folder.mkdir(exist_ok=True)
        script, lease = folder / "udhcpc", folder / f"{self.netns}.lease"
        _write_script(script)
        lease.unlink(missing_ok=True)
        command = ("busybox", "udhcpc", "-i", "eth0", "-f", "-q", "-n", "-t", str(seconds), "-T", "1")
        options = ("-O", "mtu", "-O", "staticroutes", "-s", str(script))
        run("ip", "netns", "exec", self.netns, "env", f"LEASE_FILE={lease}", *command, *options, seconds=seconds + 5)
        pairs = (line.partition("=") for line in lease.read_text().splitlines())
        self.lease = {name: value for name, _, value in pairs}
        return self.lease

    def reaches(self, address: str, seconds: float = 5.0) -> bool:
        """Whether a ping is answered within this time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if " bytes from " in self.run("ping", "-n", "-c", "1", "-W", "0.3", address, ok=True):
                return True
        return False

    def never_reaches(self, address: str, tries: int = 3) -> bool:
        """Whether none of several pings is answered."""
        out = self.run("ping", "-n", "-c", str(tries), "-i", "0.2", "-W", "1", address, ok=True)
        return " bytes from " not in out


def guest(lab: Lab, name: str, host: str, port: dict[str, Any]) -> Guest:
    """A server that is not built yet, for a port of the API."""
    return Guest(name, lab.host(host), f"{lab.prefix}vm-{name}", port, lab)


def _write_script(path: Path) -> None:
    if not path.exists():
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_text(DHCP_SCRIPT)
        draft.chmod(0o755)
        draft.rename(path)
