"""Figures as a table: one line per phase, the same columns for all."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figures:
    """One phase: how many at a time, requests per second, percentiles in milliseconds, server CPU milliseconds per request."""

    what: str
    clients: int
    count: int
    failed: int
    per_second: float
    p50: float
    p95: float
    p99: float
    cpu_ms: float
    note: str = ""


def percentile(values: list[float], percent: int) -> float:
    """The value below which `percent` of the values lie, by nearest rank; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] if ordered else 0.0


def show(rows: list[Figures]) -> None:
    """Print the table."""
    table = Table(title="netledger, measured now (2 cores shared by servers and clients)")
    for column in ("what", "clients", "n", "failed", "req/s", "p50 ms", "p95 ms", "p99 ms", "CPU ms/req", ""):
        table.add_column(column, justify="left" if column in ("what", "") else "right")
    for row in rows:
        times = (f"{value:.2f}" for value in (row.p50, row.p95, row.p99, row.cpu_ms))
        table.add_row(
            row.what, str(row.clients), str(row.count), str(row.failed), f"{row.per_second:.0f}", *times, row.note
        )
    Console(width=130).print(table)


def as_json(rows: list[Figures]) -> list[dict[str, object]]:
    """The same for machines."""
    return [asdict(row) for row in rows]
