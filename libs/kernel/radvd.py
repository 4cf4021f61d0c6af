"""One radvd per router with IPv6 interfaces: its file, its process. Runs in the hands child only.

A router's folder holds `radvd.conf` and `pid`. radvd is detached and outlives agent and hands; it is known again by the `--pidfile`
among its arguments. It has a helper process of its own, which ends with it. Why not dnsmasq: to set the managed flag it must also
answer DHCPv6, beside the network's own server.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from libs.kernel import daemon
from libs.kernel.inside import inside
from libs.kernel.names import checked_namespace
from libs.kernel.tools import run
from libs.kernel.watch import Watch

Item = Mapping[str, Any]
_PROGRAM = daemon.Program("radvd", "--pidfile=")
_SECONDS = 10
_ALONE = 2  # itself and its helper
_AGAIN_SECONDS = (0.1, 0.5, 2.0)  # what was plugged just now is wired some 50 ms later, on a busy host later


class RadvdRefused(Exception):
    """radvd did not take its configuration or did not start; the text is its own."""


def list_folders(root: str) -> list[str]:
    """Names of the routers' folders under `root`, sorted."""
    return sorted(entry.name for entry in os.scandir(root) if entry.is_dir()) if os.path.isdir(root) else []


def make_verbs(emit: Callable[[dict[str, Any]], None]) -> dict[str, Callable[..., Any]]:
    """The verbs; `emit({"radvd_ended": folder})` tells at once when one of the processes that we saw running ends."""
    watch = Watch(lambda folder: emit({"radvd_ended": folder}))
    return {
        "radvd.list": list_folders,
        "radvd.ensure": lambda items: ensure(items, watch),
        "radvd.remove": lambda folders: remove(folders, watch),
        "radvd.advertise": advertise,
    }


def ensure(items: Sequence[Item], watch: Watch) -> list[dict[str, Any]]:
    """Let radvd run in each namespace with this configuration; nothing is touched where it does.

    Item: {"namespace", "folder", "text", "restart": bool}; another text is a reload. Answer, one per item: {"changes": [text],
    "error": text or None}; a text that radvd refuses changes nothing.
    """
    running = _PROGRAM.find_all()
    return [_each(lambda changes, item=item: _ensure(item, running, watch, changes)) for item in items]  # type: ignore[misc]


def remove(folders: Sequence[str], watch: Watch) -> list[dict[str, Any]]:
    """Stop radvd (it tells guests that their router is gone) and delete these folders; answers as `ensure`."""
    running = _PROGRAM.find_all()
    return [_each(lambda changes, one=one: _remove(one, running, watch, changes)) for one in folders]  # type: ignore[misc]


def advertise(folders: Sequence[str]) -> list[dict[str, Any]]:
    """Let those that run advertise again a few times within two seconds; answers at once, as `ensure`.

    radvd's own next advertisement comes 16 s after its first, which a port that is not wired yet does not carry.
    """
    for seconds in _AGAIN_SECONDS:
        timer = threading.Timer(seconds, _reload, [tuple(folders)])
        timer.daemon = True
        timer.start()
    return [{"changes": [], "error": None} for _ in folders]


def _reload(folders: Sequence[str]) -> None:
    for pid in filter(None, (_PROGRAM.of(Path(folder) / "pid") for folder in folders)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGHUP)  # it reads its file, and advertises at once


def _each(work: Callable[[list[str]], None]) -> dict[str, Any]:
    changes: list[str] = []
    try:
        work(changes)
    except (OSError, ValueError, RadvdRefused, subprocess.TimeoutExpired) as error:
        return {"changes": changes, "error": str(error)}
    return {"changes": changes, "error": None}


def _ensure(item: Item, running: Mapping[str, list[int]], watch: Watch, changes: list[str]) -> None:
    folder, namespace = Path(item["folder"]), checked_namespace(item["namespace"])
    if not folder.is_absolute() or folder.name != namespace:
        raise ValueError(f"{folder}: a router's folder is absolute and named like its namespace")
    if not folder.is_dir():
        folder.mkdir(parents=True, mode=0o755)
        changes.append(f"folder {folder.name} added")
    written = _write(folder / "radvd.conf", item["text"], changes)
    command, pids, pid = _command(folder), running.get(str(folder), []), _PROGRAM.of(folder / "pid")
    good = pid is not None and daemon.is_as_wanted(pid, command, namespace) and len(pids) <= _ALONE
    if pid is None or not good or item.get("restart"):
        watch.drop(str(folder))
        _stop(folder, pids, changes)
        pid = _start(command, namespace, folder)
        changes.append(f"radvd {pid} started")
    elif written:
        os.kill(pid, signal.SIGHUP)
        changes.append(f"radvd {pid} reloaded")
    watch.add(str(folder), pid)


def _remove(name: str, running: Mapping[str, list[int]], watch: Watch, changes: list[str]) -> None:
    folder = Path(name)
    checked_namespace(folder.name)
    watch.drop(name)
    _stop(folder, running.get(name, []), changes)
    if folder.is_dir():
        shutil.rmtree(folder)
        changes.append(f"folder {folder.name} removed")


def _stop(folder: Path, pids: Sequence[int], changes: list[str]) -> None:
    """The one of the pid file first: its helper ends with it, and dead children say no farewell."""
    first = _PROGRAM.of(folder / "pid")
    for pid in sorted(pids, key=lambda pid: pid != first):
        if daemon.arguments(pid):
            daemon.stop(pid)
            changes.append(f"radvd {pid} stopped")


def _start(command: Sequence[str], namespace: str, folder: Path) -> int:
    with contextlib.suppress(FileNotFoundError):
        (folder / "pid").unlink()
    done = inside(namespace, lambda: run(command, _SECONDS))
    pid = _PROGRAM.of(folder / "pid")
    if done.returncode != 0 or pid is None:
        raise RadvdRefused(f"{folder.name}: {done.stderr.strip() or f'radvd ended with {done.returncode}'}")
    return pid


def _command(folder: Path) -> list[str]:
    """Its arguments; as the package's user where that user can read the configuration, for reloads."""
    command = ["radvd", f"--config={folder}/radvd.conf", f"--pidfile={folder}/pid", "--logmethod=none"]
    with contextlib.suppress(KeyError):
        if all(os.stat(one).st_mode & stat.S_IXOTH for one in (folder, *folder.parents)):
            command.append(f"--username={pwd.getpwnam('radvd').pw_name}")
    return command


def _write(path: Path, text: str, changes: list[str]) -> bool:
    """Replace the file by one that radvd takes; whether it differed."""
    if path.exists() and path.read_text(errors="replace") == text:
        return False
    draft = path.with_name(".draft")
    draft.write_text(text)
    draft.chmod(0o644)
    done = run(["radvd", "--configtest", "--logmethod=stderr", f"--config={draft}"], _SECONDS)
    if done.returncode != 0:
        draft.unlink()
        raise RadvdRefused(f"{path.parent.name}: {done.stderr.strip()}")
    draft.rename(path)
    changes.append(f"file {path.name} written")
    return True
