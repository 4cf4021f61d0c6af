"""Frames of the pretended switch as bytes."""

from __future__ import annotations

from ipaddress import ip_address

from tests.dataplane import frames
from tests.fakes.switch import Ip, Packet
from tests.fakes.switch_packets import ICMP, ICMP6, NO_MAC, TCP, UDP


def frame_of(packet: Packet) -> bytes:
    """An untagged frame."""
    if packet.arp is not None:
        op, sha, spa, tha, tpa = packet.arp
        return frames.arp(packet.src, op, sha, spa, tha, tpa, packet.dst)
    assert packet.ip is not None
    ip = packet.ip
    if ip.version == 4:
        return frames.eth(packet.src, packet.dst, frames.IPV4, frames.ipv4(ip.src, ip.dst, ip.proto, _body(ip)))
    return frames.eth(packet.src, packet.dst, frames.IPV6, frames.ipv6(ip.src, ip.dst, ip.proto, _body(ip)))


def _body(ip: Ip) -> bytes:
    one, other = ip.ports
    if ip.proto == UDP:
        return frames.udp(ip.src, ip.dst, one, other, b"data")
    if ip.proto == TCP:
        return frames.tcp(ip.src, ip.dst, one, other, 2)
    if ip.proto == ICMP:
        about = ip.error_of
        cited = b"" if about is None else bytes(4) + frames.ipv4(about.src, about.dst, about.proto, _body(about))
        return frames.icmp(one, other, cited or b"\0\1\0\1data")
    if ip.proto == ICMP6 and one in (135, 136):
        option = frames.option(one - 134, ip.option) if ip.option != NO_MAC else b""
        return frames.icmp6(ip.src, ip.dst, one, bytes(4) + ip_address(ip.target).packed + option)
    if ip.proto == ICMP6:
        return frames.icmp6(ip.src, ip.dst, one, b"\0\1\0\1data", other)
    return b"something else"
