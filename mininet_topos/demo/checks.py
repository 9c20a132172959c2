"""Checks: what the demo expects. Facts in, named checks out.

Nothing is measured here. Invariant: a check that fails says what was found and what was expected,
in one line each.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from controllers.attempts import DELETE_EVERYTHING
from mininet_topos.demo.facts import (
    Attempt,
    Counts,
    Ending,
    Facts,
    Hostility,
    Reach,
    Stream,
    Transfer,
)
from mininet_topos.diamond import FAST, SLOW

LOWEST_USE: Final = 0.25
"""The part of a link's rate that a lone TCP transfer must reach, on a machine that may be busy."""
HIGHEST_USE: Final = 1.05
MOST_SAMPLES: Final = 3


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation."""

    group: str
    name: str
    holds: bool
    found: str
    expected: str


def all_checks(facts: Facts) -> tuple[Check, ...]:
    """Everything that was expected of the demo, in the order in which it happened."""
    return (
        *(check for reach in facts.reaches for check in check_reach(reach)),
        *(check for transfer in facts.transfers for check in check_transfer(transfer)),
        *check_contrast(facts.transfers),
        *(check_answers(attempt) for attempt in facts.hostility.attempts),
        *check_hostility(facts.hostility),
        *(check for check in check_reach(facts.recovery, "recovery")),
        *check_ending(facts.ending),
    )


# ---- reaching ----


def check_reach(reach: Reach, group: str = "reach") -> Iterator[Check]:
    """One kind of traffic gets everywhere, in its slice, by its path."""
    failing = [f"{one} to {other}" for (one, other), reached in reach.pairs.items() if not reached]
    yield Check(
        group,
        f"{reach.traffic}: every host reaches every other",
        not failing,
        f"not {_some(failing)}" if failing else f"{reach.reached} of {len(reach.pairs)}",
        f"{len(reach.pairs)} of {len(reach.pairs)}",
    )
    yield Check(
        group,
        f"{reach.traffic} is {reach.slice}'s alone",
        _only(reach.admitted, reach.slice),
        f"admitted {_counts(reach.admitted, 'packets')}",
        f"packets to {reach.slice} alone",
    )
    yield _by_path(group, reach.traffic, reach.path, reach.packets)


def _by_path(group: str, what: str, path: str, packets: Counts) -> Check:
    return Check(
        group,
        f"{what} goes by {path} alone",
        _only(packets, path),
        _counts(packets, "packets"),
        f"packets at {path} alone",
    )


def _only(counts: Counts, name: str) -> bool:
    return counts.get(name, 0) > 0 and sum(counts.values()) == counts[name]


# ---- bandwidth ----


def check_transfer(transfer: Transfer) -> Iterator[Check]:
    """A slice's transfer takes its path, and has that path's rate, alone and together."""
    yield _by_path("bandwidth", f"{transfer.slice}'s transfer", transfer.path, transfer.packets)
    lowest, highest = transfer.link * LOWEST_USE, transfer.link * HIGHEST_USE
    for when, rate in (("alone", transfer.alone), ("beside the other's", transfer.together)):
        yield Check(
            "bandwidth",
            f"{transfer.slice}'s transfer {when} has the rate of its path",
            lowest <= rate <= highest,
            mbit(rate),
            f"{mbit(lowest)} to {mbit(highest)}",
        )


def check_contrast(transfers: tuple[Transfer, ...]) -> Iterator[Check]:
    """The fast path's slice has more than the slow path's links could carry."""
    slow = next(each for each in transfers if each.path == SLOW)
    for fast in transfers:
        if fast.path == FAST:
            yield Check(
                "bandwidth",
                f"{fast.slice} has more than the slow path can carry",
                min(fast.alone, fast.together) > slow.link * HIGHEST_USE,
                mbit(min(fast.alone, fast.together)),
                f"more than {mbit(slow.link)}",
            )


def mbit(rate: float) -> str:
    """A rate for people."""
    return f"{rate / 1e6:.1f} Mbit/s"


# ---- the hostile tenant ----


def check_answers(attempt: Attempt) -> Check:
    """An attempt was answered as it should be."""
    wanted = attempt.sent if attempt.due == "error" else 0
    found = [_errors(attempt.errors) if attempt.errors else "no error"]
    expected = [f"{wanted} errors" if wanted else "no error"]
    found += [f"no answer from {each}" for each in attempt.silent]
    if attempt.needs_packets:
        found.append(f"{attempt.packets} packets matched")
        expected.append("some packets matched")
    return Check(
        "attempt",
        attempt.name,
        attempt.sent > 0
        and attempt.refused == wanted
        and not attempt.silent
        and (attempt.packets > 0 or not attempt.needs_packets),
        ", ".join(found),
        ", ".join(expected),
    )


def _errors(errors: Counts) -> str:
    return ", ".join(f"{count} {name}" for name, count in errors.items())


def undisturbed(stream: Stream) -> bool:
    """Tell whether something was sent and all of it came back."""
    return bool(stream.messages) and stream.lost == 0


def check_hostility(seen: Hostility) -> Iterator[Check]:
    """Video went on as if nobody else were there."""
    yield from _check_stream(seen)
    yield from _check_packets(seen)
    yield from _check_flows(seen)


def _check_stream(seen: Hostility) -> Iterator[Check]:
    stream = seen.stream
    yield Check(
        "hostile",
        "video's connection holds",
        stream.broken is None,
        f"it broke: {stream.broken}" if stream.broken else "one connection from first to last",
        "one connection from first to last",
    )
    yield Check(
        "hostile",
        "nothing that video sends is lost",
        undisturbed(stream),
        f"{stream.lost} of {len(stream.messages)} messages lost",
        "0 lost, of some",
    )
    unseen = [each.name for each in seen.attempts if not undisturbed(each.stream)]
    yield Check(
        "hostile",
        "video is at work during each attempt",
        not unseen,
        f"not during {_some(unseen)}" if unseen else f"during all {len(seen.attempts)}",
        "messages sent during each, and all of them back",
    )


def _check_packets(seen: Hostility) -> Iterator[Check]:
    yield Check(
        "hostile",
        "no host gets a packet of video's that video did not send",
        not seen.forged,
        f"{len(seen.forged)} packets: {_some([str(each) for each in seen.forged])}".rstrip(": "),
        "0 packets",
    )
    caught = sum(each.caught for each in seen.attempts)
    yield Check(
        "hostile",
        "the hostile controller is sent none of video's packets",
        caught == 0,
        f"{caught} packets",
        "0 packets",
    )


def _check_flows(seen: Hostility) -> Iterator[Check]:
    emptied = next((each for each in seen.attempts if each.name == DELETE_EVERYTHING), None)
    yield Check(
        "hostile",
        "the hostile controller is shown no flow but its own",
        emptied is not None and emptied.flows == 0,
        f"{emptied.flows if emptied else 'no'} flows after it has deleted its own",
        "0 flows after it has deleted its own",
    )
    yield Check(
        "hostile",
        "video has flows of its own",
        seen.video_flows > 0,
        f"{seen.video_flows} flows",
        "some: without any, nothing would be shown",
    )
    for switch, change in seen.changes.items():
        lines = [f"+{line}" for line in change.added] + [f"-{line}" for line in change.removed]
        yield Check(
            "hostile",
            f"{switch} holds what it held, office's own flows aside",
            not lines,
            f"{len(lines)} differences: {_some(lines)}" if lines else "no difference",
            "no difference",
        )


# ---- the end ----


def check_ending(ending: Ending) -> Iterator[Check]:
    """The slicer did not complain, ends when asked to, and leaves the switches as they are."""
    yield Check(
        "ending",
        "the slicer's log tells of no error",
        not ending.complaints,
        _some(ending.complaints) if ending.complaints else "none",
        "none",
    )
    yield Check(
        "ending",
        "the slicer ends when asked to",
        ending.status == 0,
        f"status {ending.status}",
        "status 0",
    )
    yield Check(
        "ending",
        "the switches keep their flows without it",
        ending.kept,
        "the same flows" if ending.kept else "other flows",
        "the same flows",
    )


def _counts(counts: Counts, unit: str) -> str:
    return ", ".join(f"{name}: {count}" for name, count in counts.items()) + f" {unit}"


def _some(texts: Sequence[str]) -> str:
    more = len(texts) - MOST_SAMPLES
    return ", ".join(texts[:MOST_SAMPLES]) + (f" and {more} more" if more > 0 else "")
