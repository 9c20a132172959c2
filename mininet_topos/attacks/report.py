"""Report: what was seen and what holds, for people and for programs. Nothing is judged here."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mininet_topos.attacks.checks import Check
from mininet_topos.attacks.facts import Seen
from mininet_topos.demo.progress import CROSS, TICK

SHOWN: Final = 100
"""The longest text of a table's cell."""


def show(seen: Seen, checks: Sequence[Check], console: Console) -> None:
    """Print tables: each attack, what was counted, each check."""
    attacks = Table(
        "", "attack", "must be", "how one sees it", title="attacks", title_justify="left"
    )
    for each in seen.in_turn:
        mark = TICK if each.unexpected is None else CROSS
        told = each.seen if each.unexpected is None else each.unexpected
        attacks.add_row(mark, each.name, each.must, escape(told[:SHOWN]))
    console.print(attacks)
    counted = Table("what the slicer has counted", title="violations", title_justify="left")
    for line in seen.counted:
        counted.add_row(escape(line))
    console.print(counted)
    table = Table("", "check", "found", title="the victim and the slicer", title_justify="left")
    for check in checks:
        table.add_row(TICK if check.holds else CROSS, check.what, escape(check.found[:SHOWN]))
    console.print(table)
    trips = seen.controller["round_trips"]
    if trips:
        console.print(
            "packet-out to packet-in of the victim's, meanwhile: "
            f"median {trips[0]:.1f} ms, 99th percentile {trips[1]:.1f} ms, most {trips[2]:.1f} ms"
        )


def as_json(seen: Seen, checks: Sequence[Check]) -> str:
    """The same as one JSON object, without each message of the transfer."""
    values = {
        "holds": all(check.holds for check in checks),
        "checks": [asdict(check) for check in checks],
        "attacks": [asdict(each) for each in seen.in_turn],
        "at_once": len(seen.at_once),
        "minutes": seen.minutes,
        "pings": asdict(seen.pings),
        "victims_controller": dict(seen.controller),
        "memory": asdict(seen.memory),
        "counted": list(seen.counted),
    }
    return json.dumps(values, indent=2)
