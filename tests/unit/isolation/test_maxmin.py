"""Max-min: examples that can be reckoned by hand."""

import pytest

from slicer.isolation.maxmin import Claim, divide

ALL = 10**9


def test_weights_divide_what_everybody_wants() -> None:
    assert divide(100, {"a": Claim(0, 30, ALL), "b": Claim(0, 70, ALL)}) == {"a": 30, "b": 70}


def test_what_one_does_not_want_is_lent_to_the_others() -> None:
    claims = {"a": Claim(0, 1, 10), "b": Claim(0, 1, ALL), "c": Claim(0, 2, ALL)}
    assert divide(100, claims) == {"a": 10, "b": 30, "c": 60}


def test_guarantees_come_first_and_weights_divide_what_is_left() -> None:
    claims = {"a": Claim(40, 1, ALL), "b": Claim(0, 1, ALL), "c": Claim(0, 2, ALL)}
    assert divide(100, claims) == {"a": 55, "b": 15, "c": 30}


def test_a_guarantee_that_is_not_wanted_is_lent() -> None:
    assert divide(100, {"a": Claim(80, 1, 5), "b": Claim(0, 1, ALL)}) == {"a": 5, "b": 95}


def test_a_ceiling_leaves_capacity_over_when_nobody_else_wants_it() -> None:
    assert divide(100, {"a": Claim(0, 9, 20), "b": Claim(0, 1, 30)}) == {"a": 20, "b": 30}


def test_what_a_division_leaves_over_goes_to_the_first() -> None:
    assert divide(100, {name: Claim(0, 1, ALL) for name in "abc"}) == {"a": 34, "b": 33, "c": 33}


def test_more_guaranteed_than_there_is_is_cut_in_proportion() -> None:
    assert divide(100, {"a": Claim(150, 1, ALL), "b": Claim(50, 9, ALL)}) == {"a": 75, "b": 25}


def test_nobody_and_nothing() -> None:
    assert divide(100, {}) == {}
    assert divide(0, {"a": Claim(0, 1, 5)}) == {"a": 0}
    assert divide(100, {"a": Claim(5, 1, 0)}) == {"a": 0}


@pytest.mark.parametrize("claim", [(-1, 1, 1), (1, 0, 1), (1, 1, -1)])
def test_claims_that_mean_nothing_are_refused(claim: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="expected no negative"):
        Claim(*claim)


def test_a_negative_capacity_is_refused() -> None:
    with pytest.raises(ValueError, match="a capacity of -1"):
        divide(-1, {})
