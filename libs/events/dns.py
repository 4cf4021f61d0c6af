"""Facts about names; on the streams of what has them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PortDnsNameChanged:
    """The name of its guest changed: a label or more below the port's domain, or (with a dot at the end) the whole name; empty: it
    is named by its address."""

    port_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class NetworkDnsDomainChanged:
    """The domain of its ports' names in an outer DNS changed; empty: none."""

    network_id: str
    before: str
    after: str
