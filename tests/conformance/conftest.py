"""What the tests of conformance share."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.cloud_under_test import clients

Definitions = dict[str, dict[str, dict[str, dict[str, Any]]]]
"""{alias: {collection: {attribute: {"post", "put", "default"?}}}}"""


@pytest.fixture(scope="session")
def definitions() -> Definitions:
    """What neutron_lib says."""
    environment = clients()
    environment.install()
    program = str(Path(__file__).with_name("definitions.py"))
    told = subprocess.run([environment.program("python"), program], capture_output=True, text=True, check=True).stdout
    return dict(json.loads(told))
