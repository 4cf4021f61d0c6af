"""A private RabbitMQ: own node name, ports, cookie and epmd; management only for enrolment; frugal."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path
from urllib.parse import quote

import requests

from cli.places import Places, kept_ports
from cli.process import Program, end, inside, marked
from libs import enrol

ADMIN, SERVICE = "netledger-admin", "netledger"
SCRIPT = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")

# Statistics are off: enrolment needs the management API for users and permissions alone.
SETTINGS = """\
listeners.tcp.1 = 127.0.0.1:{amqp}
management.tcp.ip = 127.0.0.1
management.tcp.port = {management}
management.disable_stats = true
management_agent.disable_metrics_collector = true
collect_statistics_interval = 60000
default_user = {user}
default_pass = {password}
tcp_listen_options.nodelay = true
heartbeat = 30
disk_free_limit.absolute = 50MB
max_message_size = 16777216
log.console = true
log.console.level = warning
log.file = false
"""

# +S 2:2 two schedulers; +sbwt none: idle schedulers sleep instead of spinning; dist on loopback only.
EMULATOR = "-noinput +S 2:2 +SDcpu 1:1 +SDio 2 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}"


class RabbitMQ:
    """One private broker. `prepare`, then run `programs()`, then `set_up` once it answers."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._user = "rabbitmq" if os.geteuid() == 0 else ""

    def prepare(self, fresh: bool = True) -> None:
        """Make its folder, write the settings and end what a crash left running in it; not `fresh`: only find out where the one
        that runs now lives."""
        self.folder = self._places.for_user(self._user, "rabbitmq")
        if fresh:
            end({*inside(self.folder), *marked(f"{self._places.mark}-rabbitmq")})
        ports = kept_ports(self._places, "rabbitmq", 4, in_use=not fresh)
        self.amqp, self.management, self.epmd, self.dist = ports
        if fresh:
            self._configure()

    def _configure(self) -> None:
        password = self._places.password(f"rabbitmq-{ADMIN}")
        settings = SETTINGS.format(amqp=self.amqp, management=self.management, user=ADMIN, password=password)
        self._write("rabbitmq.conf", settings)
        self._write("enabled_plugins", "[rabbitmq_management].\n")
        self._write("env.conf", "")
        self._write(".erlang.cookie", self._places.password("rabbitmq-cookie"), mode=0o400)

    def programs(self) -> tuple[Program, ...]:
        """How the supervisor runs it: its own epmd (so that none lingers), and the broker itself without the script's shell."""
        return (
            self._program("epmd", ("/usr/bin/epmd", "-address", "127.0.0.1", "-port", str(self.epmd)), order=0),
            self._program("rabbitmq", (str(SCRIPT.resolve()),), order=1),
        )

    def _program(self, name: str, argv: tuple[str, ...], order: int) -> Program:
        env = self._environment()
        log = str(self._places.log / f"{name}.log")
        return Program(
            name,
            argv,
            env=env,
            user=self._user,
            cwd=str(self.folder),
            log=log,
            quick_stop=int(signal.SIGKILL),
            stop_seconds=20.0,
            order=order,
        )

    def _environment(self) -> dict[str, str]:
        """RABBITMQ_ALLOW_INPUT makes the script exec the broker, so that its pid is the broker's own."""
        folder = str(self.folder)
        return {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": folder,
            "LANG": "C.UTF-8",
            "NETLEDGER_MARK": f"{self._places.mark}-rabbitmq",
            "ERL_EPMD_PORT": str(self.epmd),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_ALLOW_INPUT": "1",
            "RABBITMQ_NODENAME": f"netledger-{self._places.mark}@localhost",
            "RABBITMQ_DIST_PORT": str(self.dist),
            "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq.conf",
            "RABBITMQ_CONF_ENV_FILE": f"{folder}/env.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/enabled_plugins",
            "RABBITMQ_MNESIA_BASE": f"{folder}/mnesia",
            "RABBITMQ_LOG_BASE": f"{folder}/log",
            "RABBITMQ_GENERATED_CONFIG_DIR": f"{folder}/config",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": EMULATOR,
            "ERL_CRASH_DUMP_SECONDS": "0",
        }

    def url(self, user: str = SERVICE) -> str:
        """AMQP URL of a user; holds its password."""
        return f"amqp://{user}:{self._secret(user)}@127.0.0.1:{self.amqp}/"

    @property
    def admin_url(self) -> str:
        """Management URL for enrolment; holds the administrator's password."""
        return f"http://{ADMIN}:{self._secret(ADMIN)}@127.0.0.1:{self.management}"

    def _secret(self, user: str) -> str:
        return quote(self._places.password(f"rabbitmq-{user}"), safe="")

    def answers(self) -> bool:
        """Whether both the broker and its management API answer now."""
        try:
            with socket.create_connection(("127.0.0.1", self.amqp), timeout=2):
                return requests.get(f"{self.admin_url}/api/whoami", timeout=2).ok
        except (OSError, requests.RequestException):
            return False

    def set_up(self) -> None:
        """Create the services' user with full rights on the vhost. Safe to repeat."""
        enrol.service(self.admin_url, SERVICE, self._places.password(f"rabbitmq-{SERVICE}"))

    def _write(self, name: str, text: str, mode: int = 0o600) -> None:
        path = self.folder / name
        path.unlink(missing_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        if self._user:
            owner = self.folder.stat()
            os.fchown(handle, owner.st_uid, owner.st_gid)
        with os.fdopen(handle, "w") as file:
            file.write(text)
