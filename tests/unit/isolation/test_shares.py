from fractions import Fraction

import pytest

from slicer.isolation import Percent, QuantityError, Rate, Share


def percent(number: int) -> Percent:
    return Percent(Fraction(number))


def test_naming_nothing_gives_an_equal_share() -> None:
    assert Share() == Share(guarantee=None, share=1, ceiling=None)


@pytest.mark.parametrize("weight", [0, -1, 1_000_001])
def test_a_weight_that_means_nothing_is_refused(weight: int) -> None:
    with pytest.raises(QuantityError) as refused:
        Share(share=weight)
    assert str(refused.value) == f"found a share of {weight}, expected 1 to 1000000"


@pytest.mark.parametrize(
    ("guarantee", "ceiling", "error"),
    [
        (Rate(2000), Rate(1000), "found a guarantee of 2k, expected at most the ceiling of 1k"),
        (percent(60), percent(50), "found a guarantee of 60%, expected at most the ceiling of 50%"),
    ],
)
def test_a_guarantee_above_the_ceiling_is_refused(
    guarantee: Rate | Percent, ceiling: Rate | Percent, error: str
) -> None:
    with pytest.raises(QuantityError) as refused:
        Share(guarantee, 1, ceiling)
    assert str(refused.value) == error


@pytest.mark.parametrize(
    ("guarantee", "ceiling"),
    [
        (Rate(1000), Rate(1000)),
        (percent(50), percent(50)),
        (Rate(1000), percent(1)),
        (percent(100), Rate(1)),
        (None, Rate(1)),
    ],
)
def test_guarantees_that_may_be_kept(
    guarantee: Rate | Percent | None, ceiling: Rate | Percent
) -> None:
    assert Share(guarantee, 3, ceiling).ceiling == ceiling
