"""`python -m tests.bench`: measure, and say what was measured.

One row a message; a relay that only cuts frames and changes xids is what each is measured against.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table

from slicer.openflow.v10 import V10
from tests.bench.messages import Cost, measure

NAMES = {V10.version: "OpenFlow 1.0", 4: "OpenFlow 1.3"}


@click.command()
@click.option("--messages", default=20_000, show_default=True, help="How many of each to measure.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def main(messages: int, as_json: bool) -> None:
    """What one message costs in the slicer's engine, in microseconds of one processor."""
    costs = list(measure(messages))
    if as_json:
        click.echo(json.dumps([asdict(cost) for cost in costs], indent=2))
        return
    Console().print(_table(costs))


def _table(costs: Iterable[Cost]) -> Table:
    table = Table("message", "tenant speaks", "slicer, us", "relay, us", "ratio")
    for cost in costs:
        table.add_row(
            cost.message,
            NAMES[cost.version],
            f"{cost.seconds * 1e6:.2f}",
            f"{cost.relay * 1e6:.2f}",
            f"{cost.seconds / cost.relay:.1f}",
        )
    return table


if __name__ == "__main__":
    main()
