"""Runs services: `python -m libs.launch services.api.service [more modules]`.

Each module has SERVICE, a nameko service class, and may have NEEDS, names of settings that must not be empty, and CHECK, which takes
all settings and raises BadSetting. All run in this process, each in a container of its own. The process ends with 0 after SIGTERM or
SIGINT (within `GRACE_SECONDS`), with 1 when a container dies (a supervisor starts it again: a half-dead process is worse than a new
one), with 2 on a bad setting or module.
"""

from __future__ import annotations

import os
import warnings

warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
import eventlet  # noqa: E402

if __name__ == "__main__":  # before anything else is imported that could keep unpatched names
    eventlet.monkey_patch()

import importlib.util  # noqa: E402
import logging  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
from collections.abc import Sequence  # noqa: E402
from typing import Any  # noqa: E402

from nameko.runners import ServiceRunner  # noqa: E402

from libs import log  # noqa: E402
from libs.bus import robust  # noqa: E402
from libs.config import BadSetting, Settings, load  # noqa: E402
from libs.health import Pulse  # noqa: E402

GRACE_SECONDS = 2.5
LOOK_SECONDS = 0.1
_log = logging.getLogger(__name__)


def config_of(settings: Settings) -> dict[str, Any]:
    """nameko's configuration: {"AMQP_URI", "settings": Settings, ...}."""
    return {
        "AMQP_URI": settings.amqp_url,
        "settings": settings,
        "WEB_SERVER_ADDRESS": f"{settings.api_host}:{settings.api_port}",
        "max_workers": 64,
        "parent_calls_tracked": 1,
        "serializer": "json",
        "ACCEPT": ["json"],
        "HEARTBEAT": 30,
    }


def modules_of(names: Sequence[str], settings: Settings) -> list[Any]:
    """The service classes of these modules. Raises BadSetting for an unknown module or settings that one cannot work with."""
    services = []
    for name in names:
        if importlib.util.find_spec(name.rpartition(".")[0] or name) is None or importlib.util.find_spec(name) is None:
            raise BadSetting(f"there is no module {name}")
        module = importlib.import_module(name)
        for need in getattr(module, "NEEDS", ()):
            if not getattr(settings, need):
                raise BadSetting(f"NETLEDGER_{need.upper()} must be set for {name}")
        check = getattr(module, "CHECK", None)
        if check is not None:
            check(settings)
        services.append(module.SERVICE)
    return services


def run(services: Sequence[type], settings: Settings) -> int:
    """Run until a signal (0) or until a container dies (1)."""
    robust.install()
    runner = ServiceRunner(config_of(settings))
    for service in services:
        runner.add_service(service)
    asked = _signals()
    started = eventlet.spawn(runner.start)
    deaths: list[BaseException] = []
    started.link(_note_death, deaths)
    for container in runner.containers:
        eventlet.spawn(container.wait).link(_note_death, deaths)
    pulse = Pulse(settings.health_file)
    while not asked and not deaths:  # a signal handler may not touch greenlets, so it is looked for
        eventlet.sleep(LOOK_SECONDS)
        if started.dead:  # that is: done
            pulse.beat()
    pulse.stop()
    if deaths:
        _log.critical("a service died: %r", deaths[0])
        return 1
    with eventlet.Timeout(GRACE_SECONDS, False):
        runner.stop()
    return 0


def _signals() -> list[int]:
    """The signals to end that came; it grows."""
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _frame: asked.append(got))
    return asked


def _note_death(greenlet: Any, deaths: list[BaseException]) -> None:
    try:
        greenlet.wait()
    except BaseException as error:
        deaths.append(error)


def main(names: Sequence[str]) -> int:
    """The program; the exit code is its value."""
    try:
        settings = load()
        if not names:
            raise BadSetting("usage: python -m libs.launch MODULE [MODULE ..]")
        log.setup(settings.log_level, ",".join(name.split(".")[-2] if "." in name else name for name in names))
        services = modules_of(names, settings)
    except ValueError as error:
        print(f"netledger: {error}", file=sys.stderr)
        return 2
    return run(services, settings)


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stderr.flush()
    os._exit(code)  # what still runs by now had its time
