"""Frames as guests may send them, byte by byte, right ones and forged ones."""

from __future__ import annotations

import socket
import struct
from ipaddress import ip_address

BROADCAST = "ff:ff:ff:ff:ff:ff"
ARP, IPV4, IPV6, RARP = 0x0806, 0x0800, 0x86DD, 0x8035
ICMP, TCP, UDP, ICMP6, SCTP = 1, 6, 17, 58, 132


def mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


def link_local(text: str) -> str:
    """The address that a station makes of its MAC (EUI-64)."""
    octets = mac(text)
    return str(
        ip_address(bytes.fromhex("fe80000000000000") + bytes([octets[0] ^ 2]) + octets[1:3] + b"\xff\xfe" + octets[3:])
    )


def eth(src: str, dst: str, kind: int, body: bytes) -> bytes:
    return (mac(dst) + mac(src) + struct.pack("!H", kind) + body).ljust(60, b"\0")


def tagged(frame: bytes, *tags: int, kind: int = 0x8100) -> bytes:
    """The frame with VLAN tags, the outermost first."""
    return frame[:12] + b"".join(struct.pack("!HH", kind, tag) for tag in tags) + frame[12:]


def arp(src: str, op: int, sha: str, spa: str, tha: str, tpa: str, dst: str = BROADCAST, kind: int = ARP) -> bytes:
    body = struct.pack("!HHBBH", 1, IPV4, 6, 4, op)
    body += mac(sha) + ip_address(spa).packed + mac(tha) + ip_address(tpa).packed
    return eth(src, dst, kind, body)


def checksum(data: bytes) -> int:
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(
    src: str, dst: str, proto: int, body: bytes, ihl: int = 5, length: int = 0, fragment: int = 0, number: int = 7
) -> bytes:
    """fragment: the 16 bits of flags and offset. length, ihl: other ones than the true ones."""
    total = length or 20 + len(body)
    ends = ip_address(src).packed + ip_address(dst).packed
    head = struct.pack("!BBHHHBBH", 0x40 | ihl, 0, total, number, fragment, 64, proto, 0) + ends
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body


def ipv6(src: str, dst: str, proto: int, body: bytes, hops: int = 255) -> bytes:
    return (
        struct.pack("!IHBB", 6 << 28, len(body), proto, hops) + ip_address(src).packed + ip_address(dst).packed + body
    )


def _pseudo(src: str, dst: str, proto: int, length: int) -> bytes:
    ends = ip_address(src).packed + ip_address(dst).packed
    return ends + (struct.pack("!BBH", 0, proto, length) if len(ends) == 8 else struct.pack("!II", length, proto))


def _summed(src: str, dst: str, proto: int, body: bytes, at: int) -> bytes:
    value = checksum(_pseudo(src, dst, proto, len(body)) + body) or 0xFFFF
    return body[:at] + struct.pack("!H", value) + body[at + 2 :]


def udp(src: str, dst: str, sport: int, dport: int, data: bytes = b"") -> bytes:
    return _summed(src, dst, UDP, struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data, 6)


def tcp(
    src: str, dst: str, sport: int, dport: int, flags: int = 2, data: bytes = b"", seq: int = 1, ack: int = 0
) -> bytes:
    head = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, 5 << 4, flags, 8192, 0, 0)
    return _summed(src, dst, TCP, head + data, 16)


def icmp(kind: int, code: int = 0, rest: bytes = b"\0\1\0\1data") -> bytes:
    body = struct.pack("!BBH", kind, code, 0) + rest
    return body[:2] + struct.pack("!H", checksum(body)) + body[4:]


def icmp6(src: str, dst: str, kind: int, rest: bytes, code: int = 0) -> bytes:
    return _summed(src, dst, ICMP6, struct.pack("!BBH", kind, code, 0) + rest, 2)


def option(kind: int, address: str) -> bytes:
    """A link-layer address option of neighbour discovery."""
    return struct.pack("!BB", kind, 1) + mac(address)


def advert(src: str, dst: str, target: str, tll: str = "", flags: int = 0x60000000) -> bytes:
    """A neighbour advertisement's ICMPv6 message."""
    return icmp6(src, dst, 136, struct.pack("!I", flags) + ip_address(target).packed + (option(2, tll) if tll else b""))


def solicit(src: str, dst: str, target: str, sll: str = "") -> bytes:
    """A neighbour solicitation's ICMPv6 message."""
    return icmp6(src, dst, 135, bytes(4) + ip_address(target).packed + (option(1, sll) if sll else b""))


def udp4(src_mac: str, dst_mac: str, src: str, dst: str, sport: int, dport: int, data: bytes = b"") -> bytes:
    """A whole frame."""
    return eth(src_mac, dst_mac, IPV4, ipv4(src, dst, UDP, udp(src, dst, sport, dport, data)))


def tcp4(src_mac: str, dst_mac: str, src: str, dst: str, sport: int, dport: int, flags: int = 2, **more: int) -> bytes:
    """A whole frame."""
    return eth(src_mac, dst_mac, IPV4, ipv4(src, dst, TCP, tcp(src, dst, sport, dport, flags, **more)))  # type: ignore[arg-type]


def udp6(src_mac: str, dst_mac: str, src: str, dst: str, sport: int, dport: int, data: bytes = b"") -> bytes:
    """A whole frame."""
    return eth(src_mac, dst_mac, IPV6, ipv6(src, dst, UDP, udp(src, dst, sport, dport, data)))


def nd(src_mac: str, dst_mac: str, src: str, dst: str, message: bytes) -> bytes:
    """A whole frame with an ICMPv6 message."""
    return eth(src_mac, dst_mac, IPV6, ipv6(src, dst, ICMP6, message))


class Wire:
    """A guest's end of its wire: sends any frame, hears every frame."""

    def __init__(self, namespace: str, device: str = "eth0") -> None:
        from libs.kernel.inside import inside

        self.socket = inside(namespace, lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)))
        self.socket.bind((device, 0))
        self.socket.settimeout(0.01)

    def send(self, *frames: bytes) -> None:
        for frame in frames:
            self.socket.send(frame)

    def heard(self) -> list[bytes]:
        """What came in since; own frames left out."""
        out = []
        try:
            while True:
                frame, about = self.socket.recvfrom(65535)
                if about[2] != socket.PACKET_OUTGOING:
                    out.append(frame.ljust(60, b"\0"))
        except TimeoutError:
            return out

    def close(self) -> None:
        self.socket.close()
