"""The policy with an operator's own rules over the defaults: a file in YAML or JSON as oslo.policy reads it, once at the start."""

from __future__ import annotations

from pathlib import Path

from oslo_policy import policy as oslo

from libs.config import BadSetting, Settings
from libs.policy import RULES, BadPolicy, Policy, defaults


def policy_of(settings: Settings) -> Policy:
    """That of NETLEDGER_POLICY_FILE. Rules that netledger does not know are kept, since others may name them. Raises BadSetting."""
    path = settings.policy_file
    if not path:
        return defaults()
    try:
        own = _read(path)
        return Policy({**RULES, **own}, [name for name, text in own.items() if RULES.get(name) != text])
    except (BadPolicy, ValueError) as error:
        reason = " ".join(str(error).split())
        raise BadSetting(f"NETLEDGER_POLICY_FILE={path!r}: {reason}") from None
    except OSError as error:
        raise BadSetting(f"NETLEDGER_POLICY_FILE={path!r}: {error.strerror}") from None


def check_policy(settings: Settings) -> None:
    """Whether the file can be used. Raises BadSetting."""
    policy_of(settings)


def _read(path: str) -> dict[str, str]:
    """{rule: check string} of a file. Raises ValueError, OSError."""
    found = oslo.parse_file_contents(Path(path).read_text())
    if not isinstance(found, dict):
        raise ValueError("expects rules, NAME: CHECK")
    for name, text in found.items():
        if not isinstance(name, str) or not isinstance(text, str):
            raise ValueError(f"rule {str(name)!r}: expects a text")
    return found
