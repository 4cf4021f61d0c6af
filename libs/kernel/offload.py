"""Checksum and segmentation offload of an interface, by the ethtool ioctl; interfaces are those of the caller's namespace.

Why off: the userspace datapath of Open vSwitch sees a sender's packets before checksums are filled in, so UDP and TCP over a
veth break silently while ping works.
"""

from __future__ import annotations

import array
import fcntl
import socket
import struct

_SIOCETHTOOL = 0x8946
# (get, set) commands of linux/ethtool.h: segmentation goes first, it depends on checksums
_FEATURES = {"tso": (0x1E, 0x1F), "gso": (0x23, 0x24), "gro": (0x2B, 0x2C), "tx": (0x16, 0x17)}


def _ioctl(interface: str, command: int, value: int) -> int:
    data = array.array("B", struct.pack("II", command, value))
    address, _ = data.buffer_info()
    request = struct.pack("16sP", interface.encode(), address)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        fcntl.ioctl(handle, _SIOCETHTOOL, request)
    return int(struct.unpack("II", data.tobytes())[1])


def switch_off(interface: str) -> list[str]:
    """Switch off what is on; returns the features that were. Raises OSError when there is no such interface."""
    on = [name for name, (get, _) in _FEATURES.items() if _ioctl(interface, get, 0)]
    for name in on:
        _ioctl(interface, _FEATURES[name][1], 0)
    return on
