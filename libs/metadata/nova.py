"""Nova's metadata API over HTTP."""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict

from libs.metadata.asking import ANSWER_BYTES, Guest, headers_for, status_for, target

CONNECT_SECONDS, READ_SECONDS = 5.0, 30.0
_POOL = 32


class NovaMetadata:
    """Asks Nova on behalf of guests; connections are shared between threads, nothing else is."""

    def __init__(self, base_url: str, secret: str) -> None:
        self._base_url, self._secret = base_url, secret
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy or netrc of the process's environment
        self._session.headers = CaseInsensitiveDict({"User-Agent": "netledger"})
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=_POOL))

    def ask(
        self, guest: Guest, address: str, method: str, path: str, query: str, body: bytes
    ) -> tuple[int, str, bytes]:
        """(status, content type, body) as the guest gets them. Raises OSError when Nova cannot be reached or says too much."""
        with self._session.request(
            method,
            target(self._base_url, path, query),
            headers=headers_for(guest, address, self._secret),
            data=body or None,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            allow_redirects=False,
            stream=True,
        ) as answer:
            text = answer.raw.read(ANSWER_BYTES + 1, decode_content=True)
            if len(text) > ANSWER_BYTES:
                raise OSError("Nova's answer is too long")
            status = status_for(answer.status_code)
            kind = answer.headers.get("Content-Type", "text/plain")
            return (status, kind, text) if status == answer.status_code else (status, "text/plain", b"")
