"""One run before the services start: the database's schema and role, the broker's users. `python -m cli.prepare [AGENTS]`.

It needs the settings database_url, database_admin_url, amqp_url and amqp_admin_url. AGENTS is the folder of that name which
`cli.secret_files` made: the agents that have a URL there are enrolled. Safe to repeat: that is how a later version's schema and
later hosts come in.
"""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

from cli.enrolment import TYPES
from cli.secret_files import agent_urls
from libs import enrol, log
from libs.bus.names import agent_user
from libs.config import BadSetting, Settings, load
from libs.eventlog import schema

NEEDS = ("database_url", "database_admin_url", "amqp_url", "amqp_admin_url")


def prepare(settings: Settings) -> None:
    """Migrate, grant, and make the services' broker user. Raises OperationalError, EnrolmentFailed."""
    schema.upgrade(settings.database_admin_url, settings.database_url)
    print("the schema is up to date", flush=True)
    enrol.service(settings.amqp_admin_url, *_account(settings.amqp_url))
    print("the services' broker user is there", flush=True)


def enrol_agents(settings: Settings, folder: Path) -> None:
    """Create or renew the broker user of each agent that has a URL in `folder`. Raises BadSetting, EnrolmentFailed."""
    for host, program, url in agent_urls(folder):
        user, password = _account(url)
        if user != agent_user(TYPES[program], host):
            raise BadSetting(f"{folder}/{host}/{program}_url is of the user {user}, not of this host's agent")
        enrol.agent(settings.amqp_admin_url, TYPES[program], host, password)
        print(f"{program} of {host} is enrolled", flush=True)


def _account(url: str) -> tuple[str, str]:
    """(user, password) of a URL."""
    parts = urlsplit(url)
    return unquote(parts.username or ""), unquote(parts.password or "")


def main(arguments: list[str]) -> int:
    """The program; the exit code is its value: 2 for settings that cannot be used."""
    try:
        settings = load()
        log.setup(settings.log_level, "prepare")
        for need in NEEDS:
            if not getattr(settings, need):
                raise BadSetting(f"NETLEDGER_{need.upper()} must be set")
        prepare(settings)
        for folder in arguments:
            enrol_agents(settings, Path(folder))
    except BadSetting as error:
        print(f"netledger: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
