"""Random RBAC policies about the networks of the histories."""

from __future__ import annotations

from hypothesis import strategies as st

from libs.commands import Command, CreateRbacPolicies, DeleteRbacPolicy, NewRbacPolicy, UpdateRbacPolicy
from tests.unit.people import THEM, US, uuid_of

_policies = st.integers(0, 3).map(lambda n: uuid_of(700 + n))
_networks = st.integers(0, 2).map(lambda n: uuid_of(100 + n))
_targets = st.sampled_from(["*", US, THEM, "3" * 32])
_actions = st.sampled_from(["access_as_shared", "access_as_external"])
_new = st.builds(NewRbacPolicy, _policies, st.just(US), st.just("network"), _networks, _actions, _targets)

commands: st.SearchStrategy[Command] = st.one_of(
    st.lists(_new, min_size=1, max_size=2).map(lambda many: CreateRbacPolicies(tuple(many))),
    st.builds(lambda id, target: UpdateRbacPolicy(id, {"target_project": target}), _policies, _targets),
    st.builds(DeleteRbacPolicy, _policies),
)
OWN_IDS: dict[type, tuple[str, ...]] = {NewRbacPolicy: ("rbac_policy_id",)}
