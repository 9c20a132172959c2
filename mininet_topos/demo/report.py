"""Report: facts and checks as tables for people, or as JSON for programs.

Nothing is judged here. Invariant: both forms come from the same facts and the same checks.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from rich import box
from rich.console import Console, Group
from rich.markup import escape as escaped
from rich.panel import Panel
from rich.table import Table

from mininet_topos.demo.checks import Check, answer, check_answers, mbit, undisturbed
from mininet_topos.demo.facts import Attempt, Facts, Reach, Stream, Transfer
from mininet_topos.demo.progress import CROSS, TICK
from mininet_topos.diamond import FAST, HOSTS, SLOW

__all__ = ["as_json", "escaped", "failure_as_json", "introduce", "show"]

_WIDTH: Final = 100
_DRAWING: Final = """\
h1 ─┐     ┌── s2 ── 100 Mbit/s ──┐     ┌─ h3     [cyan]video[/cyan]   owns TCP port 9999,
    s1 ───┤                      ├─── s4                    takes the fast path
h2 ─┘     └── s3 ──  10 Mbit/s ──┘     └─ h4     [magenta]office[/magenta]  owns everything else,
                                                          takes the slow path"""
_COLOURS: Final = {"video": "cyan", "office": "magenta"}


def introduce(console: Console) -> None:
    """Say what is about to be shown."""
    console.print(Panel(_DRAWING, title="two tenants, one network", expand=False), soft_wrap=False)


# ---- for people ----


def show(facts: Facts, checks: Sequence[Check], took: float, console: Console) -> None:
    """Print tables, and then the checks."""
    console.print()
    console.print(Group(_reach_table(facts.reaches), ""))
    console.print(facts)


def as_json(facts: Facts, checks: Sequence[Check], took: float) -> str:
    return ""

def failure_as_json(error: str) -> str:
    return ""
