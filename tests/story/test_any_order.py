"""Whatever is asked of routers and floating IPs, in whatever order: layer 3 stays whole, or the request is refused."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.story.cloud import Cloud
from tests.story.layer3 import check_layer3
from tests.story.play import NAMES, Play

_steps = st.lists(
    st.tuples(st.sampled_from(NAMES), st.integers(0, 23), st.integers(0, 23)),
    min_size=5,
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(_steps)
def test_layer_3_stays_whole(steps: list[tuple[str, int, int]]) -> None:
    play = Play(Cloud())
    for name, a, b in steps:
        play.step(name, a, b)
    play.cloud.check()
    check_layer3(play.cloud)
