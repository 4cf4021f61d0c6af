"""Names that go to the kernel and its tools, by strict patterns: nothing else passes, whatever a caller hands over. Pure."""

from __future__ import annotations

import re

_NAMESPACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,200}")
_DEVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,14}")
_SYSCTL = re.compile(r"net(\.[a-z0-9][a-z0-9_-]*)+")
_VALUE = re.compile(r"[0-9]{1,10}")


def checked_namespace(name: str) -> str:
    """The name. Raises ValueError when it could not be a network namespace of ours."""
    return _checked(_NAMESPACE, "namespace", name)


def checked_device(name: str) -> str:
    """The name. Raises ValueError when it could not be a device of ours."""
    return _checked(_DEVICE, "device", name)


def checked_sysctl(key: str) -> str:
    """The key, such as `net.ipv4.ip_forward`. Raises ValueError when it is none of the network's."""
    return _checked(_SYSCTL, "sysctl", key)


def checked_value(text: str) -> str:
    """A sysctl's number. Raises ValueError for any other text."""
    return _checked(_VALUE, "sysctl value", text)


def _checked(pattern: re.Pattern[str], kind: str, text: object) -> str:
    if not isinstance(text, str) or not pattern.fullmatch(text):
        raise ValueError(f"no {kind}: {text!r}")
    return text
