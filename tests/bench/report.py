"""Report: what was measured, for people: a table on the terminal, and docs/performance.md.

Invariant: every figure that is shown was measured in the run that is reported; what a person wrote
in the page, outside of the marks, stays.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.table import Table

from slicer.openflow.v13 import V13
from tests.bench.messages import Cost
from tests.bench.plots import Values, bars
from tests.bench.scenarios import Figure

CLIPPED = "OpenFlow 1.0, and so does the switch"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
VERSIONS = {1: "OpenFlow 1.0", 4: "OpenFlow 1.3"}
COLUMNS = ("what", "slicer", "without", "FlowVisor", "us of processor each", "memory, MB")


def figures_table(figures: Iterable[Figure]) -> Table:
    """For the terminal."""
    table = Table(*COLUMNS)
    for figure in figures:
        table.add_row(*_cells(figure))
    return table


def messages_table(costs: Iterable[Cost]) -> Table:
    """Likewise, of single messages."""
    table = Table("message", "tenant speaks", "slicer, us", "relay, us", "ratio")
    for cost in costs:
        table.add_row(*_cost_cells(cost))
    return table


def write_page(page: Path, figures: Sequence[Figure], costs: Sequence[Cost], note: str) -> None:
    """Put what was measured, with its plots, between the marks of the page."""
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    folder = page.with_suffix("")
    folder.mkdir(exist_ok=True)
    parts = [f"Measured on {_machine()}. {note}".strip()]
    for group in dict.fromkeys(each.group for each in figures):
        of_group = [each for each in figures if each.group == group]
        plot = folder / f"{group.replace(' ', '-')}.svg"
        plot.write_text(bars(group, of_group[0].unit.split(",")[0], [*map(_row, of_group)]))
        rows = [_markdown(_cells(each)) for each in of_group]
        parts += [f"### {group}", _head(COLUMNS) + "\n".join(rows)]
        parts.append(f"![{group}]({folder.name}/{plot.name})")
    if costs:
        head = _head(("message", "tenant speaks", "slicer, us", "relay, us", "ratio"))
        rows = [_markdown(_cost_cells(each)) for each in costs]
        parts += ["### single messages, in the engine", head + "\n".join(rows)]
    page.write_text(before + BEGIN + "\n\n" + "\n\n".join(parts) + "\n\n" + END + after)


def _row(figure: Figure) -> tuple[str, Values]:
    unit = f", {figure.unit.split(', ')[1]}" if "," in figure.unit else ""
    return figure.name + unit, {
        "slicer": figure.slicer,
        "without": figure.direct,
        "FlowVisor": figure.flowvisor,
    }


def _cells(figure: Figure) -> tuple[str, ...]:
    processor = "" if figure.processor is None else f"{figure.processor * 1e6:.1f}"
    memory = "" if figure.memory is None else f"{figure.memory / 1e6:.0f}"
    return (
        f"{figure.group}: {figure.name} ({figure.unit})",
        *map(_number, (figure.slicer, figure.direct, figure.flowvisor)),
        processor,
        memory,
    )


def _cost_cells(cost: Cost) -> tuple[str, ...]:
    return (
        cost.message,
        VERSIONS[cost.version] if cost.datapath == V13.version else CLIPPED,
        f"{cost.seconds * 1e6:.2f}",
        f"{cost.relay * 1e6:.2f}",
        f"{cost.seconds / cost.relay:.1f}",
    )


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def _head(columns: Iterable[str]) -> str:
    names = list(columns)
    return _markdown(names) + "\n" + _markdown(["---"] * len(names)) + "\n"


def _markdown(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _machine() -> str:
    load = os.getloadavg()[0]
    python = platform.python_version()
    return f"{os.cpu_count()} cores under a load of {load:.1f}, Python {python}"
