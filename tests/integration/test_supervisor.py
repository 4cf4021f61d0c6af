"""The supervisor: what dies comes back, `pids` is always true, and its own death loses nothing."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.places import Places
from cli.process import Program, alive, inside
from cli.servers import await_true
from cli.supervision import Supervision


def sleeper(name: str, order: int = 0, seconds: int = 600) -> Program:
    return Program(name, ("/bin/sleep", str(seconds)), env={"PATH": "/bin"}, order=order)


@pytest.fixture
def supervision(tmp_path: Path) -> Iterator[Supervision]:
    places = Places.of(tmp_path)
    places.make()
    supervision = Supervision(places)
    yield supervision
    supervision.stop()


def pids(supervision: Supervision) -> dict[str, int]:
    """{name: pid} as other tools read it."""
    lines = (supervision.places.run / "pids").read_text().splitlines()
    return {name: int(pid) for name, _, pid in (line.partition("=") for line in lines)}


def eventually(what: str, check: Callable[[], bool]) -> None:
    await_true(what, check, 10)


def test_what_is_killed_comes_back_at_once_under_a_new_pid(supervision: Supervision) -> None:
    supervision.hand([sleeper("api"), sleeper("ipam")])
    eventually("both", lambda: {"api", "ipam", "supervisor"} == set(pids(supervision)))
    before = pids(supervision)
    os.kill(before["api"], signal.SIGKILL)
    eventually("a new api", lambda: pids(supervision).get("api", before["api"]) != before["api"])
    after = pids(supervision)
    assert alive(after["api"]) and after["ipam"] == before["ipam"]


def test_a_program_that_always_dies_does_not_hold_up_the_others(supervision: Supervision) -> None:
    supervision.hand([Program("broken", ("/bin/false",)), Program("absent", ("/no/such/program",)), sleeper("api", 1)])
    eventually("api", lambda: "api" in pids(supervision))
    log = supervision.places.log / "supervisor.log"
    eventually("several tries", lambda: log.read_text().count("broken started") >= 3)
    assert "absent cannot start" in log.read_text() and "broken cannot start" not in log.read_text()
    assert "broken ended, status 1" in log.read_text()


def test_a_killed_supervisor_is_followed_by_one_that_adopts_what_runs(supervision: Supervision) -> None:
    supervision.hand([sleeper("api"), sleeper("ipam")])
    eventually("both", lambda: len(pids(supervision)) == 3)
    before = pids(supervision)
    os.kill(before["supervisor"], signal.SIGKILL)
    eventually("its end", lambda: not supervision.running())
    os.kill(before["ipam"], signal.SIGKILL)
    supervision.hand(supervision.programs().values())
    eventually("both again", lambda: len(pids(supervision)) == 3)
    after = pids(supervision)
    assert after["api"] == before["api"] and after["ipam"] != before["ipam"]
    os.kill(after["api"], signal.SIGKILL)
    eventually("the adopted one restarted", lambda: pids(supervision).get("api", after["api"]) != after["api"])


@pytest.mark.parametrize("deaf", [False, True])
def test_a_server_starts_only_when_what_its_killed_parent_left_is_gone(supervision: Supervision, deaf: bool) -> None:
    """As PostgreSQL's backends, which hold the shared memory: a new postmaster would refuse to start beside them."""
    folder = supervision.places.run / "data"
    folder.mkdir()
    hearing = "signal.signal(signal.SIGQUIT, signal.SIG_IGN); " if deaf else ""
    argv = (sys.executable, "-c", f"import os, signal, time; {hearing}os.fork(); time.sleep(600)")
    quit = int(signal.SIGQUIT)
    server = Program("postgres", argv, cwd=str(folder), quick_stop=quit, stop_seconds=0.5, alone=True)
    guest = Program("somebody", ("/bin/sleep", "600"), cwd=str(folder))
    supervision.hand([server, guest])
    eventually("parent, child and guest", lambda: len(inside(folder)) == 3)
    before, here = pids(supervision), set(inside(folder))
    os.kill(before["postgres"], signal.SIGKILL)
    eventually("another parent and child", lambda: len(set(inside(folder)) - here) == 2)
    assert here & set(inside(folder)) == {before["somebody"]}, "whoever else is in the folder is left alone"
    assert (supervision.places.log / "supervisor.log").read_text().count("postgres started") == 2
    supervision.hand([])
    for left in inside(folder):  # the second one's child, which no supervisor knows
        os.kill(left, signal.SIGKILL)


def test_a_new_list_starts_the_new_and_ends_the_rest(supervision: Supervision) -> None:
    supervision.hand([sleeper("api"), sleeper("old"), sleeper("changed")])
    eventually("three", lambda: len(pids(supervision)) == 4)
    before = pids(supervision)
    supervision.hand([sleeper("api"), sleeper("new"), sleeper("changed", seconds=601)])
    eventually("the new set", lambda: {"api", "new", "changed"} == set(pids(supervision)) - {"supervisor"})
    after = pids(supervision)
    assert after["api"] == before["api"] and after["changed"] != before["changed"]
    assert not alive(before["old"])


def test_stop_ends_everything_also_what_a_killed_supervisor_left(supervision: Supervision) -> None:
    supervision.hand([sleeper("api"), sleeper("ipam", 1)])
    eventually("both", lambda: len(pids(supervision)) == 3)
    running = pids(supervision)
    os.kill(running["supervisor"], signal.SIGKILL)
    eventually("its end", lambda: not supervision.running())
    supervision.stop()
    assert not any(alive(pid) for pid in running.values())
    supervision.stop()


def test_secrets_in_environments_are_in_no_file_that_others_read(supervision: Supervision) -> None:
    program = Program("api", ("/bin/sleep", "600"), env={"NETLEDGER_AMQP_URL": "amqp://u:sesame@host/"})
    supervision.hand([program])
    eventually("api", lambda: "api" in pids(supervision))
    for path in supervision.places.run.rglob("*"):
        if path.is_file() and "sesame" in path.read_text():
            assert path.stat().st_mode & 0o077 == 0, path
