"""Checks: what must hold after the attacks, each with the value that was seen.

Invariant: a check depends on what was seen alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mininet_topos.attacks.facts import Seen

MOST_GROWTH: Final = 64 << 20
"""Bytes that the slicer's memory may grow by: what the policy lets wait for the attacker's sixteen
connections to each of four slivers, an eighth of it for events (8 MiB), requests that the switches
have not answered, and as much again for Python."""
LEAST_PINGS: Final = 100
LEAST_ROUNDS: Final = 20


@dataclass(frozen=True, slots=True)
class Check:
    """One row of the report."""

    what: str
    found: str
    holds: bool


def all_checks(seen: Seen) -> list[Check]:
    """Every check."""
    return [*_of_attacks(seen), *_of_traffic(seen), *_of_control(seen), *_of_slicer(seen)]


def _of_attacks(seen: Seen) -> Iterator[Check]:
    odd = [each.name for each in seen.in_turn if each.unexpected is not None]
    number = len(seen.in_turn)
    as_must = f"{number - len(odd)} of {number}" + (f", not: {', '.join(odd)}" if odd else "")
    yield Check("attacks that ended as they must, one by one", as_must, not odd and number > 0)
    done = len(seen.at_once)
    yield Check("attacks done side by side", str(done), done > 0)


def _of_traffic(seen: Seen) -> Iterator[Check]:
    pings, stream = seen.pings, seen.stream
    found = f"{pings.received} of {pings.sent} {pings.odd}".strip()
    whole = pings.received == pings.sent >= LEAST_PINGS and not pings.odd
    yield Check("the victim's pings answered", found, whole)
    sent = len(stream.messages)
    back = f"{sent - stream.lost} of {sent}" + (f", {stream.broken}" if stream.broken else "")
    yield Check(
        "its transfer's messages back", back, sent > 0 and stream.lost == 0 and not stream.broken
    )
    forged = str(seen.forged[0]) if seen.forged else "none"
    yield Check("foreign packets at hosts", forged, not seen.forged)
    changed = [name for name, each in seen.changes.items() if each.added or each.removed]
    yield Check(
        "switches changed, but for the attacker's", ", ".join(changed) or "none", not changed
    )


def _of_control(seen: Seen) -> Iterator[Check]:
    record = seen.controller
    rounds = f"{record['rounds']}, {record['questions']} questions"
    went_on = record["closed"] is None and record["rounds"] >= LEAST_ROUNDS
    yield Check("its controller's rounds", record["closed"] or rounds, went_on)
    yield Check("its questions unanswered", str(record["unanswered"]), record["unanswered"] == 0)
    for what, key in (("answers that differ", "wrong"), ("foreign messages", "foreign")):
        found = record[key]
        yield Check(what, f"{len(found)}: {found[0]}" if found else "none", not found)


def _of_slicer(seen: Seen) -> Iterator[Check]:
    yield Check("the slicer still runs", "yes" if seen.runs else "no", seen.runs)
    complaints = seen.complaints[0] if seen.complaints else "none"
    yield Check("errors of its own in its log", complaints, not seen.complaints)
    growth = seen.memory.most - seen.memory.before
    found = f"{growth / 2**20:.1f} MiB, from {seen.memory.before / 2**20:.1f} MiB"
    yield Check("growth of its memory", found, growth < MOST_GROWTH)
    yield Check("lines that tell of violations", str(len(seen.counted)), bool(seen.counted))
