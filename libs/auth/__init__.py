"""Who asks: from a request's headers to an Actor, in one of two modes, `none` and `keystone`."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from libs.auth.door import check_listening, guard_of, page_guard
from libs.auth.none import NoAuth
from libs.auth.protocol import Authenticator
from libs.config import BadSetting, Settings

__all__ = ["Authenticator", "authenticator_of", "check_auth", "check_listening", "guard_of", "page_guard"]
_NEEDED = ("keystone_url", "keystone_username", "keystone_password", "keystone_project")


def authenticator_of(settings: Settings) -> Authenticator:
    """That of NETLEDGER_AUTH; nothing is asked before the first request comes. Raises BadSetting."""
    check_auth(settings)
    return NoAuth(settings.default_project) if settings.auth == "none" else _keystone(settings)


def check_auth(settings: Settings) -> None:
    """Whether the mode has all that it needs, and listens where it may. Raises BadSetting; no text of it holds a secret."""
    check_listening(settings)
    if settings.auth != "keystone":
        return
    missing = [f"NETLEDGER_{name.upper()}" for name in _NEEDED if not getattr(settings, name)]
    if missing:
        raise BadSetting(f"NETLEDGER_AUTH=keystone needs {', '.join(missing)} too")
    for name in ("keystone_url", "keystone_public_url"):
        parts = urlsplit(getattr(settings, name))
        if parts.username is not None or parts.query or parts.fragment:
            raise BadSetting(f"NETLEDGER_{name.upper()}: expects scheme, host, port and path alone")


def _keystone(settings: Settings) -> Authenticator:
    # Here, not above: 10 MB and 0.2 s that mode none does without.
    from libs.auth.cache import Bounds, TokenCache
    from libs.auth.client import KeystoneClient, Login
    from libs.auth.keystone import KeystoneAuth

    url = versioned(settings.keystone_url)
    domains = (settings.keystone_user_domain, settings.keystone_project_domain)
    login = Login(url, settings.keystone_username, settings.keystone_password, settings.keystone_project, *domains)
    client = KeystoneClient(login, settings.keystone_seconds, _certificates(settings.keystone_ca_file))
    bounds = Bounds(settings.keystone_cache_tokens, settings.keystone_cache_seconds, settings.keystone_refused_seconds)
    return KeystoneAuth(TokenCache(client.validate, bounds), settings.keystone_public_url or settings.keystone_url)


def _certificates(path: str) -> str | bool:
    """What TLS is checked against: the file, or the usual certificates where there is none or it holds nothing."""
    return path if path and (not os.path.exists(path) or os.path.getsize(path)) else True


def versioned(url: str) -> str:
    """`http://host:5000` and `http://host:5000/v3/` -> what ends in /v3."""
    base = url.rstrip("/")
    return base if base.endswith("/v3") else f"{base}/v3"
