"""Bodies show free-form JSON in one order, however it was told: a rebuild from the log must give the same text."""

from __future__ import annotations

from libs.network.ordered import ordered


def test_two_tellings_of_one_thing_show_the_same_text() -> None:
    one = {"b": {"y": 1, "x": [{"q": 1, "p": 2}]}, "a": None}
    other = {"a": None, "b": {"x": [{"p": 2, "q": 1}], "y": 1}}
    assert str(ordered(one)) == str(ordered(other))


def test_lists_keep_their_order() -> None:
    assert ordered({"tunnel_types": ["vxlan", "gre"]}) == {"tunnel_types": ["vxlan", "gre"]}
