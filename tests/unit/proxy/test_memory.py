"""Memory: one bound for all, and whose part of it gives way."""

import random
from collections import Counter

import pytest

from slicer.proxy.memory import FORGOTTEN, Account, ByTag, Memory
from slicer.proxy.remembered import bytes_of

MOST = 200_000
EACH = 144 + 192
"""Bytes of one key and value."""


def fill(kept: ByTag[bytes], tag: int, numbers: range) -> None:
    for number in numbers:
        kept.of(tag).keep(number.to_bytes(96, "big"), bytes(150))


def known(kept: ByTag[bytes], tag: int, numbers: range) -> int:
    return sum(number.to_bytes(96, "big") in kept.of(tag).recent for number in numbers)


def scene(datapaths: int = 2, most: int = MOST) -> tuple[Memory, list[Account], list[ByTag[bytes]]]:
    memory = Memory(most)
    accounts = [Account(memory) for _ in range(datapaths)]
    return memory, accounts, [each.by_tag(bytes_of) for each in accounts]


def test_each_tag_has_a_table() -> None:
    _, _, (kept, other) = scene()
    kept.of(5).keep(b"key", b"1")
    kept.of(6).keep(b"key", b"2")
    found = [each.find(b"key") for each in (kept.of(5), kept.of(6), kept.of(7), other.of(5))]
    assert found == [b"1", b"2", None, None]


def test_there_is_never_more_than_may_be() -> None:
    memory, _, tables = scene(10)
    chance = random.Random(3)
    for number in range(5_000):
        kept, tag = tables[chance.randrange(10)], chance.randrange(20)
        kept.of(tag).keep(number.to_bytes(96, "big"), bytes(chance.randrange(300)))
        kept.of(tag).is_again(number.to_bytes(5, "big"))
        every = [each.of(which) for each in tables for which in range(20)]
        if number % 97 == 0:
            assert memory.used == sum(each.measured() for each in every)
        assert memory.used <= MOST
    assert memory.used > MOST // 2
    assert memory.counters[FORGOTTEN] > 1_000


def test_one_alone_may_have_all() -> None:
    memory, _, (kept, _) = scene()
    fill(kept, 5, range(400))
    assert known(kept, 5, range(400)) == 400
    assert memory.counters[FORGOTTEN] == 0


@pytest.mark.parametrize("loud", [(0, 6), (1, 5), (1, 6)])
def test_whose_never_repeat_makes_forget_none_but_its_own(loud: tuple[int, int]) -> None:
    """Another slice's on the same datapath, its own or another's on another."""
    _, _, tables = scene()
    fill(tables[0], 5, range(200))
    where, tag = loud
    fill(tables[where], tag, range(20_000))
    assert known(tables[0], 5, range(200)) == 200


def test_who_has_more_than_a_fair_part_gives_way_to_who_has_less() -> None:
    _, _, (kept, other) = scene()
    fill(kept, 5, range(20_000))
    fill(other, 5, range(200))
    assert known(other, 5, range(200)) == 200


def test_nor_does_one_that_has_much_for_whom_its_fair_part_is_too_little() -> None:
    _, _, (kept, other) = scene()
    for tag in (7, 8):
        fill(kept, tag, range(3))
    fill(kept, 5, range(350))
    fill(other, 5, range(20_000))
    assert known(kept, 5, range(350)) == 350, "two thirds of all"


def test_many_that_have_little_keep_it() -> None:
    memory, _, tables = scene(100)
    for kept in tables:
        fill(kept, 5, range(2))
    fill(tables[0], 6, range(20_000))
    assert all(known(kept, 5, range(2)) == 2 for kept in tables)
    assert memory.used > MOST // 2


def test_what_a_gone_datapath_had_is_there_for_the_others_at_once() -> None:
    memory, (account, _), (kept, other) = scene()
    fill(kept, 5, range(200))
    fill(kept, 6, range(200))
    of_both = memory.used
    fill(other, 5, range(10))
    account.close()
    assert 0 < memory.used < of_both
    assert known(kept, 5, range(200)) == 0
    fill(other, 5, range(400))
    assert known(other, 5, range(400)) == 400
    assert memory.counters[FORGOTTEN] == 0


def test_what_was_forgotten_on_purpose_is_not_counted() -> None:
    memory, _, (kept, _) = scene()
    fill(kept, 5, range(20))
    kept.clear()
    assert (memory.used, known(kept, 5, range(20))) == (0, 0)
    assert memory.counters[FORGOTTEN] == 0


def test_what_is_forgotten_is_counted_where_it_is_told_to() -> None:
    counters: Counter[str] = Counter()
    memory = Memory(MOST, counters)
    kept = Account(memory).by_tag(bytes_of)
    fill(kept, 5, range(1_000))
    assert counters[FORGOTTEN] == 1_000 - len(kept.of(5))


def test_forgetting_costs_no_more_with_many_tables() -> None:
    """Steps of a table's, not seconds: with a thousand others as with none."""

    def forgettings(others: int) -> int:
        memory, _, tables = scene(others + 1, most=1 << 20)
        for kept in tables[1:]:
            fill(kept, 5, range(1))
        before = memory.looks
        fill(tables[0], 5, range(10_000))
        return memory.looks - before

    assert forgettings(1_000) <= 4 * forgettings(0) + 100


def test_a_bound_smaller_than_anything_is_kept() -> None:
    memory, _, (kept, _) = scene(most=EACH // 2)
    fill(kept, 5, range(50))
    kept.of(5).is_again(b"key")
    assert memory.used <= EACH // 2
    assert len(kept.of(5)) == 0
