"""The demo's command line: its options, and the exit status.

Invariant: the exit status is 0 only if every check holds.
"""

import time
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from mininet_topos.demo import report, stage
from mininet_topos.demo.checks import all_checks
from mininet_topos.demo.play import play
from mininet_topos.demo.progress import DemoError, Progress

POLICY: Final = Path(__file__).parents[1] / "demo.yaml"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--policy",
    type=click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path),
    default=POLICY,
    help="Another slicing policy than the demo's own, to see what fails.",
)
@click.option(
    "--seconds",
    type=click.IntRange(1, 60),
    default=3,
    show_default=True,
    help="How long each of the three bandwidth measurements lasts.",
)
@stage.LOGS
@stage.JSON
def main(policy: Path, seconds: int, logs: Path | None, as_json: bool) -> None:
    """Show two tenants on one network, and a hostile one, with Open vSwitch, Mininet and Ryu.

    Exit status 0 means that everything was as expected. It takes about a minute, needs root, and
    runs in a network of its own (see mininet_topos/sandbox.py).
    """
    stage.enter_sandbox("mininet_topos.demo")
    # Progress goes where it does not mix with the JSON.
    console = Console(stderr=as_json, highlight=False)
    began = time.monotonic()
    try:
        with stage.network(logs, console) as (net, processes):
            report.introduce(console)
            facts = play(net, processes, Progress(console), policy, seconds)
    except DemoError as error:
        report.show_error(str(error), console)
        if as_json:
            click.echo(report.failure_as_json(str(error)))
        raise SystemExit(stage.NOT_AS_EXPECTED) from None
    except stage.Stopped as stopped:
        console.print("stopped, and cleaned up")
        raise SystemExit(stopped.status) from None
    checks = all_checks(facts)
    took = time.monotonic() - began
    if as_json:
        click.echo(report.as_json(facts, checks, took))
    else:
        report.show(facts, checks, took, console)
    raise SystemExit(0 if all(check.holds for check in checks) else stage.NOT_AS_EXPECTED)


if __name__ == "__main__":
    main(prog_name="python -m mininet_topos.demo")
