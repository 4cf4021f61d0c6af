"""What goes to nftables, sysctls and the wire is what it should be, or is refused; whatever a caller hands over."""

from __future__ import annotations

import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.kernel.announce import frames
from libs.kernel.names import checked_device, checked_namespace, checked_sysctl, checked_value
from libs.kernel.nat import checked
from libs.materialise.l3 import nft
from libs.materialise.l3.objects import Nat, Scopes

MAC = bytes.fromhex("fa163e00000a")
ADDRESSES = st.ip_addresses(v=4).map(str)
APART = (("qg-6f1b9c1e-90", "qr-6f1b9c1e-80"), ("qr-6f1b9c1e-81",))
SCOPES = st.sampled_from([Scopes(), Scopes(APART, (), APART[1]), Scopes((), APART), Scopes(APART, APART)])
ROUTERS = st.builds(Nat, ADDRESSES, st.booleans(), st.dictionaries(ADDRESSES, ADDRESSES, max_size=5), SCOPES)


@given(ROUTERS, ROUTERS)
def test_every_text_that_is_rendered_passes(before: Nat, after: Nat) -> None:
    assert checked(nft.text(before)) == nft.text(before)
    change = nft.change(after, nft.ruleset(before))
    assert change is None or checked(change.text) == change.text


@pytest.mark.parametrize(
    "text",
    [
        "flush ruleset\n",
        "list ruleset\n",
        "delete table ip other\n",
        "delete table ip netledger; flush ruleset\n",
        "delete table ip netledger\nflush ruleset\n",
        'include "/etc/shadow"\n',
        'table ip netledger {\n  include "/etc/shadow"\n}\n',
        "define x = 1\n",
        "add element ip netledger fip_dnat { 1.2.3.4 : 5.6.7.8 }; flush ruleset\n",
        "add element ip netledger fip_dnat { 1.2.3.4 : 5.6.7.8 } ; flush ruleset ; add table ip x { }\n",
        "add element ip other fip_dnat { 1.2.3.4 : 5.6.7.8 }\n",
        "add element ip netledger fip_dnat { 1.2.3.4 : $x }\n",
        "table ip netledger {\n}\n}\n",
        "table ip netledger {\n  chain a {\n",
        "table ip netledger {\n} ; flush ruleset\n",
        "table ip netledger { } ; table ip x {\n}\n",
        "table ip netledger {\n} table ip x {\n}\n",
        "table ip netledger {\n  chain a {\n  } } table ip x { chain b {\n  }\n}\n",
        "add table ip netledger\\\nflush ruleset\n",
        "table ip netledger { # }\n}\n",
        "table ip netledgér {\n}\n",
    ],
)
def test_a_text_that_says_more_than_ours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="."):
        checked(text)


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "a b", "-x", "x\n", "ä", "x" * 300])
def test_names_that_are_none_are_refused(name: str) -> None:
    for check in (checked_namespace, checked_device, checked_sysctl, checked_value):
        with pytest.raises(ValueError, match="no "):
            check(name)


def test_names_as_we_make_them_pass() -> None:
    assert checked_namespace("qrouter-6f1b9c1e-8d6f-4d41-a0cf-3c0c7f0a9e11@compute1")
    assert checked_device("qr-6f1b9c1e-8d") and checked_device("tap6f1b9c1e-8d")
    assert checked_sysctl("net.ipv6.conf.qr-6f1b9c1e-8d.accept_ra") and checked_value("0")
    for key in ("kernel.panic", "net/ipv4/ip_forward", "net.ipv4..ip_forward", "net"):
        with pytest.raises(ValueError, match="no sysctl"):
            checked_sysctl(key)


def test_an_ipv4_address_is_announced_as_request_and_as_reply() -> None:
    raw = socket.inet_aton("198.51.100.100")
    told = [struct.unpack("!6s6sHHHBBH6s4s6s4s", frame) for frame in frames(MAC, "198.51.100.100")]
    assert [frame[7] for frame in told] == [1, 2]
    for frame in told:
        assert frame[:7] == (b"\xff" * 6, MAC, 0x0806, 1, 0x0800, 6, 4)
        assert (frame[8], frame[9], frame[11]) == (MAC, raw, raw)


@given(st.ip_addresses(v=6).map(str), st.binary(min_size=6, max_size=6))
def test_an_ipv6_address_is_announced_by_an_advertisement_with_a_true_checksum(address: str, mac: bytes) -> None:
    (frame,) = frames(mac, address)
    packet, raw = frame[14:], socket.inet_pton(socket.AF_INET6, address)
    source, to, body = packet[8:24], packet[24:40], packet[40:]
    assert (source, socket.inet_ntop(socket.AF_INET6, to), packet[7]) == (raw, "ff02::1", 255)
    assert (body[0], body[4] & 0xA0, body[8:24], body[24:]) == (136, 0xA0, raw, b"\x02\x01" + mac)
    words = struct.unpack("!36H", source + to + struct.pack("!II", len(body), 58) + body)
    total = sum(words)
    assert (total & 0xFFFF) + (total >> 16) in (0xFFFF, 0x1FFFE)
