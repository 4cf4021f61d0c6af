"""docker-compose.yml as a test reads it: variables filled in, nothing else changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from cli.places import ROOT

FILE = ROOT / "docker-compose.yml"
OURS = ("ipam", "topology", "api", "agent_ovs", "agent_dhcp", "agent_l3")
"""The services that are programs of ours and run for ever."""
_VARIABLE = re.compile(r"\$\{(\w+):-([^${}]*)\}")


def declared(environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The whole file with `${NAME:-default}` filled in from `environ`. Raises AssertionError for another form of variable."""
    whole: dict[str, Any] = _filled(yaml.safe_load(FILE.read_text()), environ or {})
    return whole


def _filled(value: Any, environ: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(one, environ) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, environ) for one in value]
    if isinstance(value, str):
        text = _VARIABLE.sub(lambda match: environ.get(match[1]) or match[2], value)
        assert "$" not in text, f"a variable without a default: {value}"
        return text
    return value


def mounted(service: Mapping[str, Any], whole: Mapping[str, Any]) -> dict[str, str]:
    """{path in the container: path on the host, relative to the clone} of a service's secrets, configs and bind mounts."""
    found = {}
    for kind, folder in (("secrets", "/run/secrets"), ("configs", "")):
        for use in service.get(kind, []):
            use = {"source": use} if isinstance(use, str) else use
            found[use.get("target") or f"{folder}/{use['source']}"] = whole[kind][use["source"]]["file"]
    for volume in service.get("volumes", []):
        if isinstance(volume, str) and volume.startswith(("./", "/")):
            source, target = volume.split(":")[:2]
            found[target] = source
    return found
