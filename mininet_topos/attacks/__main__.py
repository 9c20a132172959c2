"""The attacks' command line: its options, and the exit status.

Invariant: the exit status is 0 only if every check holds.
"""

from pathlib import Path

import click
from rich.console import Console

from mininet_topos.attacks import report
from mininet_topos.attacks.checks import all_checks
from mininet_topos.attacks.play import play
from mininet_topos.demo import stage
from mininet_topos.demo.progress import DemoError, Progress
from mininet_topos.demo.report import failure_as_json, show_error


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--minutes",
    type=click.FloatRange(0.1, 600),
    default=1.0,
    show_default=True,
    help="How long the attacks go on, at least: half of it in turn, then all at once.",
)
@stage.LOGS
@stage.JSON
def main(minutes: float, logs: Path | None, as_json: bool) -> None:
    """Make all named attacks on a victim that shares four switches with the attacker.

    Exit status 0 means that the victim has noticed nothing. It needs root, and runs in a network
    of its own (see mininet_topos/sandbox.py).
    """
    stage.enter_sandbox("mininet_topos.attacks")
    console = Console(stderr=as_json, highlight=False)
    try:
        with stage.network(logs, console) as (net, processes):
            seen = play(net, processes, Progress(console), minutes)
    except DemoError as error:
        show_error(str(error), console)
        if as_json:
            click.echo(failure_as_json(str(error)))
        raise SystemExit(stage.NOT_AS_EXPECTED) from None
    except stage.Stopped as stopped:
        console.print("stopped, and cleaned up")
        raise SystemExit(stopped.status) from None
    checks = all_checks(seen)
    if as_json:
        click.echo(report.as_json(seen, checks))
    else:
        report.show(seen, checks, console)
    raise SystemExit(0 if all(check.holds for check in checks) else stage.NOT_AS_EXPECTED)


if __name__ == "__main__":
    main(prog_name="python -m mininet_topos.attacks")
