"""Max-min: what holds of every division."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from slicer.isolation.maxmin import Claim, divide

SIZES = st.integers(0, 50) | st.integers(0, 10**12)
CLAIMS = st.dictionaries(
    st.integers(0, 20), st.builds(Claim, SIZES, st.integers(1, 20), SIZES), max_size=8
)


@given(SIZES, CLAIMS)
def test_no_more_than_there_is_and_no_less_than_is_wanted(
    capacity: int, claims: dict[int, Claim]
) -> None:
    given_ = divide(capacity, claims)
    assert given_.keys() == claims.keys()
    assert sum(given_.values()) == min(capacity, sum(each.wanted for each in claims.values()))
    assert all(0 <= given_[name] <= claim.wanted for name, claim in claims.items())


@given(SIZES, CLAIMS)
def test_guarantees_are_kept_where_they_can_be(capacity: int, claims: dict[int, Claim]) -> None:
    given_ = divide(capacity, claims)
    if sum(each.floor for each in claims.values()) <= capacity:
        assert all(given_[name] >= claim.floor for name, claim in claims.items())
    else:
        assert all(given_[name] <= claim.floor for name, claim in claims.items())


@given(SIZES, CLAIMS)
def test_nobody_that_wants_more_has_less_for_its_weight_than_another(
    capacity: int, claims: dict[int, Claim]
) -> None:
    given_ = divide(capacity, claims)
    extra = {name: given_[name] - claim.floor for name, claim in claims.items()}
    for poor, claim in claims.items():
        if given_[poor] == claim.wanted or given_[poor] < claim.floor:
            continue
        for rich, other in claims.items():
            # One unit of either may be what the division leaves over.
            most = Fraction(extra[poor] + 1, claim.weight)
            assert Fraction(extra[rich] - 1, other.weight) <= most


@given(SIZES, SIZES, CLAIMS)
def test_more_capacity_takes_nothing_from_anybody_but_what_is_left_over(
    less: int, more: int, claims: dict[int, Claim]
) -> None:
    few, many = divide(less, claims), divide(less + more, claims)
    assert all(many[name] >= few[name] - 1 for name in claims)
