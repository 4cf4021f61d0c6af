"""What is looked at before a request is: where the API listens, which pages and which callers come in at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from libs.auth.protocol import Authenticator
from libs.config import BadSetting, Settings
from libs.errors import Refusal
from libs.http.door import is_address, is_loopback

Guard = Callable[[Mapping[str, Any]], None]
OPEN = ("", "/", "/openapi.json")
"""Paths that strangers may ask for: which versions there are, and what the API looks like anywhere."""


def check_listening(settings: Settings) -> None:
    """Mode none believes everybody: it may be reached from this machine only. Raises BadSetting."""
    if settings.auth == "none" and not settings.api_public and not _is_here(settings.api_host):
        raise BadSetting(
            f"NETLEDGER_API_HOST={settings.api_host!r}: auth mode none believes every caller, so it listens on loopback only; "
            "NETLEDGER_API_PUBLIC=true allows it nevertheless"
        )


def guard_of(settings: Settings, authenticator: Authenticator) -> Guard:
    """What every request passes before its path and body are looked at: pages are kept out in mode none, strangers in every other."""
    return page_guard(settings) if settings.auth == "none" else token_guard(authenticator)


def token_guard(authenticator: Authenticator) -> Guard:
    """A look at a request's WSGI environ: raises Refusal 401, 403 or 503 unless its caller is known, so that a stranger
    neither learns which paths there are nor has a body read."""

    def guard(environ: Mapping[str, Any]) -> None:
        if environ["PATH_INFO"] not in OPEN:
            authenticator.actor(lambda name: environ.get("HTTP_" + name.upper().replace("-", "_"), ""))

    return guard


def page_guard(settings: Settings) -> Guard:
    """A look at a request's WSGI environ, before anything else: raises Refusal 403 for what a web page could have a browser send.

    Mode none believes whoever reaches it, and a page in the operator's browser reaches loopback. Browsers say the page's origin with
    what it writes, and a page whose name was made to point here (DNS rebinding) sends that name as Host.
    """

    def guard(environ: Mapping[str, Any]) -> None:
        host, origin = environ.get("HTTP_HOST", ""), environ.get("HTTP_ORIGIN", "")
        if origin and origin.partition("://")[2].lower() != host.lower():
            raise _from_elsewhere("The request comes from a web page of another origin")
        if host and not _is_ours(host, settings):
            raise _from_elsewhere(
                "The header Host names another host; NETLEDGER_API_NAMES says which names are the API's"
            )

    return guard if settings.auth == "none" else lambda environ: None


def _is_ours(host: str, settings: Settings) -> bool:
    """Whether a Host header (name or address, maybe with a port) means this machine, the address that the API listens on, or what
    the operator calls it. An address cannot be made to point elsewhere: where the API is public, any is taken."""
    name = (host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]).lower()
    names = {settings.api_host, *(one.lower() for one in settings.api_names)}
    return not names.isdisjoint((name, "*")) or _is_here(name) or (settings.api_public and is_address(name))


def _from_elsewhere(message: str) -> Refusal:
    return Refusal(403, "HTTPForbidden", message)


def _is_here(host: str) -> bool:
    """Whether `host` names this machine only; a name other than localhost may be anything."""
    return host == "localhost" or is_loopback(host)
