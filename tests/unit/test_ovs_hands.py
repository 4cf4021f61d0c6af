"""The hands: a child that works for many callers, may die, and ends with its agent; in a plain process and in a green one."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from libs.config import Settings
from libs.kernel.hands import Hands, HandsLost, KernelRefused

MODULES = ("tests.fakes.hands_verbs", "tests.fakes.hands_other")


def _until(what: object) -> None:
    deadline = time.monotonic() + 10
    while not what():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_verbs_answer_refuse_and_are_missed() -> None:
    hands = Hands(Settings(), modules=MODULES)
    try:
        assert hands.call("fake.double", number=21) == 42
        with pytest.raises(KernelRefused, match="ZeroDivisionError"):
            hands.call("fake.divide", number=0)
        with pytest.raises(KernelRefused, match="no such verb"):
            hands.call("fake.nothing")
        assert hands.call("fake.double", number=1) == 2, "it lives on"
    finally:
        hands.close()


def test_many_callers_at_once_get_their_own_answers_and_modules_do_not_wait_for_each_other() -> None:
    hands, answers = Hands(Settings(), modules=MODULES), dict[int, int]()
    try:
        slow = threading.Thread(target=lambda: hands.call("other.wait", seconds=1.0))
        slow.start()
        callers = [
            threading.Thread(target=lambda n=n: answers.update({n: hands.call("fake.double", number=n)}))
            for n in range(50)
        ]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        assert answers == {n: 2 * n for n in range(50)} and slow.is_alive()
        slow.join()
    finally:
        hands.close()


def test_a_dead_child_is_told_of_and_the_next_call_starts_another() -> None:
    told: list[str] = []
    hands = Hands(
        Settings(), modules=MODULES, on_lost=lambda: told.append("lost"), on_restart=lambda: told.append("restart")
    )
    try:
        with pytest.raises(HandsLost):
            hands.call("fake.die")
        _until(lambda: told == ["lost"])
        assert hands.call("fake.double", number=2) == 4
        assert told == ["lost", "restart"]
        first = hands.pid
        assert first is not None
        os.kill(first, 9)
        _until(lambda: told == ["lost", "restart", "lost"])
        assert hands.call("fake.double", number=3) == 6 and hands.pid != first
    finally:
        hands.close()


def test_a_child_that_does_not_answer_is_ended() -> None:
    hands = Hands(Settings(), modules=MODULES, deadline_seconds=2)
    try:
        with pytest.raises(HandsLost, match="2 s"):
            hands.call("other.wait", seconds=60)
        assert hands.call("fake.double", number=2) == 4
    finally:
        hands.close()
    with pytest.raises(HandsLost):
        hands.call("fake.double", number=2)


def test_what_verbs_tell_unasked_arrives_before_their_answer() -> None:
    told: list[dict[str, object]] = []
    hands = Hands(Settings(), told.append, modules=MODULES)
    try:
        for number in range(20):
            hands.call("other.tell", text=f"{number}\n")
            assert told[-1] == {"text": f"{number}\n"}
    finally:
        hands.close()


def test_prints_of_a_verb_do_not_break_the_wire() -> None:
    hands = Hands(Settings(), modules=MODULES)
    try:
        assert hands.call("fake.chat") == "fine"
    finally:
        hands.close()


def test_the_child_knows_no_secret_of_its_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETLEDGER_AMQP_URL", "amqp://me:secret@host/")
    hands = Hands(Settings(), modules=MODULES)
    try:
        assert not [value for value in hands.call("fake.environment").values() if "secret" in value]
    finally:
        hands.close()


def test_the_child_ends_when_its_agent_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys; from libs.config import Settings; from libs.kernel.hands import Hands\n"
        f"hands = Hands(Settings(), modules={MODULES!r}); hands.call('fake.double', number=1)\n"
        "print(hands.pid, flush=True); sys.stdin.read()"
    )
    agent = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert agent.stdout is not None
    child = Path("/proc", agent.stdout.readline().strip())
    assert child.exists()
    agent.kill()
    agent.wait()
    _until(lambda: not child.exists() or "State:\tZ" in (child / "status").read_text())


def test_all_of_it_holds_under_eventlet_too() -> None:
    if "eventlet" in os.environ.get("HANDS_TEST", ""):
        pytest.fail("already inside")
    program = (
        "import warnings; warnings.filterwarnings('ignore')\n"
        "import eventlet; eventlet.monkey_patch()\n"
        "import sys, pytest; sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', sys.argv[1], '-k', 'not eventlet']))"
    )
    environ = {**os.environ, "HANDS_TEST": "eventlet"}
    done = subprocess.run(
        [sys.executable, "-c", program, __file__], env=environ, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
