"""Quotas: limits that are set for a project, and back to the defaults. What is the default already may be set all the same.

Rules: Neutron 29's neutron/extensions/quotasv2.py, neutron/db/quota/driver.py.
"""

from __future__ import annotations

from libs.commands import ChangeQuota, ResetQuota
from libs.errors.quota import quota_not_found
from libs.eventlog.protocol import Change, Within
from libs.events import QuotaLimitChanged, QuotaReset
from libs.network.deciders.reading import change, changing, found
from libs.network.quota import UNLIMITED, quota_id
from libs.network.resources import stream_of
from libs.network.world import Decision, World


def needs(command: ChangeQuota | ResetQuota, world: World) -> tuple[str, ...]:
    """The project's quota."""
    return (stream_of("quota", quota_id(command.project_id)),)


def set_limits(command: ChangeQuota, world: World) -> Decision:
    """A fact for each limit that changes; guarded, if so wished, by what the project has."""
    resource = found(world, "quota", quota_id(command.project_id))
    now = resource.state.limits if resource else {}
    facts = tuple(
        QuotaLimitChanged(command.project_id, name, limit, now.get(name))
        for name, limit in sorted(command.limits.items())
        if now.get(name) != limit
    )
    stream = stream_of("quota", quota_id(command.project_id))
    if not facts:
        return Decision(touched=(stream,))
    guards = tuple(
        Within(one.resource, one.project_id, 0, one.after, fixed=True)
        for one in facts
        if command.checked and one.after != UNLIMITED
    )
    made = change(resource, facts) if resource else Change(stream, 0, facts)
    return Decision((made,), guards, (stream,))


def reset(command: ResetQuota, world: World) -> Decision:
    """Raises 404 when nothing was set."""
    resource = found(world, "quota", quota_id(command.project_id))
    if resource is None or not resource.state.limits:
        raise quota_not_found(command.project_id)
    return changing(resource, (QuotaReset(command.project_id, tuple(sorted(resource.state.limits))),))
