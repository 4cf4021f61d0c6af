"""The generated pages say what the code says."""

from __future__ import annotations

import re

from cli.places import ROOT
from docs import generate


def test_the_page_of_events_is_current() -> None:
    assert (generate.HERE / "events.md").read_text() == generate.events_page(), "run python -m docs.generate"


def test_the_page_of_settings_is_current() -> None:
    assert (generate.HERE / "settings.md").read_text() == generate.settings_page(), "run python -m docs.generate"


def test_the_readme_lists_the_packages_that_are_installed() -> None:
    wrapper = (ROOT / "netledger").read_text()
    listed = wrapper.partition("<<LIST\n")[2].partition("LIST\n")[0].splitlines()
    installed = {line.split()[1] for line in listed} | set(
        re.findall(r"\|\| echo ([a-z0-9-]+)$", wrapper, re.MULTILINE)
    )
    said = (ROOT / "README.md").read_text().partition("Debian packages, which")[2]
    assert {"postgresql", "haproxy", "python3-venv", "dnsmasq-base"} <= installed
    assert set(re.findall(r"`([a-z0-9-]+)`", said)) == installed
