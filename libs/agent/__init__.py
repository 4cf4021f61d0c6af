"""What every agent does on the bus, whatever it does on the host."""

from libs.agent.brain import Brain, Link
from libs.agent.pace import Pace
from libs.agent.runtime import AgentRuntime

__all__ = ["AgentRuntime", "Brain", "Link", "Pace"]
