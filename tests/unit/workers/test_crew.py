"""Crew: who is started when, and who gets the next connection."""

from math import inf

from slicer.workers.crew import FIRST_DELAY, LONG_LIFE, LONGEST_DELAY, Crew


def up(size: int, most_joining: float = inf) -> Crew:
    crew = Crew(size, 0.0, most_joining)
    for number in crew.due(0.0):
        crew.started(number, 0.0)
    return crew


def test_all_are_due_at_first_and_none_once_up() -> None:
    crew = Crew(3, 5.0)
    assert crew.next_due == 5.0
    assert crew.due(5.0) == [1, 2, 3]
    assert crew.by_load() == []
    assert up(3).due(100.0) == []
    assert up(3).next_due is None


def test_the_one_with_the_fewest_connections_comes_first() -> None:
    crew = up(3)
    for number in (1, 1, 2):
        crew.took(number)
    assert crew.by_load() == [3, 2, 1]
    crew.took(3)
    crew.took(3)
    crew.left(1)
    crew.left(1)
    assert crew.by_load() == [1, 2, 3]


def test_one_with_as_many_joining_as_may_gets_none_until_one_has_joined_or_left() -> None:
    crew = up(2, most_joining=2)
    for peer in (1, 2):
        crew.took(1)
        crew.took(2)
        assert crew.by_load() == ([1, 2] if peer == 1 else [])
    crew.joined(1, 11)
    assert crew.by_load() == [1]
    crew.took(1)
    assert crew.by_load() == []
    crew.left(1, 11)
    assert crew.by_load() == [], "it was none of those that are joining"
    crew.left(1, 12)
    crew.left(2, 0)
    assert crew.by_load() == [1, 2]


def test_one_that_starts_again_has_nobody_joining() -> None:
    crew = up(1, most_joining=1)
    crew.took(1)
    crew.joined(1, 11)
    crew.took(1)
    crew.ended(1, 50.0)
    crew.started(1, 51.0)
    assert crew.by_load() == [1]
    crew.took(1)
    assert crew.by_load() == []


def test_one_that_has_ended_gets_nothing_and_starts_again_with_nothing_to_do() -> None:
    crew = up(2)
    crew.took(1)
    assert crew.ended(1, 50.0) == FIRST_DELAY
    assert crew.by_load() == [2]
    assert crew.next_due == 50.0 + FIRST_DELAY
    assert crew.due(50.0) == []
    assert crew.due(50.0 + FIRST_DELAY) == [1]
    crew.took(2)
    crew.started(1, 51.0)
    assert crew.by_load() == [1, 2]


def test_one_that_ends_again_and_again_is_started_ever_later() -> None:
    crew, now, delays = up(1), 0.0, []
    for _ in range(10):
        delays.append(crew.ended(1, now))
        now += delays[-1]
        crew.started(1, now)
    assert delays[:3] == [FIRST_DELAY, 2 * FIRST_DELAY, 4 * FIRST_DELAY]
    assert delays[-1] == LONGEST_DELAY
    assert crew.ended(1, now + LONG_LIFE) == FIRST_DELAY


def test_one_that_cant_be_started_is_tried_ever_later() -> None:
    crew = Crew(1, 0.0)
    assert [crew.ended(1, now) for now in (0.0, 100.0, 200.0)] == [
        FIRST_DELAY,
        2 * FIRST_DELAY,
        4 * FIRST_DELAY,
    ]
