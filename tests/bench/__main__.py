"""`python -m tests.bench`: measure, and say what was measured.

`messages` is the cost of single messages in the engine, `clip` that with a datapath that speaks
only OpenFlow 1.0, and `network` is the whole slicer between fake switches and controllers, each
figure beside the same work without it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track

from tests.bench import flat, report
from tests.bench.messages import measure_all, measure_clip
from tests.bench.profiles import profiles
from tests.bench.scenarios import FULL, QUICK, Figure, scenarios
from tests.bench.workers import scenarios as workers

PARTS = ("messages", "clip", "network")
PIPED_WIDTH = 150
"""Columns of a table where no terminal says how many there are."""


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
    """What the slicer costs: single MESSAGES in its engine, in microseconds of one processor, also
    for datapaths of OpenFlow 1.0 (CLIP), and a whole NETWORK of fake switches and controllers
    around it. Without a name, all."""
    parts = part or PARTS
    costs = list(measure_all(messages)) if "messages" in parts else []
    clipped = list(measure_clip(messages)) if "clip" in parts else []
    figures = list(_network(quick, only)) if "network" in parts else []
    if page is not None:
        report.write_page(page, figures, [*costs, *clipped], note)
        page.with_suffix("").joinpath("profiles.txt").write_text(profiles(messages))
    if as_json:
        told = {
            "messages": [*map(asdict, costs)],
            "clip": [*map(asdict, clipped)],
            "network": [*map(asdict, figures)],
        }
        click.echo(json.dumps(told, indent=2))
        return
    console = Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)
    for each in filter(None, (costs, clipped)):
        console.print(report.messages_table(each))
    if figures:
        console.print(report.figures_table(figures))


def _network(quick: bool, only: str) -> Iterable[Figure]:
    plan = QUICK if quick else FULL
    every = (*scenarios(plan), *flat.scenarios(plan), *workers(plan))
    chosen = [each for each in every if only in each[0]]
    if not chosen:
        names = "\n".join(f"  {name}" for name, _ in every)
        raise click.BadParameter(f"found {only!r} in no name, expected a part of one of\n{names}")
    for name, scenario in track(chosen, "measuring", console=Console(stderr=True)):
        click.echo(f"{name} ...", err=True)
        try:
            yield from scenario()
        except (RuntimeError, TimeoutError) as failed:
            click.echo(f"{name}: {failed}", err=True)


if __name__ == "__main__":
    main()
