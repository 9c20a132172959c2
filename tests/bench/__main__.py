"""`python -m tests.bench`: measure, and say what was measured.

`messages` is the cost of single messages in the engine, `loops` and `scale` are the whole slicer
between fake switches and controllers, each beside the same work without it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track

from tests.bench import report
from tests.bench.messages import measure
from tests.bench.profiles import profiles
from tests.bench.scenarios import FULL, QUICK, Figure, scenarios
from tests.bench.workers import scenarios as workers

PARTS = ("messages", "network")


@click.command()
@click.argument("part", type=click.Choice(PARTS), nargs=-1)
@click.option("--quick", is_flag=True, help="Less of everything: a minute, and rougher figures.")
@click.option("--only", default="", help="Of the network, only what has this text in its name.")
@click.option("--messages", default=20_000, show_default=True, help="How many of each to measure.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option(
    "--page", type=click.Path(path_type=Path, exists=True), help="Write it into this page too."
)
@click.option("--note", default="", help="What the page is to say of the circumstances.")
def main(
    part: tuple[str, ...],
    quick: bool,
    only: str,
    messages: int,
    as_json: bool,
    page: Path | None,
    note: str,
) -> None:
    """What the slicer costs: single MESSAGES in its engine, in microseconds of one processor, and
    a whole NETWORK of fake switches and controllers around it. Without a name, both."""
    parts = part or PARTS
    costs = list(measure(messages)) if "messages" in parts else []
    figures = list(_network(quick, only)) if "network" in parts else []
    if page is not None:
        report.write_page(page, figures, costs, note)
        page.with_suffix("").joinpath("profiles.txt").write_text(profiles(messages))
    if as_json:
        told = {"messages": [*map(asdict, costs)], "network": [*map(asdict, figures)]}
        click.echo(json.dumps(told, indent=2))
        return
    console = Console()
    if costs:
        console.print(report.messages_table(costs))
    if figures:
        console.print(report.figures_table(figures))


def _network(quick: bool, only: str) -> Iterable[Figure]:
    plan = QUICK if quick else FULL
    chosen = [each for each in (*scenarios(plan), *workers(plan)) if only in each[0]]
    for name, scenario in track(chosen, "measuring", console=Console(stderr=True)):
        click.echo(f"{name} ...", err=True)
        try:
            yield from scenario()
        except (RuntimeError, TimeoutError) as failed:
            click.echo(f"{name}: {failed}", err=True)


if __name__ == "__main__":
    main()
