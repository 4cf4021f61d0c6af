"""Texts of the conformance Keystone: its configuration, and clients' of it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.conformance.people import PASSWORD

LOCK = Path(__file__).with_name("keystone.lock")
CLOUDS = (
    ("admin", "admin", "admin"),
    ("demo", "demo", "demo"),
    ("alt_demo", "alt_demo", "alt_demo"),
    ("reader", "demo_reader", "demo"),
    ("service", "nova", "service"),
)
"""(name, user, project)"""


def config(folder: Path) -> str:
    """keystone.conf. Password hashing is cheap, since tests make users by the hundred; one process caches for itself."""
    return f"""[DEFAULT]
log_file = {folder}/keystone.log
use_stderr = false
notification_format = basic
[database]
connection = sqlite:///{folder}/keystone.db
[token]
provider = fernet
expiration = 86400
[fernet_tokens]
key_repository = {folder}/fernet-keys
[fernet_receipts]
key_repository = {folder}/fernet-keys
[credential]
key_repository = {folder}/credential-keys
[identity]
password_hash_rounds = 4
[oslo_messaging_notifications]
driver = noop
[cache]
enabled = true
backend = oslo_cache.dict
expiration_time = 600
"""


def clouds(url: str) -> str:
    """clouds.yaml (JSON is YAML too)."""
    return json.dumps({"clouds": {name: _cloud(url, user, project) for name, user, project in CLOUDS}}, indent=1)


def _cloud(url: str, user: str, project: str) -> dict[str, object]:
    auth = {"auth_url": url, "username": user, "password": PASSWORD, "project_name": project}
    domains = {"user_domain_id": "default", "project_domain_id": "default"}
    return {"region_name": "RegionOne", "auth": auth | domains}
