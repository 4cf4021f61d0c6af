"""The message bus: services ask each other (Asking), feeds go to hosts (HostFeeds, AgentLink), requests come (agent_requests).

nameko carries the RPC and the services' life; `wire` is the connection below the rest. A broker that is away never blocks anyone
for longer than a deadline and never ends a process; everything is back within a second or two of its return.
"""

from libs.bus import quiet  # isort: skip # noqa: F401
from libs.bus.agent_link import AgentLink
from libs.bus.background import Background, Runs
from libs.bus.caller import Asking, Caller
from libs.bus.feeds import HostFeeds
from libs.bus.names import agent_user, parse_user
from libs.bus.requests import RequestConsumer, agent_requests
from libs.bus.wire import Away, Wire

__all__ = [
    "AgentLink",
    "Asking",
    "Away",
    "Background",
    "Caller",
    "HostFeeds",
    "RequestConsumer",
    "Runs",
    "Wire",
    "agent_requests",
    "agent_user",
    "parse_user",
]
