"""Refusals of quotas: texts as in Neutron (neutron_lib/exceptions/__init__.py, neutron/extensions/quotasv2.py). Pure."""

from __future__ import annotations

from libs.errors.refusal import Refusal


def over_quota(resource: str) -> Refusal:
    """409: the project would have more of this than it may."""
    return Refusal(409, "OverQuota", f"Quota exceeded for resources: {[resource]}.")


def limit_below_use(resource: str, limit: int, used: int) -> Refusal:
    """400: the project has more than the limit that it is to get."""
    text = f"Quota limit {limit} for {resource} must be greater than or equal to already used {used}"
    return Refusal(400, "HTTPBadRequest", text)


def quota_not_found(project_id: str) -> Refusal:
    """404: no limits were set for the project."""
    return Refusal(404, "TenantQuotaNotFound", f"Quota for project {project_id} could not be found.")
