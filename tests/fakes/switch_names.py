"""Flows with ports' names in place of their numbers, which depend on the order in which they came."""

from __future__ import annotations

import re
from collections.abc import Mapping


def named(ports: Mapping[int, str], line: str) -> str:
    """The flow by names; outputs in order of names, those that are checked first end with `!`."""
    text = re.sub(r"load:(0x\w+)->NXM_NX_REG5\[\],resubmit\(,81\)", lambda found: f"output:{int(found[1], 0)}!", line)
    text = re.sub(r"(in_port=|output:)(\d+)", lambda found: found[1] + ports[int(found[2])], text)
    register = r"(reg5=|load:)(0x\w+)(?=[, ]|->NXM_NX_REG5)"
    text = re.sub(register, lambda found: found[1] + ports[int(found[2], 0)], text)
    return re.sub(r"output:[\w.!-]+(?:,output:[\w.!-]+)+", lambda run: ",".join(sorted(run[0].split(","))), text)
