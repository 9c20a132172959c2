"""Route: who handles a kind of message, and when it is legal.

The two tables of routes (`from_controller.ROUTES`, `from_datapath.ROUTES`) are the security
policy: one row for a kind of message in a direction. Invariant: a kind without a row is handled
nowhere and passed on nowhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Generic, TypeVar

Session = TypeVar("Session")


class State(Enum):
    """How far a connection has come."""

    # Enum's own hash is written in Python, and every message asks for its state's.
    __hash__ = object.__hash__

    GREETING = auto()
    """Before the other side's hello (OpenFlow 1.3.5 6.3.1)."""
    JOINING = auto()
    """A datapath whose features, ports and flows are being read."""
    READY = auto()
    """Everything that a route allows."""


@dataclass(frozen=True, slots=True)
class Route(Generic[Session]):
    """`handler(session, frame, now)` for frames that come in one of `states`."""

    handler: Callable[[Session, bytes, float], None]
    states: frozenset[State] = frozenset({State.READY})
    is_own: bool = False
    """Is it the slicer itself that carries the message out, and not the datapath?"""


ALWAYS = frozenset(State)
AFTER_HELLO = frozenset({State.JOINING, State.READY})
