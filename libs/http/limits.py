"""How much a client may send and how long it may take: defaults of the security page, one value for the whole server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes and times in seconds; what passes them is 400, 408, 413, 414 or 431, never memory.

    connections_per_address counts open sockets of one client address; with `loopback_exempt` 127.0.0.0/8 and ::1 are not counted
    (auth mode none serves the lab and its benchmarks there). header_seconds and body_seconds are for the whole, not for one read.
    """

    line_bytes: int = 8192
    headers_bytes: int = 65536
    headers: int = 200
    body_bytes: int = 1 << 20
    bulk_bytes: int = 4 << 20
    json_depth: int = 25
    json_keys: int = 10_000
    bulk_keys: int = 50_000
    integer_digits: int = 20
    header_seconds: float = 30.0
    body_seconds: float = 60.0
    idle_seconds: float = 60.0
    write_seconds: float = 60.0
    connections: int = 1024
    connections_per_address: int = 64
    loopback_exempt: bool = True
