"""Remembered: what is admitted, what is found again, and what is forgotten first."""

import tracemalloc
from random import Random

import pytest

from slicer.proxy import marks
from slicer.proxy.memory import Account, Memory
from slicer.proxy.remembered import LONGEST, Remembered, bytes_of


def table(most: int = 1 << 30) -> Remembered[bytes]:
    return Account(Memory(most)).by_tag(bytes_of).of(5)


def key(number: int, size: int = 96) -> bytes:
    return number.to_bytes(4, "big") + bytes(size - 4)


def fill(known: Remembered[bytes], numbers: range) -> None:
    for number in numbers:
        known.keep(key(number), key(number, 150))


def test_what_was_kept_is_found() -> None:
    known = table()
    fill(known, range(10))
    assert [known.find(key(each)) for each in range(11)] == [
        *(key(each, 150) for each in range(10)),
        None,
    ]
    assert known.recent == {key(each): key(each, 150) for each in range(10)}
    assert len(known) == 10


def test_what_is_said_anew_takes_the_place_of_what_was() -> None:
    known = table()
    known.keep(key(1), bytes(100))
    before = known.size
    known.keep(key(1), bytes(50))
    assert (len(known), known.find(key(1))) == (1, bytes(50))
    assert known.size == before - bytes_of(bytes(100)) + bytes_of(bytes(50))


def test_what_is_long_is_not_kept() -> None:
    known = table()
    known.keep(bytes(LONGEST), b"")
    known.keep(bytes(LONGEST + 1), b"")
    assert len(known) == 1


def test_at_its_second_coming_it_is_there_again() -> None:
    known = table()
    first = [known.is_again(key(number)) for number in range(1000)]
    second = [known.is_again(key(number)) for number in range(1000)]
    assert sum(first) < 60
    assert sum(second) > 850


def test_what_never_comes_again_takes_next_to_nothing() -> None:
    known = table()
    count = 200_000
    for number in range(count):
        if known.is_again(key(number)):
            known.keep(key(number), key(number, 150))
    assert known.size < 2 * marks.MOST + 0.03 * count * 400


def test_what_was_asked_for_since_is_not_forgotten() -> None:
    known = table()
    fill(known, range(100))
    assert known.forget() == 50, "those known longest"
    assert all(known.find(key(each)) for each in range(50, 80))
    assert known.forget() > 0
    assert [known.find(key(each)) is not None for each in (79, 60, 50)] == [True] * 3
    fill(known, range(200, 230))
    assert known.forget() == 27, "the others"
    assert [known.find(key(each)) is not None for each in (79, 60, 50, 61, 200)] == [
        *(True, True, True, False, True)
    ]


@pytest.mark.parametrize("count", [1, 2, 3, 50])
def test_in_the_end_all_is_forgotten(count: int) -> None:
    known = table()
    fill(known, range(count))
    forgotten = 0
    for _ in range(40):
        forgotten += known.forget()
    assert (forgotten, len(known), known.measured()) == (count, 0, 0)


def test_marks_are_forgotten_where_there_is_nothing_else() -> None:
    known = table()
    for number in range(4 * marks.FEWEST):
        known.is_again(key(number))
    assert known.size >= 3 * marks.FEWEST
    assert known.forget() == 0
    assert known.measured() == 0


def test_what_a_loop_has_at_hand_stays_as_it_was() -> None:
    known = table()
    fill(known, range(4))
    at_hand = known.recent
    known.forget()
    assert at_hand == {key(each): key(each, 150) for each in range(4)}


@pytest.mark.parametrize("count", [100, 683, 10_000])
@pytest.mark.parametrize("asked_for", [0, 3, 10])
def test_its_size_is_what_python_takes_for_it(count: int, asked_for: int) -> None:
    known = table()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        fill(known, range(count))
        if asked_for:
            known.forget()
            for number in range(count * asked_for // 10):
                known.find(key(number))
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert 0.9 * taken < known.measured() < 1.15 * taken


@pytest.mark.parametrize("seed", range(40))
def test_what_is_dropped_may_have_been_forgotten_to_make_room_for_it(seed: int) -> None:
    """A table that is full forgets when a dict grows, which it does where an entry becomes recent
    again."""
    chance = Random(seed)
    memory = Memory(chance.randrange(20_000, 200_000))
    known = Account(memory).by_tag(bytes_of).of(5)
    for _ in range(3000):
        name = key(chance.randrange(400))
        if known.find(name) is None:
            known.keep(name, bytes(100))
        elif chance.random() < 0.7:
            known.drop(name)
            assert known.find(name) is None
    assert memory.used == known.size == known.measured() <= memory.most
