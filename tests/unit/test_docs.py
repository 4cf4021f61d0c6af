"""The generated pages say what the code says."""

from __future__ import annotations

from docs import generate


def test_the_page_of_events_is_current() -> None:
    assert (generate.HERE / "events.md").read_text() == generate.events_page(), "run python -m docs.generate"


def test_the_page_of_settings_is_current() -> None:
    assert (generate.HERE / "settings.md").read_text() == generate.settings_page(), "run python -m docs.generate"
