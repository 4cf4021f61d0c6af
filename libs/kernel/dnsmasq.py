"""One dnsmasq per network: its files, its process, its leases. Runs in the hands child only.

A network's folder holds `pid`, `leases`, `options`, `hosts.d/` with a file per port and `opts.d/` with one per port that has options
of its own. dnsmasq is detached and outlives agent and hands; it is known again by the `--pid-file` among its arguments. A new file
is served through inotify within milliseconds and needs no signal; a changed or removed one needs SIGHUP, since dnsmasq keeps the old
line otherwise. Options are written before the host that they are for.

dnsmasq 2.86 to 2.90 at least die of SIGHUP once they served a host with a tag (`set:`), because they free what is not theirs
(src/rfc2131.c links the tags of each request to the host's). A network where a port has options of its own is therefore started anew
where others get the signal; both take some 10 ms, and leases stay.
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
from libs.kernel.dnsmasq_files import any_in, ensure_folder, texts, write, write_files
from libs.kernel.leases import Pair, pair_of_line, release
from libs.kernel.watch import Watch

Item = Mapping[str, Any]
HOSTS, OPTIONS = "hosts.d", "opts.d"
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
        "dnsmasq.change": lambda items: change(items, watch),
        "dnsmasq.remove": lambda folders: remove(folders, watch),
    }


def ensure(items: Sequence[Item], watch: Watch) -> list[dict[str, Any]]:
    """Make files, process and leases of each network what they should be; nothing is touched where they are.

    Item: {"folder", "namespace", "device", "command": [argument], "options": text, "hosts": {file: text},
    "port_options": {file: text}, "restart": bool}.
    Answer, one per item: {"changes": [text], "error": text or None}. A process whose command line or namespace differs, or that
    must restart, is replaced; leases stay.
    """
    running = process.find_all()
    with ThreadPoolExecutor(_STARTS_AT_ONCE) as pool:
        return list(pool.map(lambda item: _each(lambda changes: _ensure(item, running, watch, changes)), items))


def change(items: Sequence[Item], watch: Watch) -> list[dict[str, Any]]:
    """Change files of networks that run; answers as `ensure`.

    Item: {"folder", "namespace", "device", "command": [argument], "write": {file: text}, "remove": [file], "write_options": {file:
    text}, "remove_options": [file], "options": text or None, "release": [[mac, address]]}: pairs that no host has any longer.
    """
    return [_each(lambda changes, item=item: _change(item, watch, changes)) for item in items]  # type: ignore[misc]


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
    hosts, own = folder / HOSTS, folder / OPTIONS
    for path in (folder, hosts, own):
        ensure_folder(path, changes)
    tagged = any_in(own)
    before, options = texts(hosts), texts(own)
    known = _pairs(before.values())
    reload = write(folder / "options", item["options"], changes)
    reload |= write_files(own, options, item["port_options"], options.keys() - item["port_options"].keys(), changes)
    reload |= write_files(hosts, before, item["hosts"], before.keys() - item["hosts"].keys(), changes)
    pids = running.get(item["folder"], [])
    if len(pids) == 1 and not item["restart"] and process.is_as_wanted(pids[0], item["command"], item["namespace"]):
        pid = pids[0]
        watch.add(item["folder"], pid)
        if reload:
            _reload(item, pid, tagged or any_in(own), watch, changes)
    else:
        _start(item, pids, watch, changes)
    wanted = _pairs(item["hosts"].values())
    changes.extend(release(folder / "leases", item["namespace"], item["device"], known - wanted, wanted))


def _change(item: Item, watch: Watch, changes: list[str]) -> None:
    folder = Path(item["folder"])
    tagged = any_in(folder / OPTIONS)
    reload = item["options"] is not None and write(folder / "options", item["options"], changes)
    for path, suffix in ((folder / OPTIONS, "_options"), (folder / HOSTS, "")):
        new, gone = item[f"write{suffix}"], item[f"remove{suffix}"]
        before = {name for name in {*new, *gone} if (path / name).exists()}
        reload |= write_files(path, before, new, gone, changes)
    pid = process.of(folder / "pid")
    if pid is None:
        raise process.DnsmasqRefused(f"{folder.name}: dnsmasq does not run")
    if reload:
        _reload(item, pid, tagged or any_in(folder / OPTIONS), watch, changes)
    pairs = {(mac, address) for mac, address in item["release"]}
    changes.extend(release(folder / "leases", item["namespace"], item["device"], pairs, None))


def _remove(name: str, running: Mapping[str, list[int]], watch: Watch, changes: list[str]) -> None:
    watch.drop(name)
    for pid in running.get(name, ()):
        process.stop(pid)
        changes.append(f"dnsmasq {pid} stopped")
    if os.path.isdir(name):
        shutil.rmtree(name)
        changes.append(f"folder {name} removed")


def _start(item: Item, pids: Iterable[int], watch: Watch, changes: list[str]) -> None:
    """A new process in place of these."""
    watch.drop(item["folder"])
    for pid in pids:
        process.stop(pid)
        changes.append(f"dnsmasq {pid} stopped")
    pid = process.start(item["command"], item["namespace"], Path(item["folder"]) / "pid")
    changes.append(f"dnsmasq {pid} started")
    watch.add(item["folder"], pid)


def _reload(item: Item, pid: int, tagged: bool, watch: Watch, changes: list[str]) -> None:
    """Have it read its files again; tagged: it may have served a host with options of its own."""
    if tagged:
        _start(item, [pid], watch, changes)
        return
    os.kill(pid, signal.SIGHUP)
    changes.append(f"dnsmasq {pid} reloaded")


def _pairs(texts: Iterable[str]) -> set[Pair]:
    return {pair for text in texts for line in text.splitlines() if (pair := pair_of_line(line))}
