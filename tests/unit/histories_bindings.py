"""Random moves of servers for the histories: further bindings of ports, activated, changed and removed; names."""

from __future__ import annotations

from hypothesis import strategies as st

from libs.commands import (
    ActivatePortBinding,
    AddPortBinding,
    ChangePortBinding,
    Command,
    RemovePortBinding,
    ReportWired,
)
from tests.unit.people import uuid_of

_ports = st.integers(0, 2).map(lambda n: uuid_of(300 + n))
_hosts = st.sampled_from(["compute1", "compute2", "broken"])
_profiles = st.sampled_from([{}, {"a": 1}])

owners = st.sampled_from(["", "compute:nova", "compute:nova"])
names = st.sampled_from(["", "", "web", "a.b", "web.openstacklocal.", "elsewhere.example."])

commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(AddPortBinding, _ports, _hosts, profile=_profiles),
    st.builds(AddPortBinding, _ports, _hosts, profile=_profiles),
    st.builds(
        ChangePortBinding, _ports, _hosts, st.fixed_dictionaries({}, optional={"host": _hosts, "profile": _profiles})
    ),
    st.builds(ActivatePortBinding, _ports, _hosts),
    st.builds(RemovePortBinding, _ports, _hosts),
    st.builds(ReportWired, _ports, _hosts, st.integers(1, 4), st.booleans()),
)
