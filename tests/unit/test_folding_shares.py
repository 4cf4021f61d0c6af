"""A kind's streams split over processes: every stream lies in exactly one share."""

from __future__ import annotations

import uuid

import pytest

from libs.eventlog.folding import shares


@pytest.mark.parametrize("number", [1, 2, 3, 4, 16])
def test_every_stream_lies_in_exactly_one_share(number: int) -> None:
    parts = shares("port", number)
    assert len(parts) == number
    for byte in range(256):
        stream = f"port-{uuid.UUID(int=byte << 120)}"
        assert sum(one.low <= stream < one.high for one in parts) == 1


def test_other_kinds_lie_in_no_share() -> None:
    for stream in ("network-00", "subnet-ff", "portal-00", "agent-77"):
        assert not any(one.low <= stream < one.high for one in shares("port", 2))
