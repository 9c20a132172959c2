"""The `slicer` command: `slicer check POLICY` and `slicer run POLICY`.

It reads policies and shows them; running one is `ryu-manager slicer` without Ryu's command line.
Invariant: exit status 0 means that all went well, 2 that the command line or the policy is at
fault.
"""

from __future__ import annotations

import gc
import json
import os
from pathlib import Path

import click

from slicer import __version__, policy
from slicer.options import check_file, number_of_workers

MOST_YOUNG = 20_000
"""So many new objects until those that are in a circle are looked for. Each message is remembered
until a barrier, so Python's usual 700 would have it look for every few packets."""
POLICY = click.argument("path", metavar="POLICY", type=click.Path(path_type=Path))


def _load(path: Path) -> policy.Policy:
    try:
        return policy.load(path)
    except (policy.PolicyError, OSError) as error:
        click.echo(f"slicer: the policy can't be used:\n{error}", err=True)
        raise SystemExit(2) from None


def _check(config_file: Path) -> None:
    try:
        check_file(config_file)
    except ValueError as error:
        click.echo(f"slicer: the settings can't be used:\n{error}", err=True)
        raise SystemExit(2) from None


def _workers(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    try:
        return None if text is None else str(number_of_workers(text))
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="slicer")
def main() -> None:
    """Share OpenFlow switches between several tenant controllers."""


@main.command()
@POLICY
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
def check(path: Path, as_json: bool) -> None:
    """Validate POLICY and print what it would set up.

    Warnings go with the output; errors go to standard error, all at once, and end with status 2.
    """
    from rich.console import Console  # `run` has no use for it

    from slicer import showing

    loaded = _load(path)
    if as_json:
        click.echo(json.dumps(showing.as_values(loaded), indent=2))
    else:
        showing.show(loaded, Console(highlight=False))


@main.command()
@POLICY
@click.option("--verbose", is_flag=True, help="Log each detail.")
@click.option(
    "--workers",
    metavar="N",
    callback=_workers,
    help="Spread the datapaths over so many processes; one for each core to be used.",
)
@click.option(
    "--config-file",
    type=click.Path(path_type=Path),
    help="Take settings from the section [slicer] of this file (docs/operating.md).",
)
def run(path: Path, verbose: bool, workers: str | None, config_file: Path | None) -> None:
    """Serve POLICY until Ctrl-C or SIGTERM: the same as `ryu-manager slicer`.

    The switches keep their flows when it ends. An option comes before what a file says.
    """
    policy.give(path, _load(path))
    arguments = ["--verbose"] if verbose else []
    if config_file is not None:
        _check(config_file)
        arguments += ["--config-file", str(config_file)]
    if workers is not None:
        os.environ["SLICER_WORKERS"] = workers
    gc.set_threshold(MOST_YOUNG)
    os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")  # 7 MB that `dialling.py` has no use for
    from slicer import ryu_manager

    os.environ["SLICER_POLICY"] = str(path)
    raise SystemExit(ryu_manager.main([*arguments, "slicer"], prog="slicer run"))


if __name__ == "__main__":
    main()
