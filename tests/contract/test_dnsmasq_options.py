"""Whatever option a port may have, dnsmasq itself takes the line that is written for it: it is asked, not imitated."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

from libs.materialise.checked import Unrepresentable
from libs.materialise.dhcp.texts import port_option_line
from libs.model import DhcpOption
from libs.network.dhcp_options import NAMES_OF
from tests.fakes.dhcp_facts import an_id
from tests.fakes.dnsmasq_files import read_port_options

PIECES = (
    *("10.0.0.1", "fd00::1", "1", "255", "65535", "70000", "4294967295", "aa:bb", "ff", "abc", "a.b", "a.b.", "10", "1.2.3.4.5"),
    *("1/2", "[fd00::1]", "[ab]", "infinite", "10s", "5b", "7i", '"', "\\", "\\n", " ", "#", ";", "/", "/pxe/x", ",", "0x10"),
    *("http://x:80/a?b=c,d", "-1", "*", "tag:x", "10.0.0.0/8", "::", "e3", "0.0.0.0/0", "--", "_a", '\\"', "'", "$", "%", "@"),
)  # fmt: skip
NAMES = [(name, version) for version in (4, 6) for name in (*NAMES_OF[version].values(), *map(str, range(1, 255)))]


def a_value(dice: random.Random) -> str:
    """Something that is nearly a value, or nothing like one."""
    joint = dice.choice(("", "", ","))
    return joint.join(dice.choice(PIECES) for _ in range(dice.randint(1, 4)))


def test_dnsmasq_takes_every_option_line_and_we_read_it_as_it_was_meant(tmp_path: Path) -> None:
    dice, lines = random.Random(4), []
    while len(lines) < 5000:
        name, version = dice.choice(NAMES)
        try:
            lines.append(port_option_line(an_id(7), DhcpOption(name, a_value(dice), version)))
        except Unrepresentable:
            continue
    conf = tmp_path / "conf"
    conf.write_text("".join(f"dhcp-option={line.text()}\n" for line in lines))
    done = subprocess.run(["dnsmasq", "--test", f"--conf-file={conf}"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for line in lines:
        assert read_port_options(line.text()) == (line,)
