"""Services ask each other over a real RabbitMQ, each in a process of its own under the real launcher."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.servers import PrivateRabbitMQ
from libs.bus import Caller
from libs.errors import Refusal
from libs.gather import Gather
from tests.fakes.launched import Launched

pytestmark = pytest.mark.broker
ECHO = "tests.fakes.bus_service"


def until(check: Callable[[], Any], seconds: float = 15.0) -> Any:
    """What `check` gives once it is neither false nor an exception."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if result := check():
                return result
        except Refusal:
            if time.monotonic() > deadline:
                raise
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def echo(broker: PrivateRabbitMQ) -> Iterator[Launched]:
    service = Launched(ECHO, settings={"amqp_url": broker.url})
    caller = Caller(broker.url, 1.0)
    until(lambda: caller.call("echo", "double", [1]))
    caller.close()
    yield service
    service.stop()


@pytest.fixture
def caller(broker: PrivateRabbitMQ, echo: Launched) -> Iterator[Caller]:
    one = Caller(broker.url, 2.0)
    yield one
    one.close()


def test_a_call_is_answered(caller: Caller) -> None:
    assert caller.call("echo", "double", [1, 2, 3]) == [2, 4, 6]


def test_a_service_asks_through_the_bus_itself(caller: Caller) -> None:
    assert caller.call("echo", "quadruple", [1, 2]) == [4, 8]


def test_a_lone_call_takes_about_a_millisecond(caller: Caller) -> None:
    caller.call("echo", "double", [1])
    times = []
    for number in range(100):
        start = time.perf_counter()
        caller.call("echo", "double", [number])
        times.append(time.perf_counter() - start)
    assert sorted(times)[50] < 0.02, "far above the 1 ms of a quiet machine"


def test_many_callers_each_get_their_own_answer(caller: Caller) -> None:
    calls: list[int] = []

    def call(items: list[int]) -> list[int]:
        calls.append(len(items))
        return list(caller.call("echo", "double", items))

    gather, wrong = Gather(call), []

    def worker(start: int) -> None:
        wrong.extend(number for number in range(start, start + 20) if gather.ask(number) != 2 * number)

    threads = [threading.Thread(target=worker, args=(index * 100,), daemon=True) for index in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert wrong == []
    assert sum(calls) == 320
    assert len(calls) < 200, "concurrent questions go together"


def test_a_slow_service_is_refused_at_the_deadline(broker: PrivateRabbitMQ, caller: Caller) -> None:
    hasty, start = Caller(broker.url, 0.3), time.monotonic()
    with pytest.raises(Refusal) as refused:
        hasty.call("echo", "slow", 1.0)
    hasty.close()
    assert refused.value.status == 503
    assert 0.3 <= time.monotonic() - start < 0.8


def test_a_service_that_never_ran_is_refused_at_once(caller: Caller) -> None:
    caller.call("echo", "double", [1])
    start = time.monotonic()
    with pytest.raises(Refusal, match="nobody is not running"):
        caller.call("nobody", "answer", [])
    assert time.monotonic() - start < 0.5


@pytest.mark.parametrize("method", ["fail", "unserializable", "no_such_method"])
def test_a_service_s_failure_is_its_own(caller: Caller, echo: Launched, method: str) -> None:
    with pytest.raises(Refusal, match="echo failed"):
        caller.call("echo", method)
    assert caller.call("echo", "double", [1]) == [2]
    assert echo.process.poll() is None


def test_a_stopped_replica_costs_time_but_no_answer(broker: PrivateRabbitMQ) -> None:
    service = Launched(ECHO, settings={"amqp_url": broker.url}, environ={"ECHO_NAME": "late"})
    try:
        caller = Caller(broker.url, 2.0)
        until(lambda: "late" in caller.call("echo", "who", [1]))
        service.signal(signal.SIGSTOP)
        for _ in range(6):  # every other one goes to the stopped one first
            assert caller.call("echo", "double", [1]) == [2]
        service.signal(signal.SIGCONT)
        until(lambda: "late" in caller.call("echo", "who", [1]))
        caller.close()
    finally:
        service.stop()


def test_replicas_share_the_questions_and_one_may_die(broker: PrivateRabbitMQ, caller: Caller) -> None:
    second = Launched(ECHO, settings={"amqp_url": broker.url}, environ={"ECHO_NAME": "second"})
    try:
        until(lambda: "second" in caller.call("echo", "who", [1]))
        second.signal(signal.SIGKILL)
        second.wait(5)
        start = time.monotonic()
        until(lambda: all(caller.call("echo", "who", [1]) == [""] for _ in range(4)))
        assert time.monotonic() - start < 3
    finally:
        second.stop()


def test_sigterm_ends_a_service_in_good_order_and_soon(broker: PrivateRabbitMQ) -> None:
    took = [seconds_to_end(broker) for _ in range(3)]
    assert max(took) < 3
    assert min(took) < 0.9, "a service that ends answers nobody, and the next one starts only after it"


def seconds_to_end(broker: PrivateRabbitMQ) -> float:
    service = Launched(ECHO, settings={"amqp_url": broker.url}, environ={"ECHO_NAME": "mortal"})
    try:
        caller = Caller(broker.url, 1.0)
        until(lambda: "mortal" in caller.call("echo", "who", [1]))
        caller.close()
        start = time.monotonic()
        service.signal(signal.SIGTERM)
        assert service.wait(5) == 0
        return time.monotonic() - start
    finally:
        service.stop()


@pytest.mark.parametrize(
    ("modules", "settings", "line"),
    [
        ((ECHO,), {"amqp_url": "amqp://x/", "rpc_seconds": "soon"}, "NETLEDGER_RPC_SECONDS='soon'"),
        ((ECHO,), {}, "NETLEDGER_AMQP_URL must be set for tests.fakes.bus_service"),
        (("services.nothing.service",), {}, "there is no module services.nothing.service"),
        ((ECHO,), {"amqp_url": "amqp://x/", "log_level": "loud"}, "LOUD"),
        ((), {}, "usage:"),
    ],
)
def test_a_bad_setting_is_one_clear_line_and_exit_2(
    modules: tuple[str, ...], settings: dict[str, str], line: str
) -> None:
    service = Launched(*modules, settings=settings)
    try:
        assert service.wait(20) == 2
        said = service.log().strip().splitlines()
        assert len(said) == 1
        assert line in said[0]
    finally:
        service.stop()


def test_logs_are_json_lines_without_secrets(broker: PrivateRabbitMQ) -> None:
    wrong = broker.url.replace("://netledger:", "://netledger:not")
    service = Launched(ECHO, settings={"amqp_url": wrong})
    try:
        until(lambda: "not connected to the broker" in service.log(), 10)
        lines = [json.loads(line) for line in service.log().splitlines()]
        assert all({"at", "level", "logger", "message", "process"} <= line.keys() for line in lines)
        assert lines[0]["process"] == "fakes"
        secret = broker.url.split(":")[2].split("@")[0]
        assert secret not in service.log()
    finally:
        service.stop()


def test_no_secret_stands_in_the_process_list(echo: Launched, broker: PrivateRabbitMQ) -> None:
    shown = subprocess.run(
        ["ps", "-o", "args=", "-p", str(echo.process.pid)], capture_output=True, text=True, check=True
    )
    assert "launch" in shown.stdout
    assert "amqp://" not in shown.stdout


def test_a_service_whose_work_fails_ends_its_process_so_that_it_is_started_again() -> None:
    service = Launched("tests.fakes.dying_service", settings={"amqp_url": "amqp://127.0.0.1:1/"})
    try:
        assert service.wait(10) == 1
        assert "the work cannot go on" in service.log()
    finally:
        service.stop()


def test_a_service_that_does_not_want_to_end_is_ended_in_time(tmp_path: Path) -> None:
    well = tmp_path / "well"
    settings = {"amqp_url": "amqp://127.0.0.1:1/", "host": "mute", "health_file": str(well)}
    service = Launched("tests.fakes.dying_service", settings=settings)
    try:
        deadline = time.monotonic() + 30
        while not well.exists():
            assert service.process.poll() is None and time.monotonic() < deadline, service.log()
            time.sleep(0.02)
        start = time.monotonic()
        service.signal(signal.SIGTERM)
        assert service.wait(5) == 0
        assert time.monotonic() - start < 3.5
    finally:
        service.stop()
