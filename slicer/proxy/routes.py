"""Route: who handles a kind of message, and when it is legal.

The two tables of routes (`from_controller.ROUTES`, `from_datapath.ROUTES`) are the security
policy: one row for a kind of message in a direction. Invariant: a kind without a row is handled
nowhere and passed on nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Generic, TypeVar

from slicer.openflow.dialect import Dialect
from slicer.openflow.kinds import Kind

Session = TypeVar("Session")
Handler = Callable[[Session, bytes, float], None]
"""Takes a frame of a session's at a time."""
RunHandler = Callable[[Session, Sequence[bytes], int, float], int]
"""Takes frames of one read of a session's, from a given one on, as far as they are a run
(`runs.py`), at a time; returns how many."""


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


GREETING, READY = State.GREETING, State.READY
"""For what each message is asked: to find a member takes Python 3.11 ten times as long."""


@dataclass(frozen=True, slots=True)
class Route(Generic[Session]):
    """`handler(session, frame, now)` for frames that come in one of `states`."""

    handler: Handler[Session]
    states: frozenset[State] = frozenset({State.READY})
    is_own: bool = False
    """Is it the slicer itself that carries the message out, and not the datapath?"""
    run: RunHandler[Session] | None = None
    """How several that come at once are handled together."""
    for_watchers: bool = False
    """May a watcher send it? Where it may be a change too, the handler asks who sends it."""


def direct(
    routes: Mapping[Kind, Route[Session]], dialect: Dialect, without: frozenset[Kind] = frozenset()
) -> Mapping[int, Handler[Session]]:
    """The handlers of READY sessions by type byte, for frames of the dialect's version: a short cut
    for what the type byte alone decides. Left out are kinds that the slicer itself carries out,
    and those in `without`."""
    return {number: route.handler for number, route in _direct(routes, dialect, without)}


def direct_runs(
    routes: Mapping[Kind, Route[Session]], dialect: Dialect, without: frozenset[Kind] = frozenset()
) -> Mapping[int, RunHandler[Session]]:
    """Likewise, the handlers of runs, of those of the same kinds that have one."""
    return {number: route.run for number, route in _direct(routes, dialect, without) if route.run}


def _direct(
    routes: Mapping[Kind, Route[Session]], dialect: Dialect, without: frozenset[Kind]
) -> Iterator[tuple[int, Route[Session]]]:
    for number, kind in dialect.plain_kinds.items():
        route = routes.get(kind)
        if route is None or State.READY not in route.states:
            continue
        if not route.is_own and kind not in without:
            yield number, route


ALWAYS = frozenset(State)
AFTER_HELLO = frozenset({State.JOINING, State.READY})
