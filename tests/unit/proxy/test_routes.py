"""Routes: when a message is legal unless its row says otherwise."""

from collections.abc import Sequence

from slicer.openflow.kinds import Kind
from slicer.openflow.v13 import V13
from slicer.proxy.routes import AFTER_HELLO, Route, State, direct, direct_runs


def nothing(session: object, frame: bytes, now: float) -> None:
    """Handles anything."""


def test_a_message_is_legal_from_ready_sessions_only_unless_its_row_says_otherwise() -> None:
    assert Route(nothing).states == {State.READY}


def test_before_the_hello_nothing_else_is_legal() -> None:
    assert frozenset(State) - AFTER_HELLO == {State.GREETING}


def test_a_state_is_found_by_its_identity() -> None:
    assert {State.READY: "ready"}[State.READY] == "ready"
    assert len(set(State)) == 3


def several(session: object, frames: Sequence[bytes], start: int, now: float) -> int:
    """Handles all of them."""
    return len(frames) - start


def test_what_the_type_byte_decides_is_found_by_it() -> None:
    routes = {
        Kind.FLOW_MOD: Route(nothing, run=several),
        Kind.PACKET_OUT: Route(nothing),
        Kind.ECHO_REQUEST: Route(nothing, is_own=True, run=several),
        Kind.PORT_MOD: Route(nothing, frozenset({State.JOINING}), run=several),
        Kind.GROUP_MOD: Route(nothing, run=several),
    }
    without = frozenset({Kind.GROUP_MOD})
    assert direct(routes, V13, without) == {14: nothing, 13: nothing}
    assert direct_runs(routes, V13, without) == {14: several}
