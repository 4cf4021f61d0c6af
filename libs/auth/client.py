"""Asks Keystone about tokens, as a service user of our own; keystoneauth1 does the talking, greenly where sockets are patched.

No token and no password gets into a text: keystoneauth1's own log is off, and of its errors only the kind is told.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Semaphore
from typing import Any

from keystoneauth1 import session
from keystoneauth1.exceptions import ClientException, HttpError
from keystoneauth1.identity import v3

from libs.auth.cache import Flights
from libs.auth.identity import Away, Refused, Verdict, identity_of

LOG = logging.getLogger(__name__)
AT_ONCE = 16
"""Questions that may be on their way at a time; more wait for their turn."""

PAUSE_SECONDS = 1.0
"""How long Keystone is left alone after it did not answer; whoever comes meanwhile is told so at once."""

_REFUSES_US = "Keystone refuses netledger's own user"


@dataclass(frozen=True, slots=True)
class Login:
    """Where Keystone is (`url` ends in /v3), and who we are there; names, not ids."""

    url: str
    username: str
    password: str
    project: str
    user_domain: str
    project_domain: str


class KeystoneClient:
    """`validate` answers within about `seconds` a step; `verify`: as in requests, a CA file or True. Side effect: keystoneauth1 logs
    no more."""

    def __init__(
        self, login: Login, seconds: float, verify: str | bool = True, ticks: Callable[[], float] = time.monotonic
    ) -> None:
        logging.getLogger("keystoneauth").setLevel(logging.CRITICAL)  # what it would say of a retry, we say once
        self._url, self._seconds, self._ticks = f"{login.url}/auth/tokens", seconds, ticks
        self._us = v3.Password(
            auth_url=login.url,
            username=login.username,
            password=login.password,
            project_name=login.project,
            user_domain_name=login.user_domain,
            project_domain_name=login.project_domain,
            include_catalog=False,
        )
        # A redirect would carry the tokens to wherever it points.
        self._session = session.Session(
            auth=self._us, verify=verify, timeout=seconds, redirect=False, app_name="netledger"
        )
        self._turns, self._sign_ins = Semaphore(AT_ONCE), Flights[Away | None](Away("the sign-in was interrupted"))
        self._away: Away | None = None
        self._asleep_until = 0.0

    def validate(self, token: str, late: bool) -> Verdict:
        """What Keystone says of `token`; `late`: one that expired lately (in allow_expired_window) will do. Raises nothing."""
        if self._away is not None and self._away.lasting and self._ticks() < self._asleep_until:
            return self._away
        if not self._turns.acquire(timeout=self._seconds):
            return Away("too many callers are unknown")
        try:
            return self._noted(self._asked(token, late))
        finally:
            self._turns.release()

    def _asked(self, token: str, late: bool) -> Verdict:
        for _ in range(2):  # our own token may have been revoked, or Keystone's keys changed
            failed = self._sign_ins.run(b"", self._sign_in)
            if failed is not None:
                return failed
            ours = self._us.auth_ref
            try:
                reply = self._get(token, late, (ours.auth_token if ours is not None else None) or "")
            except ClientException as error:
                return _no_answer(error)
            if reply.status_code != 401:
                return _verdict_of(reply)
            if self._us.auth_ref is ours:  # nobody else renewed it meanwhile
                self._us.invalidate()
        return Away(_REFUSES_US, True)

    def _sign_in(self) -> Away | None:
        """Get a token of our own where there is none that lasts for two minutes more."""
        try:
            self._us.get_access(self._session)
        except HttpError as error:
            return Away(_REFUSES_US, True) if error.http_status in (401, 403) else _no_answer(error)
        except Exception as error:  # an answer that is none of Keystone's raises what it likes
            return _no_answer(error)
        return None

    def _get(self, token: str, late: bool, ours: str) -> Any:
        return self._session.get(
            f"{self._url}?nocatalog{'&allow_expired=1' if late else ''}",
            headers={"X-Subject-Token": token, "X-Auth-Token": ours, "Accept": "application/json"},
            authenticated=False,
            raise_exc=False,
            log=False,
            connect_retries=1,  # a connection that was kept may have been closed at the other end
            connect_retry_delay=0.05,
        )

    def _noted(self, verdict: Verdict) -> Verdict:
        """Remember whether Keystone is there, and tell the log when that changes."""
        away = verdict if isinstance(verdict, Away) else None
        if away is not None and away.lasting:
            self._asleep_until = self._ticks() + PAUSE_SECONDS
        if away != self._away:
            LOG.warning("%s", away.reason if away is not None else "Keystone answers again")
            self._away = away
        return verdict


def _verdict_of(reply: Any) -> Verdict:
    if reply.status_code == 404:
        return Refused()
    if reply.status_code == 403:
        return Away("Keystone does not let netledger's own user ask about tokens", True)
    if reply.status_code != 200:
        return Away(f"Keystone answers with status {reply.status_code}")
    try:
        return identity_of(reply.json())
    except ValueError:
        return Away("Keystone's answer describes no token")


def _no_answer(error: Exception) -> Away:
    return Away(f"Keystone does not answer ({type(error).__name__})", True)
