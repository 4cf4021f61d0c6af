"""Tells Nova: one POST, with a service token where there is a Keystone. keystoneauth1 does the talking, greenly in a green process.

No token and no password gets into a text: keystoneauth1's own log is off, and of its errors only the kind is told.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from keystoneauth1 import session
from keystoneauth1.exceptions import ClientException
from keystoneauth1.identity import v3

from libs.auth.client import Login
from libs.nova.notices import Notice, Outcome, outcome_of


class NovaClient:
    """`tell` takes at most about `seconds` a step. login None: without a token. verify: as in requests, a CA file or True. Side
    effect: keystoneauth1 logs no more."""

    def __init__(self, url: str, seconds: float, login: Login | None = None, verify: str | bool = True) -> None:
        logging.getLogger("keystoneauth").setLevel(logging.CRITICAL)
        self._url, self._signs_in = f"{url.rstrip('/')}/os-server-external-events", login is not None
        us = None if login is None else _us(login)
        # A redirect would carry the token to wherever it points.
        self._session = session.Session(auth=us, verify=verify, timeout=seconds, redirect=False, app_name="netledger")

    def tell(self, notices: Sequence[Notice]) -> Outcome:
        """What became of them. Raises nothing."""
        try:
            reply = self._session.post(
                self._url,
                json={"events": [one.body() for one in notices]},
                headers={"Accept": "application/json"},
                authenticated=self._signs_in,
                raise_exc=False,
                log=False,
            )
        except ClientException as error:
            return Outcome(again=tuple(notices), unheard=f"Nova does not answer ({type(error).__name__})")
        except Exception as error:  # an answer that is none of HTTP's raises what it likes
            return Outcome(again=tuple(notices), unheard=f"Nova's answer cannot be read ({type(error).__name__})")
        return outcome_of(notices, reply.status_code, _json(reply))


def _us(login: Login) -> v3.Password:
    return v3.Password(
        auth_url=login.url,
        username=login.username,
        password=login.password,
        project_name=login.project,
        user_domain_name=login.user_domain,
        project_domain_name=login.project_domain,
        include_catalog=False,
    )


def _json(reply: Any) -> Any:
    try:
        return reply.json()
    except ValueError:
        return None
