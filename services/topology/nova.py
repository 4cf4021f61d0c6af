"""Whether Nova is told anything, and how, from the settings."""

from __future__ import annotations

from libs.config import BadSetting, Settings
from services.topology.notifier import Nova


def nova_of(settings: Settings) -> Nova | None:
    """None without NETLEDGER_NOVA_URL. Raises BadSetting."""
    check_nova(settings)
    if not settings.nova_url:
        return None
    # Here, not above: 10 MB and 0.2 s that a cloud without Nova does without.
    from libs.auth import versioned
    from libs.auth.client import Login
    from libs.nova.client import NovaClient

    login = None
    if settings.auth == "keystone":
        domains = (settings.keystone_user_domain, settings.keystone_project_domain)
        login = Login(versioned(settings.keystone_url), *_user(settings), *domains)
    return NovaClient(settings.nova_url, settings.nova_seconds, login, settings.keystone_ca_file or True)


def check_nova(settings: Settings) -> None:
    """Whether a token can be had where one is needed. Raises BadSetting; its text holds no secret."""
    if not settings.nova_url or settings.auth != "keystone":
        return
    missing = [] if settings.keystone_url else ["NETLEDGER_KEYSTONE_URL"]
    names = ("USERNAME", "PASSWORD", "PROJECT")
    missing += [f"NETLEDGER_NOVA_{name}" for name, value in zip(names, _user(settings), strict=True) if not value]
    if missing:
        raise BadSetting(f"NETLEDGER_NOVA_URL with NETLEDGER_AUTH=keystone needs {', '.join(missing)} too")


def _user(settings: Settings) -> tuple[str, str, str]:
    """(user, password, project): of its own, or as Keystone knows netledger."""
    if settings.nova_username:
        return settings.nova_username, settings.nova_password, settings.nova_project or settings.keystone_project
    return settings.keystone_username, settings.keystone_password, settings.keystone_project
