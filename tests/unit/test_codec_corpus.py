"""The frozen corpus: facts as they were once stored. Whatever the code becomes, it must read them all.

`tests/corpus/events.jsonl` only grows. Who adds lines adds a row to FROZEN; who changes or removes one is told here.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from libs import codec

LINES = (Path(__file__).parents[1] / "corpus" / "events.jsonl").read_text().splitlines(keepends=True)
PREFIX, MIDDLE = '{"type":"', '","data":'

FROZEN = [
    (45, "1e920a98f646237f20f791540cff67b10570ebe0955cf74307ad34137a8ff14c"),
    (73, "80632f6022ee970df20584cccefb360e218e99da455dfebd74ab786b8c072cca"),
    (74, "7cf6603427a7755e90604c3f2130065a3b9dbc99b15d6a898e09e71b5f7ae3f6"),
    (76, "2b59c04490b1d8a68ce9b6ab4b093688d22832c0ed2a910aee54cc7a3b10c70b"),
    (81, "e24bf337236ce21e344d95b990236e20a22ca2a608a5a3993f52e966457de5fc"),
    (101, "852e25fe04094a1d7d8b26a1de70a2d210e87ab2d31f77d4bd8b32ddc4a099b9"),
    (112, "1e3259214bf9825991eec053052d85aa57e5b8c80a14a2c396aab41b88954d16"),
    (118, "3caadd3d43aadbc8005389263ab803755234813867b240942cb2a030ef6c76e1"),
    (121, "c8c1e2b9de9d10d0bb73437caf609333031caac7b8d40e75dd89fde10dcde799"),
    (127, "9bb426e168369f26a8917bc6b036707410eea2163c0db668cef7c7fad17f8668"),
    (159, "52bbbfb3cf53d56954250c006cb1183b6efa79dde8e6f5c4a8eeaee3ec0f3811"),
    (161, "2ec9f94a65d9d1e5161542c0d4a11c8a036409799a0934990ee2b5909f945885"),
    (163, "dad121b29773b1c90641522950c98284d0a0248ac26f2d97a11782cfdacbeded"),
]
"""(number of lines, sha256 of these first lines)"""


def parts(line: str) -> tuple[str, str]:
    """(type name, stored text) of a line."""
    name, _, text = line.strip().removeprefix(PREFIX).partition(MIDDLE)
    return name, text.removesuffix("}")


def test_the_corpus_only_grows() -> None:
    for count, digest in FROZEN:
        assert hashlib.sha256("".join(LINES[:count]).encode()).hexdigest() == digest
    assert len(LINES) == FROZEN[-1][0]


def test_every_event_type_has_an_example() -> None:
    assert {parts(line)[0] for line in LINES} >= set(codec.EVENT_TYPES)


def all_of(data: Any, whole: Any) -> bool:
    """Whether `whole` says everything that `data` says; it may have more fields."""
    if isinstance(data, dict):
        return isinstance(whole, dict) and all(key in whole and all_of(data[key], whole[key]) for key in data)
    return bool(data == whole)


@pytest.mark.parametrize("line", LINES, ids=lambda line: parts(line)[0])
def test_every_stored_fact_is_read_and_written_again_as_it_was(line: str) -> None:
    name, text = parts(line)
    event = codec.decode(name, text)
    again_name, again = codec.encode(event)
    if again_name != name:
        assert name in codec.UPCASTERS, "an older shape needs an upcaster"
        return
    assert all_of(json.loads(text), json.loads(again)), "a field that was stored is no longer written"
    if set(json.loads(text)) == set(json.loads(again)):
        assert again == text


def test_the_newest_shape_of_every_type_is_frozen() -> None:
    """A field added to an event wants a new line in the corpus."""
    exact = {name for name, text in map(parts, LINES) if codec.encode(codec.decode(name, text)) == (name, text)}
    assert exact == set(codec.EVENT_TYPES)
