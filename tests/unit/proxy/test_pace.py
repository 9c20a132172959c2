"""Work is counted up to a turn."""

from slicer.proxy.operation import A_TURN
from slicer.proxy.pace import COMPARED, MADE, TOUCHED, Pace


def test_a_turn_is_over_after_so_many_flows_and_the_next_begins() -> None:
    pace = Pace()
    for _ in range(2):
        assert [pace.is_turn_over() for _ in range(A_TURN)] == [False] * (A_TURN - 1) + [True]


def test_what_takes_longer_counts_for_more() -> None:
    pace = Pace()
    assert not pace.is_turn_over(A_TURN * MADE - COMPARED - TOUCHED)
    assert not pace.is_turn_over(COMPARED)
    assert pace.is_turn_over(TOUCHED)
