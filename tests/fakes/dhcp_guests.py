"""Guests for DHCP tests: a namespace with one NIC, real clients (busybox udhcpc with a script of ours, never the stock one)."""

from __future__ import annotations

import re
import socket
import struct
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from libs.kernel.inside import inside

_TOLD = "ip mask router dns mtu staticroutes lease domain bootfile tftp siaddr rootpath search opt254"
_SCRIPT = f"""#!/bin/sh
[ "$1" = bound ] || exit 0
ip -4 addr flush dev $interface; ip addr add $ip/$mask dev $interface
for name in {_TOLD}; do eval "echo \\"$name=\\$$name\\""; done
"""


def sh(*command: str) -> str:
    """A tool's output; its failure is the test's."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr or done.stdout}"
    return done.stdout


@dataclass
class Guest:
    """A pretended VM: namespace `name` whose eth0 is the other end of `tap` in the host's namespace."""

    name: str
    tap: str
    mac: str
    folder: Path
    seen: dict[str, str] = field(default_factory=dict)

    def boot(self, host: str) -> None:
        sh("ip", "netns", "add", self.name)
        sh("ip", "link", "add", self.tap, "netns", host, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        self.run("ip", "link", "set", "eth0", "address", self.mac)
        self.run("sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/eth0/accept_dad")  # its link-local address need not wait
        for namespace, interface in ((self.name, "eth0"), (host, self.tap)):
            off = ("tx", "off", "tso", "off", "gso", "off", "gro", "off")
            sh("ip", "netns", "exec", namespace, "ethtool", "-K", interface, *off)
            sh("ip", "-n", namespace, "link", "set", interface, "up")

    def halt(self) -> None:
        subprocess.run(["ip", "netns", "del", self.name], capture_output=True, check=False)

    def run(self, *command: str) -> str:
        return sh("ip", "netns", "exec", self.name, *command)

    def become(self, mac: str) -> None:
        """Another MAC on the same NIC."""
        self.mac = mac
        self.run("ip", "link", "set", "eth0", "address", mac)

    def lease(self, tries: int = 5, ask: Sequence[str] = ()) -> str | None:
        """The IPv4 address that udhcpc gets, None after `tries` seconds; `seen` holds what it was told, of options in `ask` too."""
        script = self.folder / "udhcpc.sh"
        script.write_text(_SCRIPT)
        script.chmod(0o755)
        client = ["busybox", "udhcpc", "-i", "eth0", "-n", "-q", "-f", "-t", str(tries), "-T", "1"]
        wanted = [word for option in ("121", "mtu", *ask) for word in ("-O", option)]
        command = ["ip", "netns", "exec", self.name, *client, *wanted, "-s", str(script)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.seen = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
        return self.seen.get("ip")

    def resolve(self, name: str, server: str) -> list[str]:
        """What that DNS server answers about a name (its addresses) or an address (its names)."""
        command = ["ip", "netns", "exec", self.name, "busybox", "nslookup", name, server]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
        answer = done.stdout.partition("\n\n")[2]  # before that: who was asked
        return re.findall(r"(?:^Address: |name = )(\S+)", answer, re.MULTILINE)

    def lease6(self, seconds: float = 8.0) -> dict[str, str]:
        """{address, dns} from a DHCPv6 Solicit with rapid commit; empty when nobody answers."""
        return inside(self.name, lambda: solicit(self.mac, seconds))

    def addresses6(self) -> list[str]:
        """Global IPv6 addresses of the NIC."""
        words = self.run("ip", "-6", "-o", "addr", "show", "dev", "eth0", "scope", "global").split()
        return [word for before, word in zip(words, words[1:], strict=False) if before == "inet6"]


def _option(code: int, data: bytes) -> bytes:
    return struct.pack("!HH", code, len(data)) + data


def solicit(mac: str, seconds: float) -> dict[str, str]:
    """{address, dns} that eth0 here is told; empty when nobody answers.

    RFC 8415: Solicit (1) -> Reply (7). Options: 1 client id, 3 IA_NA, 6 wanted options, 8 elapsed time, 14 rapid commit.
    """
    duid = struct.pack("!HH", 3, 1) + bytes.fromhex(mac.replace(":", ""))
    identity = struct.pack("!III", 7, 0, 0)
    wanted = (
        _option(1, duid)
        + _option(3, identity)
        + _option(6, struct.pack("!H", 23))
        + _option(8, b"\0\0")
        + _option(14, b"")
    )
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
        client.settimeout(0.5)
        client.bind(("::", 546))
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                client.sendto(b"\x01abc" + wanted, ("ff02::1:2", 547, 0, socket.if_nametoindex("eth0")))
                answer = client.recv(2048)
            except OSError:  # no link-local address yet, or nobody answered
                time.sleep(0.05)
                continue
            if answer[0] == 7 and answer[1:4] == b"abc":
                return _told(answer[4:])
    return {}


def _told(data: bytes) -> dict[str, str]:
    told = {}
    for code, value in _options(data):
        if code == 3:
            for inner, address in _options(value[12:]):
                if inner == 5:
                    told["address"] = socket.inet_ntop(socket.AF_INET6, address[:16])
        if code == 23:
            told["dns"] = socket.inet_ntop(socket.AF_INET6, value[:16])
    return told


def _options(data: bytes) -> list[tuple[int, bytes]]:
    out = []
    while len(data) >= 4:
        code, length = struct.unpack("!HH", data[:4])
        out.append((code, data[4 : 4 + length]))
        data = data[4 + length :]
    return out
