"""Facts: what was seen of the attacks and of the victim. Values only, nothing is judged here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mininet_topos.demo.facts import Change, Forged, Stream


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attack: see `controllers/attacks/__main__.py`."""

    name: str
    tries: str
    must: str
    seen: str
    began: float
    ended: float
    unexpected: str | None


@dataclass(frozen=True, slots=True)
class Pings:
    """The victim's pings."""

    sent: int
    received: int
    odd: str
    """What ping said of duplicates and errors; empty if nothing."""


@dataclass(frozen=True, slots=True)
class Memory:
    """The slicer's, in bytes that it has resident."""

    before: int
    """When the victim was at work and nobody attacked."""
    most: int
    """Since then."""


@dataclass(frozen=True, slots=True)
class Seen:
    """All that was seen."""

    in_turn: tuple[Outcome, ...]
    at_once: tuple[Outcome, ...]
    minutes: float
    pings: Pings
    stream: Stream
    forged: tuple[Forged, ...]
    """Packets of the victim's port that hosts got and that nobody should have sent."""
    controller: Mapping[str, Any]
    """The victim's: see `controllers.attacks.victim.Record`."""
    changes: Mapping[str, Change]
    """By switch, of everything but the attacker's flows, groups and meters."""
    memory: Memory
    runs: bool
    """Does the slicer still run that was started?"""
    complaints: tuple[str, ...]
    """Lines of its log that tell of an error of its own."""
    counted: tuple[str, ...]
    """Lines of its log about violations, as of its end."""
