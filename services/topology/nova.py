"""Whether Nova is told anything, and how, from the settings."""

from __future__ import annotations

from libs.config import BadSetting, Settings
from services.topology.notifier import Nova

_NEEDED = ("keystone_url", "keystone_username", "keystone_password", "keystone_project")


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
        user = (settings.keystone_username, settings.keystone_password, settings.keystone_project)
        login = Login(versioned(settings.keystone_url), *user, *domains)
    return NovaClient(settings.nova_url, settings.nova_seconds, login, settings.keystone_ca_file or True)


def check_nova(settings: Settings) -> None:
    """Whether a service token can be had where one is needed. Raises BadSetting."""
    if not settings.nova_url or settings.auth != "keystone":
        return
    missing = [f"NETLEDGER_{name.upper()}" for name in _NEEDED if not getattr(settings, name)]
    if missing:
        raise BadSetting(f"NETLEDGER_NOVA_URL with NETLEDGER_AUTH=keystone needs {', '.join(missing)} too")
