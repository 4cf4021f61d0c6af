"""One dnsmasq per network: its files, its process, its leases. Runs in the hands child only.

A network's folder holds `pid`, `leases`, `options` and `hosts.d/` with a file per port. dnsmasq is detached and outlives agent and
hands; it is known again by the `--pid-file` among its arguments. A new host file is served through inotify within milliseconds and
needs no signal; a changed or removed one needs SIGHUP, since dnsmasq keeps the old line otherwise.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from libs.kernel import dnsmasq_process as process
from libs.kernel.leases import Pair, pair_of_line, release
from libs.kernel.watch import Watch

Item = Mapping[str, Any]
_STARTS_AT_ONCE = 4


def list_folders(root: str) -> list[str]:
    """Names of the networks' folders under `root`, sorted."""
    return sorted(entry.name for entry in os.scandir(root) if entry.is_dir()) if os.path.isdir(root) else []


def make_verbs(emit: Callable[[dict[str, Any]], None]) -> dict[str, Callable[..., Any]]:
    """The verbs; `emit({"dnsmasq_ended": folder})` tells at once when one of the processes that we saw running ends."""
    watch = Watch(lambda folder: emit({"dnsmasq_ended": folder}))
    return {
        "dnsmasq.list": list_folders,
        "dnsmasq.ensure": lambda items: ensure(items, watch),
        "dnsmasq.change": change,
        "dnsmasq.remove": lambda folders: remove(folders, watch),
    }


def ensure(items: Sequence[Item], watch: Watch) -> list[dict[str, Any]]:
    """Make files, process and leases of each network what they should be; nothing is touched where they are.

    Item: {"folder", "namespace", "device", "command": [argument], "options": text, "hosts": {file: text}, "restart": bool}.
    Answer, one per item: {"changes": [text], "error": text or None}. A process whose command line or namespace differs, or that
    must restart, is replaced; leases stay.
    """
    running = process.find_all()
    with ThreadPoolExecutor(_STARTS_AT_ONCE) as pool:
        return list(pool.map(lambda item: _each(lambda changes: _ensure(item, running, watch, changes)), items))


def change(items: Sequence[Item]) -> list[dict[str, Any]]:
    """Change host files of networks that run; answers as `ensure`.

    Item: {"folder", "namespace", "device", "write": {file: text}, "remove": [file], "options": text or None,
    "release": [[mac, address]]}: pairs that no host has any longer.
    """
    return [_each(lambda changes, item=item: _change(item, changes)) for item in items]  # type: ignore[misc]


def remove(folders: Sequence[str], watch: Watch) -> list[dict[str, Any]]:
    """Stop these networks' dnsmasq and delete their folders; answers as `ensure`."""
    running = process.find_all()
    return [_each(lambda changes, one=one: _remove(one, running, watch, changes)) for one in folders]  # type: ignore[misc]


def _each(work: Callable[[list[str]], None]) -> dict[str, Any]:
    changes: list[str] = []
    try:
        work(changes)
    except (OSError, process.DnsmasqRefused) as error:
        return {"changes": changes, "error": str(error)}
    return {"changes": changes, "error": None}


def _ensure(item: Item, running: Mapping[str, list[int]], watch: Watch, changes: list[str]) -> None:
    folder = Path(item["folder"])
    hosts = folder / "hosts.d"
    _folder(folder, changes)
    _folder(hosts, changes)
    before = {entry.name: _read(Path(entry.path)) for entry in os.scandir(hosts)}
    known = _pairs(before.values())
    reload = _write(folder / "options", item["options"], changes)
    reload |= _write_hosts(hosts, before, item["hosts"], before.keys() - item["hosts"].keys(), changes)
    pids = running.get(item["folder"], [])
    if len(pids) == 1 and not item["restart"] and process.is_as_wanted(pids[0], item["command"], item["namespace"]):
        pid = pids[0]
        if reload:
            _signal(pid, changes)
    else:
        watch.drop(item["folder"])
        for pid in pids:
            process.stop(pid)
            changes.append(f"dnsmasq {pid} stopped")
        pid = process.start(item["command"], item["namespace"], folder / "pid")
        changes.append(f"dnsmasq {pid} started")
    watch.add(item["folder"], pid)
    wanted = _pairs(item["hosts"].values())
    changes.extend(release(folder / "leases", item["namespace"], item["device"], known - wanted, wanted))


def _change(item: Item, changes: list[str]) -> None:
    folder = Path(item["folder"])
    hosts = folder / "hosts.d"
    before = {name: _read(hosts / name) for name in {*item["write"], *item["remove"]} if (hosts / name).exists()}
    reload = item["options"] is not None and _write(folder / "options", item["options"], changes)
    reload |= _write_hosts(hosts, before, item["write"], item["remove"], changes)
    pid = process.of(folder / "pid")
    if pid is None:
        raise process.DnsmasqRefused(f"{folder.name}: dnsmasq does not run")
    if reload:
        _signal(pid, changes)
    gone = {(mac, address) for mac, address in item["release"]}
    changes.extend(release(folder / "leases", item["namespace"], item["device"], gone, None))


def _remove(name: str, running: Mapping[str, list[int]], watch: Watch, changes: list[str]) -> None:
    watch.drop(name)
    for pid in running.get(name, ()):
        process.stop(pid)
        changes.append(f"dnsmasq {pid} stopped")
    if os.path.isdir(name):
        shutil.rmtree(name)
        changes.append(f"folder {name} removed")


def _write_hosts(
    hosts: Path, before: Mapping[str, str], write: Mapping[str, str], remove: Iterable[str], changes: list[str]
) -> bool:
    """Bring host files up to date; whether dnsmasq must be told by a signal. Removes go first: an address may move."""
    reload = False
    for name in remove:
        if name in before:
            (hosts / name).unlink()
            changes.append(f"host file {name} removed")
            reload = True
    for name, text in write.items():
        if _write(hosts / name, text, changes) and name in before:
            reload = True
    return reload


def _write(path: Path, text: str, changes: list[str]) -> bool:
    """Write through a dot file, which dnsmasq ignores, and a rename; whether anything differed."""
    if path.exists() and _read(path) == text:
        return False
    draft = path.with_name(f".{path.name}")
    draft.write_text(text)
    draft.chmod(0o644)  # dnsmasq reads it as another user
    draft.rename(path)
    changes.append(f"file {path.name} written")
    return True


def _read(path: Path) -> str:
    return path.read_text(errors="replace")


def _folder(path: Path, changes: list[str]) -> None:
    if not path.is_dir():
        path.mkdir(parents=True)
        path.chmod(0o755)
        changes.append(f"folder {path.name} added")


def _signal(pid: int, changes: list[str]) -> None:
    os.kill(pid, signal.SIGHUP)
    changes.append(f"dnsmasq {pid} reloaded")


def _pairs(texts: Iterable[str]) -> set[Pair]:
    return {pair_of_line(line) for text in texts for line in text.splitlines()}
