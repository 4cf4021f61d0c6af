"""A network's folder of files that dnsmasq reads: written whole or not at all. Runs in the hands child only."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Container, Iterable, Mapping
from pathlib import Path


def write_files(
    folder: Path, before: Container[str], wanted: Mapping[str, str], remove: Iterable[str], changes: list[str]
) -> bool:
    """Bring a folder's files up to date; whether dnsmasq must be told by a signal. Removes go first: an address may move."""
    reload = False
    for name in remove:
        if name in before:
            (folder / name).unlink()
            changes.append(f"file {folder.name}/{name} removed")
            reload = True
    for name, text in wanted.items():
        if write(folder / name, text, changes) and name in before:
            reload = True
    return reload


def texts(folder: Path) -> dict[str, str]:
    """{name: text} of its files."""
    return {entry.name: read(Path(entry.path)) for entry in os.scandir(folder)}


def write(path: Path, text: str, changes: list[str]) -> bool:
    """Write through a dot file, which dnsmasq ignores, and a rename; whether anything differed."""
    if path.exists() and read(path) == text:
        return False
    draft = path.with_name(f".{path.name}")
    draft.write_text(text)
    draft.chmod(0o644)  # dnsmasq reads it as another user
    draft.rename(path)
    changes.append(f"file {path.parent.name}/{path.name} written")
    return True


def read(path: Path) -> str:
    """A file's text."""
    return path.read_text(errors="replace")


def ensure_folder(path: Path, changes: list[str]) -> None:
    """It is there, for every user to read."""
    if not path.is_dir():
        path.mkdir(parents=True)
        path.chmod(0o755)
        changes.append(f"folder {path.name} added")


def any_in(folder: Path) -> bool:
    """Whether it holds any file."""
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as entries:
        return any(entries)
    return False
