"""Kept: tables by tag, and one bound for all of them."""

from slicer.proxy.pipeline.kept import LONGEST, Kept


def test_each_tag_has_a_table() -> None:
    kept: Kept[int] = Kept()
    kept.keep(5, b"key", 1, most=10)
    kept.keep(6, b"key", 2, most=10)
    assert (kept.of(5), kept.of(6), kept.of(7)) == ({b"key": 1}, {b"key": 2}, {})
    assert len(kept) == 2


def test_there_are_never_more_than_may_be_kept() -> None:
    kept: Kept[int] = Kept()
    for number in range(25):
        kept.keep(number % 3, bytes((number,)), number, most=10)
        assert len(kept) == sum(len(kept.of(tag)) for tag in range(3)) <= 10
        assert kept.of(number % 3)[bytes((number,))] == number


def test_whose_never_repeat_makes_forget_none_but_its_own() -> None:
    kept: Kept[int] = Kept()
    for number in range(4):
        kept.keep(5, bytes((number,)), number, most=10)
    for number in range(100):
        kept.keep(6, bytes((number,)), number, most=10)
    assert len(kept.of(5)) == 4
    assert 1 <= len(kept.of(6)) <= 6


def test_what_a_loop_has_at_hand_stays_as_it_was() -> None:
    kept: Kept[int] = Kept()
    kept.keep(5, b"key", 1, most=1)
    table = kept.of(5)
    kept.keep(5, b"other", 2, most=1)
    assert (table, kept.of(5)) == ({b"key": 1}, {b"other": 2})


def test_what_is_long_is_not_kept() -> None:
    kept: Kept[int] = Kept()
    kept.keep(5, bytes(LONGEST), 1, most=10)
    kept.keep(5, bytes(LONGEST + 1), 2, most=10)
    assert list(kept.of(5).values()) == [1]
