"""Outstanding: who wants more than the limit waits for room, in order."""

from slicer.proxy.outstanding import Outstanding


def test_without_a_limit_nobody_waits() -> None:
    outstanding = Outstanding(None)
    for _ in range(1000):
        outstanding.ask()
    assert not outstanding.is_full


def test_those_that_wait_go_on_in_order_as_far_as_there_is_room() -> None:
    outstanding = Outstanding(1)
    went: list[tuple[str, float]] = []
    outstanding.ask()
    assert outstanding.is_full

    def first(now: float) -> None:
        went.append(("first", now))
        outstanding.ask()

    outstanding.wait(first)
    outstanding.wait(lambda now: went.append(("second", now)))
    outstanding.settle(1.0)
    assert went == [("first", 1.0)]
    outstanding.settle(2.0)
    assert went == [("first", 1.0), ("second", 2.0)]
    assert not outstanding.is_full


def test_many_are_asked_and_settled_at_once() -> None:
    outstanding = Outstanding(3)
    went: list[float] = []
    outstanding.ask(5)
    outstanding.wait(went.append)
    outstanding.settle(1.0, 2)
    assert went == []
    outstanding.settle(2.0, 2)
    assert went == [2.0]
