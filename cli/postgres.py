"""A private PostgreSQL: own data folder, own free port, passwords made at set-up, small settings."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg2
from psycopg2 import sql

from cli.places import Places, kept_ports
from cli.process import Program, end, inside

DATABASE, OWNER, SERVICE = "netledger", "netledger_owner", "netledger"
SOCKET_NAME = ".s.PGSQL.65535"

# Small, durable, and without what a short transaction never uses (parallel query, JIT). Sizes in bytes' units of PostgreSQL.
SETTINGS = """\
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
max_connections = 300
shared_buffers = 64MB
work_mem = 4MB
maintenance_work_mem = 32MB
fsync = {fsync}
full_page_writes = {fsync}
synchronous_commit = on
wal_level = replica
max_wal_senders = 2
max_wal_size = 512MB
checkpoint_timeout = 15min
jit = off
max_parallel_workers_per_gather = 0
max_worker_processes = 2
max_logical_replication_workers = 0
password_encryption = 'scram-sha-256'
log_destination = 'stderr'
log_timezone = 'UTC'
timezone = 'UTC'
lc_messages = 'C'
log_parameter_max_length = 0
"""
ACCESS = "local all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n"


def find(name: str) -> str:
    """Path of a PostgreSQL server program, the newest installed major version. Raises FileNotFoundError."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    if not found:
        raise FileNotFoundError(f"PostgreSQL's {name} is not under /usr/lib/postgresql: apt install postgresql")
    return str(found[-1])


class Postgres:
    """One private server. `prepare`, then run `program()`, then `set_up` once it answers."""

    def __init__(self, places: Places, durable: bool = True) -> None:
        self._places, self._durable = places, durable
        self._user = "postgres" if os.geteuid() == 0 else ""

    def prepare(self, fresh: bool = True) -> None:
        """Make the data folder (initdb at first use), write the settings and end what a crash left running in it; not `fresh`: only
        find out where the one that runs now lives."""
        self.folder = self._places.for_user(self._user, "postgres", longest_socket=len("/" + SOCKET_NAME))
        self.data = self.folder / "data"
        if not fresh:
            (self.port,) = kept_ports(self._places, "postgres", 1, in_use=True)
            return
        self._end_orphans()
        if not (self.data / "PG_VERSION").exists():
            self._initdb()
        (self.port,) = kept_ports(self._places, "postgres", 1)
        fsync = "on" if self._durable else "off"
        self._write("postgresql.conf", SETTINGS.format(port=self.port, sockets=self.folder, fsync=fsync))
        self._write("pg_hba.conf", ACCESS)

    def program(self) -> Program:
        """How the supervisor runs it. SIGINT is PostgreSQL's fast shutdown: sessions are cut, everything is written."""
        return Program(
            "postgres",
            (find("postgres"), "-D", str(self.data)),
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "NETLEDGER_MARK": self._places.mark},
            user=self._user,
            cwd=str(self.data),
            log=str(self._places.log / "postgres.log"),
            stop=int(signal.SIGINT),
            quick_stop=int(signal.SIGQUIT),
            order=1,
            alone=True,  # backends outlive a killed postmaster for a moment, and another one refuses to start beside them
        )

    def url(self, role: str = SERVICE, database: str = DATABASE) -> str:
        """URL of a role over the unix socket; holds its password."""
        password = quote(self._places.password(f"postgres-{role}"), safe="")
        return f"postgresql://{role}:{password}@/{database}?host={quote(str(self.folder), safe='')}&port={self.port}"

    @property
    def admin_url(self) -> str:
        """URL of the role that owns the schema."""
        return self.url(OWNER)

    def answers(self) -> bool:
        """Whether it accepts a connection now."""
        try:
            psycopg2.connect(self.url("postgres", "postgres"), connect_timeout=2).close()
        except psycopg2.OperationalError:
            return False
        return True

    def set_up(self) -> None:
        """Create the two roles and the database where they are missing. Safe to repeat."""
        with self._superuser() as cursor:
            for role, rights in ((OWNER, "CREATEROLE"), (SERVICE, "")):
                self._role(cursor, role, rights)
            cursor.execute("select 1 from pg_database where datname = %s", (DATABASE,))
            if not cursor.fetchone():
                names = sql.Identifier(DATABASE), sql.Identifier(OWNER)
                cursor.execute(sql.SQL("create database {} owner {}").format(*names))

    def _role(self, cursor: psycopg2.extensions.cursor, role: str, rights: str) -> None:
        cursor.execute("select 1 from pg_roles where rolname = %s", (role,))
        verb = "alter" if cursor.fetchone() else "create"
        statement = sql.SQL("{} role {} login {} password {}").format(
            sql.SQL(verb),
            sql.Identifier(role),
            sql.SQL(rights),
            sql.Literal(self._places.password(f"postgres-{role}")),
        )
        cursor.execute(statement)

    @contextlib.contextmanager
    def _superuser(self) -> Iterator[psycopg2.extensions.cursor]:
        connection = psycopg2.connect(self.url("postgres", "postgres"))
        connection.autocommit = True
        try:
            yield connection.cursor()
        finally:
            connection.close()

    def _initdb(self) -> None:
        """The superuser's password goes in by a file that only its user can read, and is removed at once."""
        secret = self._write_file(self.folder / "pw", self._places.password("postgres-postgres"))
        try:
            command = [find("initdb"), "-D", str(self.data), "-U", "postgres", "-A", "scram-sha-256", "--no-sync"]
            command += [f"--pwfile={secret}", "-E", "UTF8", "--locale=C.UTF-8"]
            account = {"user": self._user, "group": self._user, "extra_groups": []} if self._user else {}
            done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False, **account)  # type: ignore[call-overload]
        finally:
            secret.unlink()
        if done.returncode:
            raise RuntimeError(f"initdb failed: {done.stderr.strip()[-800:]}")

    def _end_orphans(self) -> None:
        """After a kill -9 of the postmaster its children linger and a new one would refuse to start beside them."""
        if self.data.exists():
            end(inside(self.data), signal.SIGINT)

    def _write(self, name: str, text: str) -> None:
        self._write_file(self.data / name, text)

    def _write_file(self, path: Path, text: str) -> Path:
        path.unlink(missing_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        if self._user:
            owner = path.parent.stat()
            os.fchown(handle, owner.st_uid, owner.st_gid)
        with os.fdopen(handle, "w") as file:
            file.write(text)
        return path
