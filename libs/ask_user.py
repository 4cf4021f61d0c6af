"""`python -m libs.ask_user AGENT FILE`: before an agent's first start, ask for a broker user, for NETLEDGER_AMQP_URL_FILE=FILE.

Settings: host, enrol_url, enrol_token. AGENT: ovs, dhcp or l3. A FILE that is there is left as it is.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import requests

from libs.config import BadSetting, Settings, load

SECONDS = 15.0


def ask(settings: Settings, agent: str, path: Path) -> None:
    """Side effect: FILE, mode 0600, in a folder of mode 0700. Raises BadSetting, OSError (requests' errors among them)."""
    for need in ("host", "enrol_url", "enrol_token"):
        if not getattr(settings, need):
            raise BadSetting(f"NETLEDGER_{need.upper()} must be set")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        body = {"token": settings.enrol_token, "host": settings.host, "agent": agent}
        reply = requests.post(f"{settings.enrol_url}/v1/enrol", json=body, timeout=SECONDS, allow_redirects=False)
        if reply.status_code != 201:
            raise OSError(f"not enrolled: {reply.status_code} {reply.text[:200]}")
        file.write(reply.json()["amqp_url"] + "\n")
    draft.rename(path)


def main(arguments: list[str]) -> int:
    """The program; the exit code is its value: 1 when it was not enrolled, 2 when it was called wrongly."""
    if len(arguments) != 2:
        print("usage: python -m libs.ask_user ovs|dhcp|l3 FILE", file=sys.stderr)
        return 2
    try:
        if not Path(arguments[1]).exists():
            ask(load(), arguments[0], Path(arguments[1]))
    except (BadSetting, OSError) as error:
        print(f"netledger: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
