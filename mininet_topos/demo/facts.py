"""Facts: what the demo saw, as values. What it expected is `checks.py`'s.

Invariant: every field is a measurement or names one; rates are in bits per second and times in
seconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Reach:
    """One kind of traffic between all hosts, both ways."""

    traffic: str
    slice: str
    """Whose it should be."""
    path: str
    """The middle switch that it should go by."""
    pairs: Mapping[tuple[str, str], bool]
    """From whom, to whom: has it got there and back?"""
    packets: Counts
    """Packets that each middle switch received meanwhile."""
    admitted: Counts
    """Packets that the switches admitted to each slice meanwhile."""

    @property
    def reached(self) -> int:
        """The pairs that got through."""
        return sum(self.pairs.values())


@dataclass(frozen=True, slots=True)
class Transfer:
    """A slice's TCP transfer, by iperf3."""

    slice: str
    source: str
    target: str
    port: int
    path: str
    """The middle switch that it should go by."""
    link: float
    """The rate of the links of that path."""
    alone: float
    """Its rate as the receiver had it, with nothing else on the network."""
    packets: Counts
    """Packets that each middle switch received while it was alone."""
    together: float
    """Its rate while the other slice's transfer ran too."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message on video's stream: when it was sent, and when it was back, if ever."""

    sent: float
    back: float | None


@dataclass(frozen=True, slots=True)
class Stream:
    """Video's long connection."""

    messages: tuple[Message, ...]
    broken: str | None
    """Why it ended before it should; None if it did not."""

    def between(self, began: float, ended: float) -> "Stream":
        """The part that was sent in a span of time."""
        during = tuple(each for each in self.messages if began <= each.sent < ended)
        return Stream(during, self.broken)

    @property
    def lost(self) -> int:
        """Messages that did not come back."""
        return sum(message.back is None for message in self.messages)

    @property
    def slowest(self) -> float | None:
        """The longest time that a message took; None where none came back."""
        times = [each.back - each.sent for each in self.messages if each.back is not None]
        return max(times, default=None)


@dataclass(frozen=True, slots=True)
class Forged:
    """A packet of video's port that a host got and that nobody should have sent."""

    host: str
    at: float
    source: str
    target: str

    def __str__(self) -> str:
        return f"{self.source} to {self.target} at {self.host}"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One thing that the hostile tenant tried, and what came of it."""

    name: str
    due: str
    """The answer that is due: `error` for every message, or `none`."""
    sent: int
    """Messages, to all datapaths."""
    errors: Counts
    """How many were answered by which error, by OpenFlow's name for its code."""
    silent: tuple[str, ...]
    """Datapaths that gave no sign that they had carried it out."""
    flows: int
    """Flows that the tenant was shown at the end."""
    packets: int
    """Packets that its flows had matched."""
    needs_packets: bool
    """It shows something only if there were any."""
    caught: int
    """Packets of video's that it was sent."""
    stream: Stream
    """Video's, meanwhile."""
    forged: tuple[Forged, ...]
    """What hosts got, meanwhile."""

    @property
    def refused(self) -> int:
        """Messages that were answered by an error."""
        return sum(self.errors.values())

    @classmethod
    def of(cls, outcome: Mapping[str, Any], stream: Stream, forged: Sequence[Forged]) -> "Attempt":
        """From a line of the hostile controller's report, and the records of the whole time."""
        fields = dict(outcome)
        began, ended = fields.pop("began"), fields.pop("ended")
        return cls(
            **{**fields, "silent": tuple(fields["silent"])},
            stream=stream.between(began, ended),
            forged=tuple(each for each in forged if began <= each.at < ended),
        )


@dataclass(frozen=True, slots=True)
class Change:
    """How what a switch held, less office's flows, differs before and after."""

    added: frozenset[str]
    removed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Hostility:
    """All that happened while the hostile controller was in office's place."""

    attempts: tuple[Attempt, ...]
    stream: Stream
    """Video's, from before the first attempt until after the last."""
    forged: tuple[Forged, ...]
    """What hosts got in that time."""
    video_flows: int
    """Flows of video's own, on all switches, before."""
    changes: Mapping[str, Change]
    """By switch."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What was seen when the slicer was stopped."""

    status: int
    """Its exit status."""
    complaints: tuple[str, ...]
    """Lines of its log that tell of an error."""
    kept: bool
    """The switches' flows and groups were the same after."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The whole demo's."""

    reaches: tuple[Reach, ...]
    transfers: tuple[Transfer, ...]
    hostility: Hostility
    recovery: Reach
    """Office's traffic with its own controller back."""
    ending: Ending
