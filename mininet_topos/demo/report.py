"""Report: facts and checks as tables for people, or as JSON for programs.

Nothing is judged here. Invariant: both forms come from the same facts and the same checks.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from mininet_topos.demo.checks import Check, check_answers, undisturbed
from mininet_topos.demo.facts import Attempt, Facts, Reach, Stream, Transfer
from mininet_topos.demo.progress import CROSS, TICK
from mininet_topos.diamond import FAST, HOST_PORTS, SLOW

_COLOURS: Final = {"video": "cyan", "office": "magenta"}
_INTRODUCTION: Final = """\
 h1 ─┐      ┌── s2 ── 100 Mbit/s ──┐      ┌─ h3
     s1 ────┤                      ├──── s4
 h2 ─┘      └── s3 ──  10 Mbit/s ──┘      └─ h4

[cyan]video[/cyan]   owns TCP port 9999, and its controller takes the fast path;
[magenta]office[/magenta]  owns everything else, and its controller takes the slow path.
ARP is office's too: so that video needs nothing of office, the hosts know
each other's addresses beforehand."""
_LEGEND: Final = (
    "[dim]Forged: packets of port 9999 that video did not send and that a host got. Lost: of the "
    "messages on video's connection meanwhile. Slowest: until a message was answered; where the "
    "hostile tenant floods, its packets go round in the diamond and fill the links of video's path "
    "too, as shares of links are not enforced yet.[/dim]"
)
_GROUPS: Final = {
    "reach": "Who reaches whom",
    "bandwidth": "Bandwidth",
    "hostile": "While the hostile tenant was at it",
    "recovery": "With office's own controller back",
    "ending": "The slicer itself",
}
"""The groups of checks that are listed, with their titles; attempts have a table of their own."""


def introduce(console: Console) -> None:
    """Say what is about to be shown."""
    console.print(Panel(_INTRODUCTION, title="Two tenants, one network", expand=False))


def show_error(text: str, console: Console) -> None:
    """Say why the demo could not go on."""
    console.print(f"{CROSS} {escape(text)}", soft_wrap=True)


# ---- for people ----


def show(facts: Facts, checks: Sequence[Check], took: float, console: Console) -> None:
    """Print tables, and then the checks.

    Args:
        took: seconds that the demo took.
    """
    kinds = ", ".join(f"{each.traffic} ({_slice(each.slice)})" for each in facts.reaches)
    console.print("", _pairs_table(facts.reaches), f"[dim]In each place:[/dim] {kinds}")
    console.print("", _ways_table(facts.reaches))
    console.print("", _rates_table(facts.transfers))
    console.print("", _attempts_table(facts.hostility.attempts), _LEGEND)
    for group, members in groupby(checks, lambda check: check.group):
        if group in _GROUPS:
            console.print(f"\n[bold]{_GROUPS[group]}[/bold]")
            _show_checks(members, console)
    failing = [check for check in checks if not check.holds]
    attempts = [check for check in failing if check.group == "attempt"]
    if attempts:
        console.print("\n[bold]Attempts that were not answered as they should be[/bold]")
        _show_checks(attempts, console)
    verdict = (
        f"{CROSS} {len(failing)} of {len(checks)} checks do not hold"
        if failing
        else f"{TICK} all {len(checks)} checks hold"
    )
    console.print(f"\n{verdict}, {took:.0f} s")


def _show_checks(checks: Iterable[Check], console: Console) -> None:
    for check in checks:
        console.print(f"{_mark(check.holds)} {escape(check.name)}")
        if not check.holds:
            console.print(f"    found     {escape(check.found)}", soft_wrap=True)
            console.print(f"    expected  {escape(check.expected)}", soft_wrap=True)


def _mark(holds: bool) -> str:
    return TICK if holds else CROSS


def _slice(name: str) -> str:
    colour = _COLOURS.get(name, "default")
    return f"[{colour}]{escape(name)}[/{colour}]"


def _table(title: str, *columns: str, numbers: Iterable[str] = ()) -> Table:
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left")
    return table


def _pairs_table(reaches: Sequence[Reach]) -> Table:
    table = _table("Who reaches whom", "from", *(f"to {host}" for host in HOST_PORTS))
    for source in HOST_PORTS:
        cells = [
            " ".join(_mark(reach.pairs[source, target]) for reach in reaches)
            if source != target
            else ""
            for target in HOST_PORTS
        ]
        table.add_row(source, *cells)
    return table


def _ways_table(reaches: Sequence[Reach]) -> Table:
    slices = list(dict.fromkeys(reach.slice for reach in reaches))
    paths = {FAST: f"{FAST}, fast", SLOW: f"{SLOW}, slow"}
    admitted = {name: f"for {name}" for name in slices}
    numbers = ("reached", *paths.values(), *admitted.values())
    title = "By which path, for which slice, in packets"
    table = _table(title, "traffic", *numbers, numbers=numbers)
    for reach in reaches:
        table.add_row(
            reach.traffic,
            f"{reach.reached} of {len(reach.pairs)}",
            *(str(reach.packets.get(path, 0)) for path in paths),
            *(str(reach.admitted.get(name, 0)) for name in admitted),
        )
    return table


def _rates_table(transfers: Sequence[Transfer]) -> Table:
    paths = {FAST: f"packets at {FAST}", SLOW: f"at {SLOW}"}
    numbers = (*paths.values(), "link", "alone", "both at once")
    title = "Bandwidth, by iperf3, in Mbit/s"
    table = _table(title, "slice", "transfer", *numbers, numbers=numbers)
    for each in transfers:
        table.add_row(
            _slice(each.slice),
            f"{each.source} to {each.target}, TCP {each.port}",
            *(str(each.packets.get(path, 0)) for path in paths),
            f"{each.link / 1e6:.0f}",
            f"{each.alone / 1e6:.1f}",
            f"{each.together / 1e6:.1f}",
        )
    return table


def _attempts_table(attempts: Sequence[Attempt]) -> Table:
    numbers = ("forged", "lost", "slowest")
    table = _table(
        "What the hostile tenant tried, in office's place",
        "",
        "attempt",
        "answer",
        *numbers,
        numbers=numbers,
    )
    for each in attempts:
        holds = check_answers(each).holds and undisturbed(each.stream) and not each.forged
        table.add_row(
            _mark(holds),
            escape(each.name),
            escape("\n".join(each.errors) or _done(each)),
            str(len(each.forged)),
            f"{each.stream.lost}/{len(each.stream.messages)}",
            "" if each.stream.slowest is None else f"{each.stream.slowest * 1000:.0f} ms",
        )
    return table


def _done(attempt: Attempt) -> str:
    """What became of an attempt that was not refused."""
    if attempt.packets:
        return f"done, own packets: {attempt.packets}"
    return "done, no packets" if attempt.flows else "done, within its slice"


# ---- for programs ----


def as_json(facts: Facts, checks: Sequence[Check], took: float) -> str:
    """One JSON object: `ok`, `seconds`, `checks` and what was seen."""
    values = {
        "ok": all(check.holds for check in checks),
        "seconds": round(took, 1),
        "checks": [asdict(check) for check in checks],
        "reach": [_reach_values(reach) for reach in (*facts.reaches, facts.recovery)],
        "bandwidth": [asdict(transfer) for transfer in facts.transfers],
        "attempts": [_attempt_values(attempt) for attempt in facts.hostility.attempts],
        "stream": _stream_values(facts.hostility.stream),
    }
    return json.dumps(values, indent=2)


def failure_as_json(error: str) -> str:
    """Likewise, for a demo that could not go on to its end."""
    return json.dumps({"ok": False, "error": error}, indent=2)


def _reach_values(reach: Reach) -> dict[str, Any]:
    pairs = [
        {"from": source, "to": target, "reached": reached}
        for (source, target), reached in reach.pairs.items()
    ]
    plain = {name: getattr(reach, name) for name in ("traffic", "slice", "path")}
    return {**plain, "pairs": pairs, "packets": reach.packets, "admitted": reach.admitted}


def _attempt_values(attempt: Attempt) -> dict[str, Any]:
    values = asdict(attempt)
    return {**values, "stream": _stream_values(attempt.stream)}


def _stream_values(stream: Stream) -> dict[str, Any]:
    return {
        "broken": stream.broken,
        "sent": len(stream.messages),
        "lost": stream.lost,
        "slowest": stream.slowest,
    }
