"""Auth mode `keystone`: the caller is whom Keystone says that X-Auth-Token belongs to.

Source: keystonemiddleware's auth_token (401 for a bad user or service token, expired tokens beside a service's), Neutron's rule that
everything is a project's (403 for tokens of another scope). Tokens with access rules are unknown to Keystone unless one says that one
can enforce them, which we cannot, so they are refused as in Neutron without `service_type`.
"""

from __future__ import annotations

import re

from libs.auth.cache import TokenCache
from libs.auth.identity import Away, Identity, Refused
from libs.auth.protocol import Header
from libs.errors import Refusal, unavailable
from libs.model import Actor

SERVICE = "service"
_TOKEN = re.compile(r"[!-~]{1,8192}")


class KeystoneAuth:
    """Tells callers by `cache`; strangers are told to ask Keystone at `uri`."""

    def __init__(self, cache: TokenCache, uri: str) -> None:
        self._cache, self._challenge = cache, f'Keystone uri="{uri}"'

    def actor(self, header: Header) -> Actor:
        """The caller. Raises Refusal 401 without a valid token, 403 when it is of no project, 503 when Keystone does not answer."""
        service = header("x-service-token")
        service_roles = self._identity(service).roles if service else ()
        user = self._identity(header("x-auth-token"), SERVICE in service_roles)
        if user.scope != "project":
            raise _out_of_scope(user.scope)
        return Actor(user.user, user.project, user.roles, user.domain, service_roles)

    def _identity(self, token: str, late: bool = False) -> Identity:
        token = token.strip()
        verdict = self._cache.verdict(token, late) if _TOKEN.fullmatch(token) else Refused()
        if isinstance(verdict, Away):
            raise unavailable(f"The caller cannot be identified now: {verdict.reason}")
        if isinstance(verdict, Refused):
            message = "The request you have made requires authentication."
            raise Refusal(401, "HTTPUnauthorized", message, self._challenge)
        return verdict


def _out_of_scope(scope: str) -> Refusal:
    text = f"The token is {'unscoped' if scope == 'unscoped' else f'of {scope} scope'}; a project's is needed"
    return Refusal(403, "PolicyNotAuthorized", text)
