"""A pretended connection tracker: zones, who began, what belongs together. It forgets nothing."""

from __future__ import annotations

from dataclasses import replace

from tests.fakes.switch_packets import ICMP, ICMP6, Ip, Tracked

_PAIRS = {(ICMP, 8): 0, (ICMP, 0): 8, (ICMP, 13): 14, (ICMP, 14): 13, (ICMP6, 128): 129, (ICMP6, 129): 128}
_ERRORS = {ICMP: (3, 4, 5, 11, 12), ICMP6: (1, 2, 3, 4)}


class Tracking:
    """Connections by zone."""

    def __init__(self) -> None:
        self.zones: dict[int, set[Ip]] = {}

    def look(self, zone: int, packet: Ip | None) -> Tracked:
        """What is known of the connection of this packet."""
        assert packet is not None, "only IP is tracked"
        about = packet.error_of
        if about is not None and packet.ports[0] in _ERRORS.get(packet.proto, ()):
            return self._related(zone, packet, about)
        key = _key(packet)
        known, back = self.zones.get(zone, set()), _back(key)
        if back is not None and back in known:
            return Tracked(frozenset({"trk", "est", "rpl"}), back)
        if key in known:
            return Tracked(frozenset({"trk", "est"}), key)
        fine = packet.proto not in (ICMP, ICMP6) or packet.ports[0] in (8, 13, 128)
        return Tracked(frozenset({"trk", "new"} if fine else {"trk", "inv"}), key)

    def _related(self, zone: int, packet: Ip, about: Ip) -> Tracked:
        """An error goes back to who sent what it is about."""
        known, key = self.zones.get(zone, set()), _key(about)
        if key in known:
            return Tracked(frozenset({"trk", "rel", "rpl"}), key)
        back = _back(key)
        if back is not None and back in known:
            return Tracked(frozenset({"trk", "rel"}), back)
        return Tracked(frozenset({"trk", "inv"}), _key(packet))

    def commit(self, zone: int, packet: Ip | None) -> None:
        """Remember the connection that this packet began."""
        assert packet is not None
        self.zones.setdefault(zone, set()).add(_key(packet))


def _key(packet: Ip) -> Ip:
    return replace(packet, target="::", option="00:00:00:00:00:00", error_of=None, frag="no")


def _back(key: Ip) -> Ip | None:
    """The packet that this one would be an answer to."""
    if key.proto not in (ICMP, ICMP6):
        return replace(key, src=key.dst, dst=key.src, ports=key.ports[::-1])
    asked = _PAIRS.get((key.proto, key.ports[0]))
    return None if asked is None else replace(key, src=key.dst, dst=key.src, ports=(asked, key.ports[1]))
