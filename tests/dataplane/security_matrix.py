"""What a guest must not get through its port, each with a twin that it must: P1 to P10 of the packet matrix, as frames.

a is the guest, b another one whose place it would like to take, o somebody who listens without port security.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.dataplane.frames import (
    BROADCAST,
    ICMP,
    ICMP6,
    IPV4,
    IPV6,
    RARP,
    UDP,
    Wire,
    advert,
    arp,
    eth,
    icmp,
    icmp6,
    ipv4,
    ipv6,
    link_local,
    nd,
    option,
    solicit,
    tagged,
    udp,
    udp4,
    udp6,
)

NOBODY = "00:00:00:00:00:00"
ALL_NODES, ALL_NODES_MAC = "ff02::1", "33:33:00:00:00:01"


@dataclass(frozen=True)
class Station:
    """A guest by its addresses."""

    mac: str
    ip: str
    ip6: str

    @property
    def local(self) -> str:
        return link_local(self.mac)


@dataclass(frozen=True)
class Place:
    """Who is there. pair: (address, MAC) that a may use too. gateway: the subnet's."""

    a: Station
    b: Station
    o: Station
    gateway: str
    pair: tuple[str, str]


@dataclass(frozen=True)
class Case:
    """Frames of which none may arrive, and frames that all must."""

    forbidden: Sequence[bytes]
    allowed: Sequence[bytes]


def _says(place: Place, src: str, mac: str = "", dst: str = "", sport: int = 1000, dport: int = 2000) -> bytes:
    a, o = place.a, place.o
    return udp4(mac or a.mac, dst or o.mac, src, o.ip, sport, dport, b"p")


def p1(place: Place) -> Case:
    """IPv4 sources."""
    a, o = place.a, place.o
    foreign = (place.b.ip, "0.0.0.0", "127.0.0.1", place.gateway, "169.254.169.254", "224.0.0.1", "255.255.255.255")
    wants = udp4(a.mac, BROADCAST, "0.0.0.0", "255.255.255.255", 68, 67, b"discover")
    paired = udp4(place.pair[1], o.mac, place.pair[0], o.ip, 1000, 2000, b"pair")
    zero = udp4(a.mac, o.mac, "0.0.0.0", o.ip, 68, 67, b"to one")
    return Case([*(_says(place, src) for src in foreign), zero], [_says(place, a.ip), wants, paired])


def p2(place: Place) -> Case:
    """Ethernet sources."""
    a, b = place.a, place.b
    forged = [_says(place, a.ip, b.mac), _says(place, a.ip, b.mac, BROADCAST), _says(place, a.ip, "fa:16:3e:99:99:99")]
    forged += [_says(place, place.pair[0]), _says(place, a.ip, place.pair[1])]
    return Case(forged, [_says(place, a.ip), _says(place, a.ip, dst=BROADCAST)])


def p3(place: Place) -> Case:
    """ARP."""
    a, b, o, free = place.a, place.b, place.o, place.o.ip.rpartition(".")[0] + ".99"
    forged = [arp(a.mac, op, a.mac, spa, NOBODY, free) for op in (1, 2) for spa in (b.ip, place.gateway)]
    forged += [arp(a.mac, op, b.mac, a.ip, NOBODY, free) for op in (1, 2)]
    forged += [arp(b.mac, 1, b.mac, b.ip, NOBODY, free), arp(b.mac, 1, a.mac, a.ip, NOBODY, free)]
    forged += [arp(a.mac, op, a.mac, b.ip, NOBODY, b.ip) for op in (1, 2)]  # gratuitous
    forged += [arp(a.mac, 1, a.mac, "0.0.0.0", NOBODY, b.ip), arp(a.mac, 2, a.mac, "0.0.0.0", NOBODY, a.ip)]
    forged += [arp(a.mac, 3, b.mac, "0.0.0.0", b.mac, "0.0.0.0", kind=RARP)]
    fine = [arp(a.mac, 1, a.mac, a.ip, NOBODY, free), arp(a.mac, 2, a.mac, a.ip, o.mac, o.ip, o.mac)]
    fine += [arp(a.mac, 1, a.mac, a.ip, NOBODY, a.ip), arp(a.mac, 1, a.mac, "0.0.0.0", NOBODY, a.ip)]
    fine += [arp(place.pair[1], 1, place.pair[1], place.pair[0], NOBODY, free)]
    return Case(forged, fine)


def p4(place: Place) -> Case:
    """Neighbour discovery."""
    a, b, o = place.a, place.b, place.o

    def sent(src: str, dst: str, message: bytes, src_mac: str = "") -> bytes:
        return nd(src_mac or a.mac, o.mac if dst == o.local else ALL_NODES_MAC, src, dst, message)

    targets = [(dst, flags) for dst in (o.local, ALL_NODES) for flags in (0x60000000, 0x20000000, 0x40000000, 0)]
    forged = [sent(a.local, dst, advert(a.local, dst, b.ip6, a.mac, flags)) for dst, flags in targets]
    forged += [sent(a.local, ALL_NODES, advert(a.local, ALL_NODES, one, b.mac)) for one in (a.ip6, a.local)]
    forged += [sent(b.local, ALL_NODES, advert(b.local, ALL_NODES, one, a.mac)) for one in (a.ip6, b.local)]
    forged += [sent("::", ALL_NODES, solicit("::", ALL_NODES, one)) for one in (b.ip6, b.local)]
    forged += [sent(a.local, ALL_NODES, solicit(a.local, ALL_NODES, o.ip6, b.mac))]
    forged += [sent(b.local, ALL_NODES, solicit(b.local, ALL_NODES, o.ip6, a.mac))]
    na = advert(a.local, ALL_NODES, b.ip6, a.mac)
    hop = struct.pack("!BBHI", ICMP6, 0, 0x0104, 0) + na  # behind a hop-by-hop header with padding
    piece = struct.pack("!BBHI", ICMP6, 0, 0, 9) + na  # behind a fragment header: whole all the same
    forged += [
        eth(a.mac, ALL_NODES_MAC, IPV6, ipv6(a.local, ALL_NODES, kind, body)) for kind, body in ((0, hop), (44, piece))
    ]
    fine = [sent(a.local, ALL_NODES, advert(a.local, ALL_NODES, one, a.mac)) for one in (a.ip6, a.local)]
    fine += [
        sent(a.ip6, o.local, advert(a.ip6, o.local, a.ip6)),
        sent(a.local, o.local, solicit(a.local, o.local, o.ip6, a.mac)),
    ]
    fine += [sent("::", ALL_NODES, solicit("::", ALL_NODES, one)) for one in (a.ip6, a.local)]
    return Case(forged, fine)


def p5(place: Place) -> Case:
    """Servers and routers that are none."""
    a, o = place.a, place.o

    def v6(kind: int, rest: bytes, dst: str = ALL_NODES) -> bytes:
        return nd(a.mac, ALL_NODES_MAC, a.local, dst, icmp6(a.local, dst, kind, rest))

    advertised = struct.pack("!BBHII", 64, 0, 1800, 0, 0) + option(1, a.mac)
    redirected = bytes(4) + bytes(32)
    forged = [v6(134, advertised), v6(137, redirected)]
    forged += [
        udp4(a.mac, dst, a.ip, to, 67, 68, b"offer") for dst, to in ((BROADCAST, "255.255.255.255"), (o.mac, o.ip))
    ]
    forged += [udp4(a.mac, o.mac, a.ip, o.ip, 6767, 68, b"offer from elsewhere")]
    forged += [udp6(a.mac, ALL_NODES_MAC, a.local, ALL_NODES, 547, 546, b"reply")]
    forged += [eth(a.mac, o.mac, IPV4, ipv4(a.ip, o.ip, ICMP, icmp(5, 1, bytes(32))))]
    fine = [
        udp4(a.mac, BROADCAST, "0.0.0.0", "255.255.255.255", 68, 67, b"who"),
        udp4(a.mac, o.mac, a.ip, o.ip, 68, 67, b"renew"),
    ]
    fine += [udp6(a.mac, ALL_NODES_MAC, a.local, "ff02::1:2", 546, 547, b"solicit")]
    fine += [v6(133, bytes(4) + option(1, a.mac), "ff02::2"), v6(143, bytes(4), "ff02::16")]
    return Case(forged, fine)


def p6(place: Place) -> Case:
    """DHCP in b's name, as far as headers tell."""
    a, b, o = place.a, place.b, place.o
    forged = [
        udp4(a.mac, o.mac, b.ip, o.ip, 68, 67, b"release"),
        udp4(b.mac, BROADCAST, "0.0.0.0", "255.255.255.255", 68, 67, b"b"),
    ]
    forged += [udp6(a.mac, ALL_NODES_MAC, b.local, "ff02::1:2", 546, 547, b"release")]
    return Case(forged, [udp4(a.mac, o.mac, a.ip, o.ip, 68, 67, b"mine")])


def p7(place: Place) -> Case:
    """IPv6 sources."""
    a, b, o = place.a, place.b, place.o
    foreign = (b.ip6, b.local, "::", "::1", f"::ffff:{a.ip}", f"::ffff:{b.ip}", "ff02::1", "fe80::1")
    fine = [udp6(a.mac, o.mac, src, o.ip6, 1000, 2000, b"p") for src in (a.ip6, a.local)]
    return Case([udp6(a.mac, o.mac, src, o.ip6, 1000, 2000, b"p") for src in foreign], fine)


def p8(place: Place) -> Case:
    """What is no good IP, nor ARP."""
    a, o = place.a, place.o
    body = udp(a.ip, o.ip, 1000, 2000, b"odd")
    forged = [
        eth(a.mac, o.mac, IPV4, ipv4(a.ip, o.ip, 0, body)),
        eth(a.mac, o.mac, IPV4, ipv4(a.ip, o.ip, UDP, body, ihl=4)),
    ]
    forged += [eth(a.mac, o.mac, IPV4, ipv4(a.ip, o.ip, UDP, body[:8], ihl=15))]
    forged += [eth(a.mac, o.mac, IPV4, ipv4(a.ip, o.ip, UDP, body, length=1400))]
    inner = ipv4(a.ip, o.ip, UDP, body)
    kinds = (0x8847, 0x8848, 0x88CC, 0x888E, 0x8809, 0x9000, 0x8863, 0x8864, 0x88E5, 0x0842, RARP)
    forged += [eth(a.mac, dst, kind, inner) for kind in kinds for dst in (o.mac, BROADCAST)]
    bpdu = b"\x42\x42\x03" + bytes(35)
    forged += [
        (eth(a.mac, "01:80:c2:00:00:00", len(bpdu), bpdu)),
        eth(a.mac, "01:00:0c:cc:cc:cd", 50, b"\xaa\xaa\x03\x00\x00\x0c\x01\x0b" + bytes(42)),
    ]
    return Case(forged, [_says(place, a.ip)])


def p9(place: Place) -> Case:
    """Pieces, and errors about what others said."""
    a, b, o = place.a, place.b, place.o
    whole = udp(a.ip, o.ip, 1000, 2000, bytes(range(256)) * 5)

    def piece(at: int, data: bytes, more: bool, number: int, src: str = "") -> bytes:
        return eth(
            a.mac,
            o.mac,
            IPV4,
            ipv4(src or a.ip, o.ip, UDP, data, fragment=(0x2000 if more else 0) | at // 8, number=number),
        )

    forged = [piece(1200, whole[1200:], False, 11)]  # without a first one
    forged += [piece(0, whole[:8], True, 12), piece(8, whole[8:], False, 12)]  # a tiny first one
    forged += [piece(0, whole[:1208], True, 13), piece(1200, whole[1200:], False, 13)]  # overlapping
    forged += [piece(0, whole[:1200], True, 14, b.ip), piece(1200, whole[1200:], False, 14, b.ip)]
    cited = ipv4(b.ip, o.ip, UDP, udp(b.ip, o.ip, 1000, 2000))
    forged += [eth(a.mac, o.mac, IPV4, ipv4(a.ip, o.ip, ICMP, icmp(kind, 1, bytes(4) + cited))) for kind in (3, 11, 12)]
    forged += [frame for number, hidden in enumerate(_hidden(place)) for frame in _veiled(place, *hidden, number)]
    return Case(forged, [piece(0, whole[:1200], True, 15), piece(1200, whole[1200:], False, 15)])


def _hidden(place: Place) -> list[tuple[int, bytes]]:
    """(protocol, message): what a guest must not say, to be said in pieces."""
    a, dst = place.a, ALL_NODES
    reply = udp(a.local, dst, 547, 546, b"reply")
    advertised = icmp6(a.local, dst, 134, struct.pack("!BBHII", 64, 0, 1800, 0, 0))
    return [(UDP, reply), (ICMP6, advertised), (ICMP6, advert(a.local, dst, place.b.ip6, a.mac))]


def _veiled(place: Place, proto: int, message: bytes, number: int) -> list[bytes]:
    """Two fragments: a header of options so long that the first one ends within it, and the message in the second one."""
    padding = b"".join(struct.pack("!BB", 1, 252) + bytes(252) for _ in range(5)) + struct.pack("!BB", 1, 6) + bytes(6)
    whole = struct.pack("!BB", proto, (2 + len(padding)) // 8 - 1) + padding + message
    assert (2 + len(padding)) % 8 == 0
    out = []
    for at, data in ((0, whole[:1240]), (1240, whole[1240:])):
        head = struct.pack("!BBHI", 60, 0, at | (at == 0), 90 + number)
        out.append(eth(place.a.mac, ALL_NODES_MAC, IPV6, ipv6(place.a.local, ALL_NODES, 44, head + data)))
    return out


def p10(place: Place) -> Case:
    """Tags."""
    a = place.a
    plain, shout = _says(place, a.ip), _says(place, a.ip, dst=BROADCAST)
    forged = [tagged(frame, tag) for frame in (plain, shout) for tag in (0, 1, 2, 101, 4094, 4095, 0x2000)]
    forged += [tagged(plain, 1, 101), tagged(plain, 0, 0), tagged(plain, 5, kind=0x88A8), tagged(shout, 5, kind=0x9100)]
    return Case(forged, [plain, shout])


CASES: dict[str, Callable[[Place], Case]] = {case.__name__: case for case in (p1, p2, p3, p4, p5, p6, p7, p8, p9, p10)}


def play(case: Case, sender: Wire, listener: Wire, seconds: float = 3.0) -> list[str]:
    """Send it all; what went wrong. What is allowed is sent last, and again until it came, so that what would come has come."""
    listener.heard()
    sender.send(*case.forbidden)
    heard: list[bytes] = []
    deadline = time.monotonic() + seconds
    while missing := [frame for frame in case.allowed if frame not in heard]:
        if time.monotonic() > deadline:
            break
        sender.send(*case.allowed)
        heard += listener.heard()
    wrong = [f"arrived: {frame.hex()}" for frame in case.forbidden if frame in heard]
    stripped = {frame[:12] + frame[16:] for frame in case.forbidden if frame[12:14] in (b"\x81\x00", b"\x88\xa8")}
    wrong += [f"arrived untagged: {frame.hex()}" for frame in heard if frame in stripped and frame not in case.allowed]
    return wrong + [f"did not arrive: {frame.hex()}" for frame in missing]
