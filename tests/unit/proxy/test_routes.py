"""Routes: when a message is legal unless its row says otherwise."""

from slicer.proxy.routes import AFTER_HELLO, Route, State


def nothing(session: object, frame: bytes, now: float) -> None:
    """Handles anything."""


def test_a_message_is_legal_from_ready_sessions_only_unless_its_row_says_otherwise() -> None:
    assert Route(nothing).states == {State.READY}


def test_before_the_hello_nothing_else_is_legal() -> None:
    assert frozenset(State) - AFTER_HELLO == {State.GREETING}


def test_a_state_is_found_by_its_identity() -> None:
    assert {State.READY: "ready"}[State.READY] == "ready"
    assert len(set(State)) == 3
