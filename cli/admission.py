"""`./netledger enrol`: a host's agents get broker users of their own, or lose them; each URL goes into a file of mode 0600."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

from cli.backing import Backing, Misused
from cli.places import Places
from cli.supervision import Supervision
from libs import bootstrap, enrol
from libs.bus.names import KINDS, agent_user

Say = Callable[[str], None]
TYPES = {short: agent_type for agent_type, short in KINDS.items()}


def admit(places: Places, host: str, agents: Sequence[str], folder: Path, say: Say) -> None:
    """Enrol these agents (`ovs`, `dhcp`, `l3`) of a host anew: new passwords, and what was revoked is allowed again.

    Writes `folder/<user>.url`, mode 0600, for NETLEDGER_AMQP_URL_FILE on the host. Raises EnrolmentFailed, Misused.
    """
    backing = _backing(places, host)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for short in agents:
        user, password = agent_user(TYPES[short], host), secrets.token_urlsafe(32)
        enrol.agent(backing.amqp_admin_url, TYPES[short], host, password, backing.vhost)
        path = folder / f"{user}.url"
        _write(path, backing.amqp_url_of(user, quote(password, safe="")) + "\n")
        say(f"{user}: {path}")


def revoke(places: Places, host: str, agents: Sequence[str], say: Say) -> None:
    """Cut these agents off and keep their names taken. Raises EnrolmentFailed, Misused."""
    backing = _backing(places, host)
    for short in agents:
        enrol.revoke(backing.amqp_admin_url, TYPES[short], host, backing.vhost)
        say(f"{agent_user(TYPES[short], host)}: revoked")


def token(places: Places, hosts: str, hours: float, folder: Path, say: Say) -> None:
    """Write a bootstrap token for hosts of this name, or whose names begin with what is before `*`. Raises Misused."""
    if not hosts.isascii() or not hosts.removesuffix("*").replace("-", "").replace(".", "").isalnum():
        raise Misused(
            "name a host, or the beginning of hosts' names and *; a token for every host there may be is none"
        )
    if not 0 < hours <= 24 * 366:
        raise Misused("a token is good for some hours, a year at most")
    signed = bootstrap.sign(places.password("enrolment-key"), hosts, int(time.time() + hours * 3600))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"bootstrap-{secrets.token_hex(4)}.token"
    _write(path, signed + "\n")
    say(f"hosts {hosts}, {hours:g} hours: {path}; the service's key: {places.secrets / 'enrolment-key'}")


def _backing(places: Places, host: str) -> Backing:
    if not 0 < len(host) <= 255 or not (host.isascii() and host.isprintable()) or " " in host:
        raise Misused("a host's name has 1 to 255 letters, digits, dots and dashes, as Nova knows it")
    backing = Backing(places)
    if not backing.gives_broker and not Supervision(places).running():
        raise Misused(
            "nothing runs here: start it with ./netledger up, or set NETLEDGER_AMQP_URL and NETLEDGER_AMQP_ADMIN_URL"
        )
    backing.prepare(Supervision(places))
    return backing


def _write(path: Path, text: str) -> None:
    """Whole or not at all, for its owner alone from the first byte."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.rename(path)
