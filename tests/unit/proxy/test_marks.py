"""Marks: which keys are known to have come, and what that takes."""

import pytest

from slicer.proxy.marks import MOST, Marks


def key(number: int) -> bytes:
    return number.to_bytes(8, "big")


@pytest.mark.parametrize("count", [1, 30, 33, 300, 10_000, MOST // 4])
def test_what_has_come_is_known(count: int) -> None:
    marks = Marks()
    first = sum(marks.has(key(each)) for each in range(count))
    second = sum(marks.has(key(each)) for each in range(count))
    assert first <= 3 + count // 24, "some marks are alike"
    assert second >= 0.85 * count


def test_what_came_long_ago_is_not() -> None:
    marks = Marks()
    for each in range(3 * MOST):
        marks.has(key(each))
    assert sum(marks.has(key(each)) for each in range(1000)) < 60


def test_they_take_some_bytes_for_each_and_have_a_bound() -> None:
    marks, grown = Marks(), []
    assert (marks.measured(), marks.has(key(0))) == (0, False)
    for each in range(3 * MOST):
        before = marks.measured()
        marks.has(key(each))
        if marks.measured() != before:
            grown.append(each)
            assert marks.count == 0
            assert marks.measured() < 40 * each + 1000
    assert marks.measured() < 2 * MOST + 200
    assert grown[-1] < 1.1 * MOST, "then one generation takes the place of another"
