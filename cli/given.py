"""Servers that the environment gives: whether they can be used, said in one line without a secret."""

from __future__ import annotations

import re
from urllib.parse import unquote

import psycopg2

from libs.config import BadSetting

_PASSWORD = re.compile(r"[a-z]+://[^:@/]*:(.*)@")


def check_database(name: str, url: str) -> None:
    """Connect once to the database whose URL is in the variable `name`. Raises BadSetting saying why it cannot be used."""
    match = _PASSWORD.match(url)
    password = match[1] if match else ""
    if re.search(r"[@/:?#]", password):
        raise BadSetting(f"{name}: write @ / : ? # in its password as %40 %2F %3A %3F %23")
    try:
        psycopg2.connect(url, connect_timeout=10).close()
    except psycopg2.OperationalError as error:
        raise BadSetting(f"{name}: {_without(password, ' '.join(str(error).split()))}") from None
    except psycopg2.Error:  # its text would hold the URL
        raise BadSetting(f"{name} is no URL of PostgreSQL: postgresql://USER:PASSWORD@HOST:PORT/DATABASE") from None


def _without(password: str, text: str) -> str:
    """`text` with the password taken out, as it was given and as it is meant."""
    for secret in filter(None, {password, unquote(password)}):
        text = text.replace(secret, "***")
    return text
