"""Turns: who begins when, and that none waits for ever."""

from slicer.proxy.timers import Callback, Timers
from slicer.proxy.turns import PATIENCE, Turns


class Table:
    """Ten seats, and who has sat down, in order."""

    def __init__(self) -> None:
        self.timers = Timers()
        self.turns = Turns(10, self.timers)
        self.begun: list[tuple[int, float]] = []

    def ask(self, number: int, size: int, now: float = 0.0) -> None:
        self.turns.ask(number, size, self._begin(number), now)

    def _begin(self, number: int) -> Callback:
        return lambda now: self.begun.append((number, now))


def test_as_many_begin_at_once_as_there_is_room_for() -> None:
    table = Table()
    for number in (1, 2, 3):
        table.ask(number, 4)
    assert table.begun == [(1, 0.0), (2, 0.0)]
    assert [table.turns.waits(number) for number in (1, 2, 3)] == [False, False, True]
    table.turns.over(1, 5.0)
    assert table.begun[2:] == [(3, 5.0)]


def test_one_that_is_too_big_has_its_turn_alone_and_none_overtakes_it() -> None:
    table = Table()
    table.ask(1, 1)
    table.ask(2, 100)
    table.ask(3, 1)
    assert table.begun == [(1, 0.0)]
    table.turns.over(1, 1.0)
    assert table.begun[1:] == [(2, 1.0)]
    table.turns.over(2, 2.0)
    assert table.begun[2:] == [(3, 2.0)]


def test_one_that_goes_while_it_waits_never_begins() -> None:
    table = Table()
    table.ask(1, 10)
    table.ask(2, 10)
    table.turns.over(2, 1.0)
    table.turns.over(1, 2.0)
    assert table.begun == [(1, 0.0)]
    assert not table.turns.waits(2)


def test_one_that_never_ends_is_not_waited_for() -> None:
    table = Table()
    table.ask(1, 10)
    table.ask(2, 10)
    table.timers.run(PATIENCE - 0.1)
    assert table.begun == [(1, 0.0)]
    table.timers.run(PATIENCE)
    assert table.begun[1:] == [(2, PATIENCE)]
    table.turns.over(1, PATIENCE + 1)
    table.ask(3, 1, PATIENCE + 1)
    assert table.turns.waits(3), "2 has all the room, and 1 gives none back twice"


def test_who_has_a_turn_may_begin_again_and_who_is_done_leaves_no_timer() -> None:
    table = Table()
    table.ask(1, 10)
    table.ask(1, 10)
    assert table.begun == [(1, 0.0), (1, 0.0)]
    table.turns.over(1, 1.0)
    assert len(table.timers) == 0
