"""Timers: when what runs, how often, and that nothing is lost or piles up."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slicer.proxy.timers import Timers


class Log:
    """Makes callbacks that write down their names and when they ran."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, float]] = []

    def __call__(self, name: str) -> Callable[[float], None]:
        return lambda now: self.ran.append((name, now))


def test_a_callback_runs_at_its_deadline_and_once() -> None:
    timers, log = Timers(), Log()
    timers.set("a", 2.0, log("a"))
    timers.run(1.9)
    assert log.ran == []
    timers.run(2.0)
    timers.run(3.0)
    assert log.ran == [("a", 2.0)]
    assert len(timers) == 0


def test_the_earliest_runs_first_whatever_the_order_of_setting() -> None:
    timers, log = Timers(), Log()
    for name, deadline in (("late", 3.0), ("early", 1.0), ("middle", 2.0)):
        timers.set(name, deadline, log(name))
    timers.run(9.0)
    assert log.ran == [("early", 9.0), ("middle", 9.0), ("late", 9.0)]


def test_the_next_deadline_is_of_those_that_are_still_wanted() -> None:
    timers, log = Timers(), Log()
    assert timers.next_deadline is None
    timers.set("a", 1.0, log("a"))
    timers.set("b", 2.0, log("b"))
    assert timers.next_deadline == 1.0
    timers.cancel("a")
    assert timers.next_deadline == 2.0
    timers.cancel("b")
    assert timers.next_deadline is None
    timers.cancel("never set")


@pytest.mark.parametrize("again", [0.5, 5.0])
def test_setting_a_name_again_replaces_it(again: float) -> None:
    timers, log = Timers(), Log()
    timers.set("a", 1.0, log("old"))
    timers.set("a", again, log("new"))
    assert len(timers) == 1
    assert timers.next_deadline == again
    timers.run(9.0)
    assert log.ran == [("new", 9.0)]


def test_a_timer_that_is_set_by_one_that_runs_waits_for_the_next_run() -> None:
    timers, log = Timers(), Log()

    def again(now: float) -> None:
        log("again")(now)
        timers.set("again", now, again)

    timers.set("again", 1.0, again)
    timers.run(1.0)
    assert log.ran == [("again", 1.0)]
    assert timers.next_deadline == 1.0
    timers.run(1.0)
    assert log.ran == [("again", 1.0)] * 2


def test_one_that_runs_may_cancel_or_replace_another_that_is_due() -> None:
    timers, log = Timers(), Log()

    def meddle(_: float) -> None:
        timers.cancel("cancelled")
        timers.set("replaced", 1.0, log("new"))

    timers.set("meddle", 1.0, meddle)
    timers.set("cancelled", 2.0, log("cancelled"))
    timers.set("replaced", 2.0, log("old"))
    timers.run(2.0)
    assert log.ran == []
    timers.run(2.0)
    assert log.ran == [("new", 2.0)]


def test_a_callback_with_a_fault_does_not_cost_the_others_that_are_due() -> None:
    timers, log = Timers(), Log()

    def fault(_: float) -> None:
        raise ZeroDivisionError

    timers.set("before", 1.0, log("before"))
    timers.set("fault", 2.0, fault)
    timers.set("after", 3.0, log("after"))
    with pytest.raises(ZeroDivisionError):
        timers.run(3.0)
    assert timers.next_deadline == 3.0
    timers.run(4.0)
    assert log.ran == [("before", 3.0), ("after", 4.0)]


def test_what_was_replaced_does_not_pile_up() -> None:
    timers, log = Timers(), Log()
    for _ in range(10):
        timers.set(object(), 1e9, log("others"))
    for number in range(10_000):
        timers.set("probe", 1e6 + number, log("probe"))
    assert len(timers) == 11
    assert len(timers._heap) <= 2 * 11 + 65
    timers.run(2e6)
    assert log.ran == [("probe", 2e6)]


def test_what_is_left_after_that_still_runs_in_order() -> None:
    timers, log = Timers(), Log()
    for number in range(200):
        timers.set(number, 1000.0 - number, log("dropped"))
    for number in range(200):
        if number % 20:
            timers.cancel(number)
        else:
            timers.set(number, 1000.0 - number, log(str(number)))
    for _ in range(300):
        timers.set("probe", 5000.0, log("probe"))
    deadlines = []
    while (deadline := timers.next_deadline) is not None:
        deadlines.append(deadline)
        timers.run(deadline)
    assert deadlines == sorted(deadlines)
    assert [name for name, _ in log.ran] == [*map(str, range(180, -1, -20)), "probe"]


names = st.sampled_from("abcd")
steps = st.one_of(
    st.tuples(st.just("set"), names, st.integers(0, 9)),
    st.tuples(st.just("cancel"), names, st.just(0)),
    st.tuples(st.just("run"), st.just(""), st.integers(0, 9)),
)


@given(st.lists(steps, max_size=30))
def test_they_do_what_a_plain_dictionary_would_do(script: list[tuple[str, str, int]]) -> None:
    timers, log = Timers(), Log()
    wanted: dict[str, int] = {}
    expected: list[str] = []
    for verb, name, number in script:
        if verb == "set":
            timers.set(name, number, log(name))
            wanted.pop(name, None)
            wanted[name] = number
        elif verb == "cancel":
            timers.cancel(name)
            wanted.pop(name, None)
        else:
            timers.run(number)
            due = [each for each in wanted if wanted[each] <= number]
            expected += sorted(due, key=wanted.__getitem__)
            wanted = {each: when for each, when in wanted.items() if when > number}
        assert [ran for ran, _ in log.ran] == expected
        assert timers.next_deadline == min(wanted.values(), default=None)
